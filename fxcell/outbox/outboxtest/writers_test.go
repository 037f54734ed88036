package outboxtest

import (
	"bytes"
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"fxcell.dev/fxcell/db"
	"fxcell.dev/fxcell/event"
	"fxcell.dev/fxcell/internal/promise"
)

func saysNothing(_ *promise.T, _ *fake, s *Subject) {
	s.Log = struct{ unstated }{unstated{s.Writer, s.Log}}
}

func writesAlone(f *fake, write writing) writing {
	return func(ctx context.Context, events ...event.Event) error {
		if db.UnitOf(ctx) != nil {
			return write(ctx, events...)
		}
		return f.alone(ctx, func(ctx context.Context) error { return write(ctx, events...) })
	}
}

// alone runs fn in a transaction that has nothing to do with that of ctx.
func (f *fake) alone(ctx context.Context, fn func(ctx context.Context) error) error {
	return f.InTx(forget(ctx), fn)
}

// forgetful is a context without the values that it carries.
type forgetful struct{ context.Context } //nolint:containedctx // it is one

func (forgetful) Value(any) any { return nil }

func forget(ctx context.Context) context.Context { return forgetful{ctx} }

func writesNothing(_ *fake, write writing) writing {
	return func(ctx context.Context, events ...event.Event) error {
		if db.UnitOf(ctx) == nil {
			return nil
		}
		return write(ctx, events...)
	}
}

func writesAhead(f *fake, write writing) writing {
	return func(ctx context.Context, events ...event.Event) error {
		return f.alone(ctx, func(ctx context.Context) error { return write(ctx, events...) })
	}
}

func writesBackwards(_ *fake, write writing) writing {
	return func(ctx context.Context, events ...event.Event) error {
		turned := slices.Clone(events)
		slices.Reverse(turned)
		return write(ctx, turned...)
	}
}

// writesOnce collects what a transaction writes, and writes it in a hook before the commit.
func writesOnce(_ *fake, write writing) writing {
	collected := map[db.Unit][]event.Event{}
	return func(ctx context.Context, events ...event.Event) error {
		u := db.UnitOf(ctx)
		if _, begun := collected[u]; !begun {
			if err := db.BeforeCommit(ctx, func(ctx context.Context) error { return write(ctx, collected[u]...) }); err != nil {
				return err
			}
		}
		collected[u] = append(collected[u], events...)
		return nil
	}
}

// changes breaks a write by what change makes of each event.
func changes(change func(e event.Event) event.Event) func(*fake, writing) writing {
	return func(_ *fake, write writing) writing {
		return func(ctx context.Context, events ...event.Event) error {
			out := make([]event.Event, len(events))
			for i, e := range events {
				out[i] = change(e)
			}
			return write(ctx, out...)
		}
	}
}

func dropsTrace(f *fake, write writing) writing {
	return changes(func(e event.Event) event.Event { e.TraceState = ""; return e })(f, write)
}

func trimsPayload(f *fake, write writing) writing {
	return changes(func(e event.Event) event.Event {
		e.Payload = bytes.ReplaceAll(e.Payload, []byte(" "), nil)
		return e
	})(f, write)
}

func roundsTime(f *fake, write writing) writing {
	return changes(func(e event.Event) event.Event { e.Time = e.Time.Truncate(time.Millisecond); return e })(f, write)
}

// holdsUp lets a transaction wait for those that began before it and are still open.
func holdsUp(_ *fake, write writing) writing {
	turn := make(chan struct{}, 1)
	return func(ctx context.Context, events ...event.Event) error {
		select {
		case turn <- struct{}{}:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
		if err := db.OnCommit(ctx, func(context.Context) { <-turn }); err != nil { // and none after a rollback
			return err
		}
		return write(ctx, events...)
	}
}

// some breaks every tenth write of one event by what wrong does.
func some(write writing, wrong func(ctx context.Context, e event.Event) error) writing {
	var n atomic.Int64
	return func(ctx context.Context, events ...event.Event) error {
		for _, e := range events {
			if n.Add(1)%10 == 0 {
				if err := wrong(ctx, e); err != nil {
					return err
				}
			} else if err := write(ctx, e); err != nil {
				return err
			}
		}
		return nil
	}
}

func losesSome(_ *fake, write writing) writing {
	return some(write, func(context.Context, event.Event) error { return nil })
}

func repeatsSome(_ *fake, write writing) writing {
	return some(write, func(ctx context.Context, e event.Event) error { return write(ctx, e, e) })
}

// swapsSome keeps the first event of a transaction back until all others were written.
func swapsSome(_ *fake, write writing) writing {
	var mu sync.Mutex
	begun := map[db.Unit]bool{}
	return func(ctx context.Context, events ...event.Event) error {
		mu.Lock()
		first := !begun[db.UnitOf(ctx)]
		begun[db.UnitOf(ctx)] = true
		mu.Unlock()
		if !first {
			return write(ctx, events...)
		}
		return db.BeforeCommit(ctx, func(ctx context.Context) error { return write(ctx, events...) })
	}
}
