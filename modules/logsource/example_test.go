package logsource_test

import (
	"context"
	"fmt"

	"go.uber.org/fx"
	"go.uber.org/zap"

	"fxcell.dev/fxcell/config"
	"fxcell.dev/fxcell/db"
	"fxcell.dev/fxcell/event"
	"fxcell.dev/fxcell/outbox"
	"fxcell.dev/infra/memory" //nolint:depguard // fakes of ports are the memory adapters
	"fxcell.dev/modules/logsource"
)

type unset struct{}

func (unset) Decode(string, any) error { return nil }

// What is committed to the outbox log comes out of the source, in order, to the one process that owns the reader. In an app the consumer is who reads.
func ExampleSource() {
	var (
		source event.Source
		writer outbox.Writer
		tx     db.Transactor
	)
	app := fx.New(fx.NopLogger, memory.Module, logsource.Module, fx.Populate(&source, &writer, &tx),
		fx.Provide(zap.NewNop, func() config.Source { return unset{} }))
	ctx, stop := context.WithCancel(context.Background())
	streams, err := source.Open(ctx, event.Reader{Name: "cells/mail/confirm", Contracts: []string{"event.order.placed.v1"}})
	fmt.Println(app.Err(), err)
	err = tx.InTx(ctx, func(ctx context.Context) error {
		return writer.Write(ctx, placed("1", "order-17"), placed("2", "order-18"))
	})
	fmt.Println(err)

	stream := <-streams
	batch, err := stream.Next(ctx, 10)
	for _, e := range batch.Events {
		fmt.Println(e.ID, e.Key)
	}
	fmt.Println(err, tx.InTx(ctx, func(ctx context.Context) error { return stream.Advance(ctx, batch) })) // with what was done about them
	stop()
	fmt.Println(stream.Release(context.Background()))
	// Output:
	// <nil> <nil>
	// <nil>
	// 1 order-17
	// 2 order-18
	// <nil> <nil>
	// <nil>
}

func placed(id, key string) event.Event {
	return event.Event{ID: id, Contract: "event.order.placed.v1", Topic: "order", Key: key}
}
