package outboxtest

import (
	"context"
	"errors"
	"sync"
	"time"

	"fxcell.dev/fxcell/event"
	"fxcell.dev/fxcell/internal/promise"
)

// registersLate makes a reader only when it can be owned.
func registersLate(_ *promise.T, own owning) owning {
	return func(ctx context.Context, r event.Reader) (event.Stream, error) {
		if err := context.Cause(ctx); err != nil {
			return nil, err
		}
		return own(ctx, r)
	}
}

// asking breaks Own by what change makes of the reader.
func asking(own owning, change func(r *event.Reader)) owning {
	return func(ctx context.Context, r event.Reader) (event.Stream, error) {
		change(&r)
		return own(ctx, r)
	}
}

func startsEarly(_ *promise.T, own owning) owning {
	return asking(own, func(r *event.Reader) { r.From = event.Earliest })
}

func startsLate(_ *promise.T, own owning) owning {
	return asking(own, func(r *event.Reader) { r.From = event.Latest })
}

func ignoresContracts(_ *promise.T, own owning) owning {
	return asking(own, func(r *event.Reader) { r.Contracts = nil })
}

func takesNoneForNothing(_ *promise.T, own owning) owning {
	return asking(own, func(r *event.Reader) {
		if len(r.Contracts) == 0 {
			r.Contracts = []string{"none"}
		}
	})
}

// sharesStreams hands the same stream to everybody.
func sharesStreams(_ *promise.T, own owning) owning {
	var mu sync.Mutex
	owned := map[string]event.Stream{}
	return func(ctx context.Context, r event.Reader) (event.Stream, error) {
		mu.Lock()
		defer mu.Unlock()
		if s := owned[r.Name]; s != nil {
			return s, nil
		}
		s, err := own(ctx, r)
		owned[r.Name] = s
		return s, err
	}
}

// neverWaits refuses a reader that has an owner.
func neverWaits(_ *promise.T, own owning) owning {
	return func(ctx context.Context, r event.Reader) (event.Stream, error) {
		ctx, cancel := context.WithTimeoutCause(ctx, time.Nanosecond, errors.New("the reader has an owner"))
		defer cancel()
		return own(ctx, r)
	}
}

// waitsOn goes on waiting for a reader when its caller has stopped.
func waitsOn(t *promise.T, own owning) owning {
	return func(ctx context.Context, r event.Reader) (event.Stream, error) {
		type result struct {
			stream event.Stream
			err    error
		}
		got := make(chan result, 1)
		go func() {
			s, err := own(t.Outside, r)
			got <- result{s, err}
		}()
		select {
		case r := <-got:
			return r.stream, r.err
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
}

// wakesEarly wakes the owner when an event is written, not when it is committed.
func wakesEarly(t *promise.T, f *fake, s *Subject) {
	wake := make(chan struct{}, 1)
	writes(func(_ *fake, write writing) writing {
		return func(ctx context.Context, events ...event.Event) error {
			select {
			case wake <- struct{}{}:
			default:
			}
			return write(ctx, events...)
		}
	})(t, f, s)
	streams(func(_ *fake, o *odd) { o.wake = wake })(t, f, s)
}

// wakesWaiters wakes an owner that waits when an event is committed, and is forgotten by others.
func wakesWaiters(t *promise.T, f *fake, s *Subject) {
	streams(func(_ *fake, o *odd) {
		wake, from := make(chan struct{}), o.Stream.Wake()
		go func() {
			for {
				select {
				case <-from:
				case <-t.Outside.Done():
					return
				}
				select {
				case wake <- struct{}{}:
				default:
				}
			}
		}()
		o.wake = wake
	})(t, f, s)
}
