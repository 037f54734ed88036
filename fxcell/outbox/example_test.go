package outbox_test

import (
	"context"
	"errors"
	"fmt"

	"fxcell.dev/fxcell/db"
	"fxcell.dev/fxcell/db/memdb"
	"fxcell.dev/fxcell/durability"
	"fxcell.dev/fxcell/event"
	"fxcell.dev/fxcell/outbox"
	"fxcell.dev/fxcell/problem"
)

// printer is a writer whose log is the terminal: events leave with the commit, as those of every adapter do.
type printer struct{}

var _ outbox.Writer = printer{}

func (printer) Durability() durability.Grade { return durability.Volatile }

func (printer) Write(ctx context.Context, events ...event.Event) error {
	err := db.OnCommit(ctx, func(context.Context) {
		for _, e := range events {
			fmt.Println("left:", e.Contract, e.Key)
		}
	})
	if errors.Is(err, db.ErrNoTransaction) {
		return outbox.ErrNoTransaction
	}
	return err
}

// An event leaves with the transaction that caused it, or not at all. Slices publish by contract.Publisher, which writes here.
func ExampleWriter() {
	var writer outbox.Writer = printer{}
	tx, ctx := memdb.NewEngine(), context.Background()
	placed := event.Event{ID: "1", Contract: "event.order.placed.v1", Topic: "order", Key: "order-17"}

	err := tx.InTx(ctx, func(ctx context.Context) error {
		fmt.Println("work")
		return writer.Write(ctx, placed)
	})
	fmt.Println(err)
	err = tx.InTx(ctx, func(ctx context.Context) error {
		return errors.Join(writer.Write(ctx, placed), errors.New("changed our mind"))
	})
	fmt.Println(err)
	fmt.Println(writer.Write(ctx, placed))
	// Output:
	// work
	// left: event.order.placed.v1 order-17
	// <nil>
	// changed our mind
	// outbox: no transaction in the context: write inside db.Transactor.InTx
}

// A full log fails the request that would overfill it, and says when to come back.
func Example_full() {
	e := problem.From(fmt.Errorf("order: place: %w", outbox.ErrFull))
	fmt.Println(e.Code.Status, e.Code.Name, e.RetryAfter)
	// Output: 503 ERR_UNAVAILABLE 1s
}
