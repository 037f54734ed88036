package idempotency_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.uber.org/fx"
	"go.uber.org/zap"

	"fxcell.dev/fxcell"
	"fxcell.dev/fxcell/durability"
	"fxcell.dev/fxcell/idempotency"
)

// onceClaimer knows one key: an adapter knows all, and when each ends.
type onceClaimer struct{ journal }

func newOnceClaimer() idempotency.Claimer { return &onceClaimer{} }

func (c *onceClaimer) Claim(ctx context.Context, key string, _ time.Duration) (idempotency.Claim, error) {
	if c.count("complete") > 0 {
		return nil, idempotency.ErrDone
	}
	return c.journal.Claim(ctx, key, 0)
}

// A handler that sends mail claims the event's id: another delivery of the event sends none.
func ExampleDo() {
	var claims idempotency.Claimer
	app := fx.New(fxcell.Assembly("shop", durability.Demo, fx.Provide(zap.NewNop, newOnceClaimer)), fx.NopLogger, fx.Populate(&claims))
	fmt.Println(app.Err())
	send := func(_ context.Context, fence int64) error {
		fmt.Println("mail sent, by claim", fence)
		return nil
	}
	for range 2 { // deliveries
		err := idempotency.Do(context.Background(), claims, "cells/mail/receipt/event-17", idempotency.Terms{}, send)
		fmt.Println(err == nil || errors.Is(err, idempotency.ErrDone))
	}
	// Output:
	// <nil>
	// mail sent, by claim 7
	// true
	// true
}
