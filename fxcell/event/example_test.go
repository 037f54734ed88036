package event_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"fxcell.dev/fxcell/event"
)

// placed is the payload of event.order.placed.v1.
type placed struct {
	Order string `json:"order"`
	Email string `json:"email"`
}

type mailer struct{ down bool }

// onPlaced is what a slice lists by contract.Subscribe.
func (m mailer) onPlaced(_ context.Context, msg event.Message[placed]) error {
	switch {
	case msg.Payload.Email == "":
		return event.Permanent(errors.New("mailer: the order has no address")) // parked at once
	case m.down:
		return errors.New("mailer: no server answers") // tried again
	}
	fmt.Printf("attempt %d: mail about %s of %s\n", msg.Attempt, msg.Payload.Order, msg.Time.Format(time.DateOnly))
	return nil
}

// A handler says by its error whether another attempt is worth it.
func ExamplePermanent() {
	msg := event.Message[placed]{ID: "1", Attempt: 1, Time: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}
	for _, c := range []struct {
		mailer mailer
		sent   string
	}{
		{mailer{}, `{"order": "order-17", "email": "ada@example.org"}`},
		{mailer{down: true}, `{"order": "order-18", "email": "ada@example.org"}`},
		{mailer{}, `{"order": "order-19"}`},
	} {
		msg.Payload = placed{}
		if err := json.Unmarshal([]byte(c.sent), &msg.Payload); err != nil {
			fmt.Println(err)
		}
		if err := c.mailer.onPlaced(context.Background(), msg); err != nil {
			fmt.Println(err, "- permanent:", event.IsPermanent(err))
		}
	}
	// Output:
	// attempt 1: mail about order-17 of 2026-03-01
	// mailer: no server answers - permanent: false
	// mailer: the order has no address - permanent: true
}
