package consumer_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.uber.org/fx"

	"fxcell.dev/fxcell/contract"
	"fxcell.dev/fxcell/event"
)

// An event reaches its subscription when the transaction that wrote it has committed. What fails is tried again; the events of one key keep their
// order. Slices list contract.Subscribe, which makes the Subscription, and an app lists Module, logsource.Module and an adapter.
func Example() {
	var p parts
	done := make(chan struct{})
	mails := contract.Subscription{
		Slice: "cells/mail/confirm", Mode: event.Each,
		Contracts: []contract.Info{{ID: "event.order.placed.v1", Retry: event.Retry{Attempts: 3, From: time.Millisecond, To: time.Millisecond}}},
		Handle: func(_ context.Context, events []event.Delivery) error {
			e := events[0] // one at a time, in mode each
			if e.ID == "1" && e.Attempt == 1 {
				return errors.New("mail: no server answers")
			}
			fmt.Println("attempt", e.Attempt, "of", e.ID, "about", e.Key)
			if e.ID == "2" {
				close(done)
			}
			return nil
		},
	}
	app := newApp(&p, fx.Provide(func() subscriptionOut { return subscriptionOut{Subscription: mails} }))
	ctx := context.Background()
	if err := app.Start(ctx); err != nil {
		fmt.Println(err)
		return
	}
	err := p.Tx.InTx(ctx, func(ctx context.Context) error {
		return p.Writer.Write(ctx, placed("1", "order-17"), placed("2", "order-17"))
	})
	<-done
	fmt.Println(err, app.Stop(ctx))
	// Output:
	// attempt 2 of 1 about order-17
	// attempt 1 of 2 about order-17
	// <nil> <nil>
}

func placed(id, key string) event.Event {
	return event.Event{ID: id, Contract: "event.order.placed.v1", Topic: "order", Key: key}
}
