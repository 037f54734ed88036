package main

import (
	"context"

	"go.uber.org/fx"
	"go.uber.org/zap"

	"fxcell.dev/fxcell/contract"
	"fxcell.dev/fxcell/event"
	"fxcell.dev/fxcell/outbox"
	"fxcell.dev/modules/consumer"
	"fxcell.dev/modules/logsource"
)

// consumerLane reads the log by modules/consumer, as a slice does whose subscription is of mode batch: each batch is handled in the transaction that
// moves the reader's position.
type consumerLane struct {
	logLane

	gate   chan struct{} // closed when reading may start
	handle func(item)
}

type subscriptionOut struct {
	fx.Out

	Subscription contract.Subscription `group:"fxcell.subscriptions"`
}

func (l *consumerLane) open(ctx context.Context, dsn string) error {
	l.gate = make(chan struct{})
	s := subscription(l.deliver)
	l.app = app(settings{dsn: dsn}, &l.ports, consumer.Module, fx.Provide(
		func() subscriptionOut { return subscriptionOut{Subscription: s} },
		func(log outbox.Log, logger *zap.Logger) event.Source {
			return gated{logsource.New(log, logger), l.gate}
		},
	))
	return l.app.Start(ctx)
}

// subscription is one of mode batch.
func subscription(handle func(ctx context.Context, ds []event.Delivery) error) contract.Subscription {
	return contract.Subscription{
		Slice: readerName, Mode: event.Batched, Handle: handle,
		Contracts: []contract.Info{{ID: contractID, Owner: topic, Topic: topic, Retry: event.DefaultRetry(), OnPoison: event.Park}},
	}
}

func (l *consumerLane) deliver(_ context.Context, ds []event.Delivery) error {
	return each(ds, l.handle)
}

func each(ds []event.Delivery, handle func(item)) error {
	for _, d := range ds {
		i, err := read(d.Payload)
		if err != nil {
			return err
		}
		handle(i)
	}
	return nil
}

// read opens the gate. It stops with the app.
func (l *consumerLane) read(_ context.Context, handle func(item)) (func() error, error) {
	l.handle = handle
	close(l.gate)
	return l.close, nil
}

// gated is a source that hands out nothing before its gate opens: the time that an app takes to start is not measured.
type gated struct {
	event.Source

	gate <-chan struct{}
}

// Open implements event.Source.
func (g gated) Open(ctx context.Context, r event.Reader) (<-chan event.Stream, error) {
	out := make(chan event.Stream)
	go func() {
		defer close(out)
		select {
		case <-g.gate:
		case <-ctx.Done():
			return
		}
		streams, err := g.Source.Open(ctx, r)
		if err != nil {
			return // nothing is delivered, and the job says so
		}
		for s := range streams {
			select {
			case out <- s:
			case <-ctx.Done():
				_ = s.Release(context.WithoutCancel(ctx)) // nobody took it
			}
		}
	}()
	return out, nil
}
