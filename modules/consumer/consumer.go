package consumer

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"go.opentelemetry.io/otel"
	"go.uber.org/zap"

	"fxcell.dev/fxcell/clock"
	"fxcell.dev/fxcell/contract"
	"fxcell.dev/fxcell/db"
	"fxcell.dev/fxcell/event"
)

// Ports are what a consumer works with.
type Ports struct {
	Source  event.Source
	Inbox   event.Inbox
	Parking event.Parking
	Tx      db.Transactor
	Logger  *zap.Logger
	Clock   clock.Clock
}

// Consumer runs subscriptions. It is started once and stopped once.
type Consumer struct {
	readers     []*reader
	standstills *standstills
	source      event.Source

	streams      []<-chan event.Stream
	running      sync.WaitGroup // the readers
	stopFetching context.CancelFunc
	abort        context.CancelCauseFunc // of handlers
	closeSources context.CancelFunc
}

// ErrStopped is the cause of a handler's context that ended because the consumer could not wait for it any longer.
var ErrStopped = errors.New("consumer: stopped before the handler had ended")

// New returns a consumer that stands still. It reports every fault of the configuration or of the subscriptions at once.
func New(cfg Config, subscriptions []contract.Subscription, ports Ports) (*Consumer, error) {
	plans, err := makePlans(subscriptions)
	if err := errors.Join(cfg.Validate(), err); err != nil {
		return nil, err
	}
	c := &Consumer{source: ports.Source, standstills: newStandstills()}
	tracer := otel.Tracer("fxcell.dev/modules/consumer")
	for _, p := range plans {
		c.readers = append(c.readers, &reader{
			plan: p, cfg: cfg.WithDefaults(), Ports: ports, tracer: tracer, logger: ports.Logger.With(zap.String("reader", p.name)),
			standstills: c.standstills, slots: make(chan struct{}, cfg.WithDefaults().Lanes),
		})
	}
	return c, nil
}

// Readers returns the names of the readers, sorted: one for each slice that subscribes.
func (c *Consumer) Readers() []string {
	names := make([]string, len(c.readers))
	for i, r := range c.readers {
		names[i] = r.name
	}
	return names
}

// Start makes every reader take part in its events. It returns when all of them exist: what is published from then on reaches them.
func (c *Consumer) Start(ctx context.Context) error {
	var sources, handling, fetching context.Context
	sources, c.closeSources = context.WithCancel(context.WithoutCancel(ctx))
	handling, c.abort = context.WithCancelCause(sources)
	fetching, c.stopFetching = context.WithCancel(handling)
	for _, r := range c.readers {
		streams, err := c.source.Open(sources, r.reader())
		if err != nil {
			return errors.Join(fmt.Errorf("consumer: open reader %s: %w", r.name, err), c.Stop(ctx))
		}
		c.streams = append(c.streams, streams)
		c.running.Go(func() { r.run(handling, fetching, streams) })
	}
	return nil
}

// Stop reads no more events, waits for the handlers that run, and gives up the streams. Handlers that are still running shortly before ctx ends
// have their context ended; what they did is undone, and their events are handled again.
func (c *Consumer) Stop(ctx context.Context) error {
	defer c.closeSources()
	c.stopFetching()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		c.running.Wait()
	}()
	patience, cancel := patient(ctx)
	defer cancel()
	select {
	case <-ended:
	case <-patience.Done():
		c.abort(ErrStopped)
		select {
		case <-ended:
		case <-ctx.Done():
			return fmt.Errorf("consumer: a handler does not end with its context: %w", context.Cause(ctx))
		}
	}
	c.closeSources()
	for _, streams := range c.streams {
		for s := range streams { // until its source has ended
			_ = s.Release(ctx)
		}
	}
	return nil
}

// patient returns a context that ends shortly before ctx does: what is left is for handlers to notice that they are to end.
func patient(ctx context.Context) (context.Context, context.CancelFunc) {
	if end, ok := ctx.Deadline(); ok {
		return context.WithDeadline(ctx, end.Add(-min(time.Second, time.Until(end)/10)))
	}
	return context.WithCancel(ctx)
}
