package relay

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/trace"
	"go.uber.org/zap"

	"fxcell.dev/fxcell/clock"
	"fxcell.dev/fxcell/db"
	"fxcell.dev/fxcell/event"
	"fxcell.dev/fxcell/outbox"
	"fxcell.dev/modules/logsource"
)

// name is the module's, and the reader's.
const name = "modules/relay"

// Ports are what a relay works with.
type Ports struct {
	Log     outbox.Log
	Sink    event.Sink
	Parking event.Parking
	Tx      db.Transactor
	Logger  *zap.Logger
	Clock   clock.Clock
}

// Relay publishes the log. It is started once and stopped once.
type Relay struct {
	Ports

	cfg    Config
	tracer trace.Tracer
	watch  watch

	streams      <-chan event.Stream
	running      sync.WaitGroup
	stopFetching context.CancelFunc
	abort        context.CancelCauseFunc // what is on its way
	closeSource  context.CancelFunc
}

// ErrStopped is why what was on its way was given up: the relay could not wait for it any longer. It is published again.
var ErrStopped = errors.New("relay: stopped before everything was acknowledged")

// acknowledgeTimeout bounds how long a stop waits for what is on its way: a sink that has not taken it by then is away.
const acknowledgeTimeout = 5 * time.Second

// releaseTimeout bounds how long a stream may take to be given up.
const releaseTimeout = 5 * time.Second

// New returns a relay that stands still.
func New(cfg Config, ports Ports) (*Relay, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	r := &Relay{Ports: ports, cfg: cfg.WithDefaults(), tracer: otel.Tracer("fxcell.dev/modules/relay")}
	r.Logger = ports.Logger.With(zap.String("reader", name))
	return r, nil
}

// Start makes the relay take part in the log. It returns when its reader exists: what is committed from then on is published.
func (r *Relay) Start(ctx context.Context) error {
	var source, sending, fetching context.Context
	source, r.closeSource = context.WithCancel(context.WithoutCancel(ctx))
	sending, r.abort = context.WithCancelCause(source)
	fetching, r.stopFetching = context.WithCancel(sending)
	streams, err := logsource.New(r.Log, r.Logger).Open(source, event.Reader{Name: name})
	if err != nil {
		return errors.Join(fmt.Errorf("relay: %w", err), r.Stop(ctx))
	}
	r.streams = streams
	r.running.Go(func() { r.run(sending, fetching) })
	return nil
}

// Stop reads no more, waits until what is on its way is acknowledged and passed, and gives up the reader. What is not acknowledged shortly before
// ctx ends is left for the next owner, who publishes it again.
func (r *Relay) Stop(ctx context.Context) error {
	defer r.closeSource()
	r.stopFetching()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		r.running.Wait()
	}()
	patience, cancel := patient(ctx)
	defer cancel()
	select {
	case <-ended:
	case <-patience.Done():
		r.abort(ErrStopped)
		select {
		case <-ended:
		case <-ctx.Done():
			return fmt.Errorf("relay: the log or the database does not end what it was asked: %w", context.Cause(ctx))
		}
	}
	r.closeSource()
	if r.streams != nil {
		for s := range r.streams { // until the source has ended
			_ = s.Release(ctx)
		}
	}
	return nil
}

// patient returns a context that ends after a while, and shortly before ctx does: what is left is for what was given up to end.
func patient(ctx context.Context) (context.Context, context.CancelFunc) {
	end := time.Now().Add(acknowledgeTimeout)
	if last, ok := ctx.Deadline(); ok {
		if last = last.Add(-min(time.Second, time.Until(last)/10)); last.Before(end) {
			end = last
		}
	}
	return context.WithDeadline(ctx, end)
}

// run publishes the stream that comes, one after the other, until fetching ends.
func (r *Relay) run(ctx, fetching context.Context) {
	for {
		select {
		case s, ok := <-r.streams:
			if !ok {
				r.Logger.Error("the log has ended")
				return
			}
			r.serve(ctx, fetching, s)
		case <-fetching.Done():
			return
		}
	}
}

// serve publishes a stream until it is lost or fetching ends, then gives it up.
func (r *Relay) serve(ctx, fetching context.Context, s event.Stream) {
	r.Logger.Info("log owned")
	ctx, end := context.WithCancelCause(ctx)
	fetch, stop := context.WithCancel(ctx)
	defer context.AfterFunc(fetching, stop)()
	var watching sync.WaitGroup
	watching.Go(func() {
		select {
		case <-s.Lost():
			end(event.ErrLost)
		case <-ctx.Done():
		}
	})
	t := newTenure(r, s, end)
	t.run(ctx, fetch)
	if cause := context.Cause(ctx); cause != nil {
		r.Logger.Warn("log given up", zap.Error(cause))
	}
	end(nil)
	stop()
	watching.Wait()
	r.watch.rest()
	r.release(ctx, s)
}

func (r *Relay) release(ctx context.Context, s event.Stream) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), releaseTimeout)
	defer cancel()
	if err := s.Release(ctx); err != nil && !errors.Is(err, event.ErrLost) {
		r.Logger.Warn("log could not be released", zap.Error(err))
	}
}
