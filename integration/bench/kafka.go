package main

import (
	"context"
	"errors"

	"go.uber.org/fx"
	"golang.org/x/sync/errgroup"

	"fxcell.dev/fxcell/contract"
	"fxcell.dev/fxcell/event"
	"fxcell.dev/fxcell/inspect"
	"fxcell.dev/fxcell/outbox"
	"fxcell.dev/infra/kafka"
	"fxcell.dev/modules/consumer"
	"fxcell.dev/modules/relay"
)

// kafkaLane is the log with modules/relay and infra/kafka, as an assembly lists them. Where its route ends at a handler, that reads the streams of
// infra/kafka: at least once, as a peer's does. The relay waits at a gate: the time that an app takes to start is not measured.
type kafkaLane struct {
	logLane

	route  route
	source event.Source
	gate   chan struct{} // closed when the relay may start
	handle func(item)
}

type cellOut struct {
	fx.Out

	Cell inspect.Cell `group:"fxcell.cells"`
}

func (l *kafkaLane) open(ctx context.Context, dsn string) error {
	if l.route.handled {
		return l.start(ctx, dsn, subscription(l.deliver))
	}
	return l.start(ctx, dsn, subscription(l.deliver), fx.Decorate(func(s event.Sink) event.Sink { return telling{s, func(i item) { l.handle(i) }} }))
}

// start starts an app that publishes the contract, and knows of a subscription.
func (l *kafkaLane) start(ctx context.Context, dsn string, s contract.Subscription, more ...fx.Option) error {
	l.gate = make(chan struct{})
	cell := inspect.Cell{ID: topic, Uses: []inspect.Use{{Role: "publish", Contract: contractID, Owner: topic}}}
	l.app = app(settings{dsn, l.route}, &l.ports, append(more,
		kafka.Module, relay.Module,
		fx.Provide(func() cellOut { return cellOut{Cell: cell} }, func() subscriptionOut { return subscriptionOut{Subscription: s} }),
		fx.Decorate(func(log outbox.Log) outbox.Log { return gatedLog{log, l.gate} }),
		fx.Invoke(func(s event.Source) { l.source = s }),
	)...)
	return l.app.Start(ctx)
}

func (l *kafkaLane) deliver(_ context.Context, ds []event.Delivery) error { return each(ds, l.handle) }

func (l *kafkaLane) read(ctx context.Context, handle func(item)) (func() error, error) {
	l.handle = handle
	close(l.gate)
	if !l.route.handled {
		return l.close, nil // the relay stops with the app
	}
	ctx, cancel := context.WithCancel(ctx)
	streams, err := l.source.Open(ctx, event.Reader{Name: readerName, Contracts: []string{contractID}})
	if err != nil {
		cancel()
		return nil, err
	}
	ended := make(chan error, 1)
	go func() { ended <- followAll(ctx, streams, handle) }()
	return func() error { //nolint:contextcheck // an app has a time of its own to stop
		cancel()
		return errors.Join(<-ended, l.close())
	}, nil
}

// followAll handles what streams have, each of them for itself, until there are no more.
func followAll(ctx context.Context, streams <-chan event.Stream, handle func(item)) error {
	var g errgroup.Group
	for s := range streams {
		g.Go(func() error { return follow(ctx, s, handle, s.Advance) })
	}
	return g.Wait()
}

// kafkaConsumerLane has modules/consumer behind its Kafka, and a subscription of mode batch, which is exactly once: a transaction knows what was handled.
type kafkaConsumerLane struct{ kafkaLane }

func (l *kafkaConsumerLane) open(ctx context.Context, dsn string) error {
	return l.start(ctx, dsn, subscription(l.deliver), consumer.Module)
}

// read opens the gate. It stops with the app.
func (l *kafkaConsumerLane) read(_ context.Context, handle func(item)) (func() error, error) {
	l.handle = handle
	close(l.gate)
	return l.close, nil
}
