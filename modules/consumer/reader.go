package consumer

import (
	"context"
	"errors"
	"sync"
	"time"

	"go.opentelemetry.io/otel/trace"
	"go.uber.org/zap"

	"fxcell.dev/fxcell/event"
)

// releaseTimeout bounds how long a stream may take to be given up.
const releaseTimeout = 5 * time.Second

// reader runs the subscriptions of one slice.
type reader struct {
	*plan
	Ports

	cfg         Config
	tracer      trace.Tracer
	logger      *zap.Logger // names the reader
	standstills *standstills
	slots       chan struct{} // taken by what is handled, whatever stream it is of
}

// run handles the streams that come, until fetching ends. Their handlers live on ctx.
func (r *reader) run(ctx, fetching context.Context, streams <-chan event.Stream) {
	var tenures sync.WaitGroup
	defer tenures.Wait()
	for {
		select {
		case s, ok := <-streams:
			if !ok {
				r.logger.Error("the source of events has ended")
				return
			}
			tenures.Go(func() { r.serve(ctx, fetching, s) })
		case <-fetching.Done():
			return
		}
	}
}

// enter waits for a slot, which leave gives back. It reports false when ctx ends first.
func (r *reader) enter(ctx context.Context) bool {
	select {
	case r.slots <- struct{}{}:
		return true
	case <-ctx.Done():
		return false
	}
}

func (r *reader) leave() { <-r.slots }

// tenure is the time in which this process owns a stream.
type tenure struct {
	*reader

	stream event.Stream
	end    context.CancelCauseFunc // ends it before its time
	parked *parkedKeys
	fresh  bool // batch mode: an event was met that no earlier owner had handled, and so none of the later ones was
}

// serve handles a stream's events until it is lost or fetching ends, then gives it up.
func (r *reader) serve(ctx, fetching context.Context, s event.Stream) {
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
	t := &tenure{reader: r, stream: s, end: end, parked: newParkedKeys()}
	if r.batched {
		t.runBatches(ctx, fetch)
	} else {
		t.runLanes(ctx, fetch)
	}
	switch cause := context.Cause(ctx); {
	case errors.Is(cause, event.ErrLost): // as whenever a replica comes or goes
		r.logger.Info("stream handed over")
	case cause != nil:
		r.logger.Warn("stream abandoned", zap.Error(cause))
	}
	end(nil)
	stop()
	watching.Wait()
	r.release(ctx, s)
}

func (r *reader) release(ctx context.Context, s event.Stream) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), releaseTimeout)
	defer cancel()
	if err := s.Release(ctx); err != nil && !errors.Is(err, event.ErrLost) {
		r.logger.Warn("stream could not be released", zap.Error(err))
	}
}

// fetch returns the next events. It waits until there are some, and reports false when ctx ends.
func (t *tenure) fetch(ctx context.Context, limit int) (event.Batch, bool) {
	for tries := 0; ctx.Err() == nil; {
		b, err := t.stream.Next(ctx, limit)
		switch {
		case err == nil && len(b.Events) > 0:
			return b, true
		case err == nil:
			tries = 0
			select {
			case <-t.stream.Wake():
			case <-ctx.Done():
			}
		case errors.Is(err, event.ErrLost):
			t.end(err)
		case ctx.Err() == nil:
			tries++
			t.logger.Warn("events could not be read", zap.Int("try", tries), zap.Error(err))
			sleep(ctx, pause(ownRetry(), tries))
		}
	}
	return event.Batch{}, false
}

// advance stores the position after batches, outside of a transaction: their effects are committed, and the inbox knows them. It tries until it
// succeeds, and reports false when ctx ends first.
func (t *tenure) advance(ctx context.Context, batches []event.Batch) bool {
	for tries := 0; len(batches) > 0 && ctx.Err() == nil; {
		err := t.stream.Advance(ctx, batches[0])
		switch {
		case err == nil:
			batches, tries = batches[1:], 0
		case t.endedBy(err) || ctx.Err() != nil:
			return false
		default:
			tries++
			t.logger.Warn("position could not be stored", zap.Int("try", tries), zap.Error(err))
			sleep(ctx, pause(ownRetry(), tries))
		}
	}
	return len(batches) == 0
}

// endedBy ends the tenure when err says that the stream cannot be advanced any more.
func (t *tenure) endedBy(err error) bool {
	lost := errors.Is(err, event.ErrLost) || errors.Is(err, event.ErrOrder)
	if lost {
		t.end(err)
	}
	return lost
}
