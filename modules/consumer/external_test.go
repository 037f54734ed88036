package consumer

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"fxcell.dev/fxcell/db"
	"fxcell.dev/fxcell/event"
)

// inbox is an event.Inbox that fails a few times.
type inbox struct {
	event.Inbox

	seen, marks int // so many calls fail
}

func (i *inbox) Seen(ctx context.Context, reader string, e event.Event) (bool, error) {
	if i.seen > 0 {
		i.seen--
		return false, errTest
	}
	return i.Inbox.Seen(ctx, reader, e)
}

func (i *inbox) Mark(ctx context.Context, reader string, e event.Event) error {
	if i.marks > 0 {
		i.marks--
		return errTest
	}
	return i.Inbox.Mark(ctx, reader, e)
}

func TestExternalHandlerRunsOutsideOfTransactions(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w, calls := newWorld(t), &tape{}
		w.start(subscription(event.External, func(ctx context.Context, ds []event.Delivery) error {
			calls.add("%s", idsOf(ds))
			if db.InTx(ctx) {
				t.Error("the handler is in a transaction")
			}
			if ds[0].Attempt == 1 {
				return errTest
			}
			return nil
		}))
		w.publish(ev("1", "k"))
		later(time.Minute)
		if got := calls.all(); got != "1.1 1.2" {
			t.Errorf("handled %q, want 1.1 1.2", got)
		}
	})
}

func TestExternalHandlerThatSucceededIsNotCalledAgainWhenItsMarkFails(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w, calls := newWorld(t), &tape{}
		w.inbox = &inbox{Inbox: w.inbox, marks: 20}
		w.start(subscription(event.External, func(_ context.Context, ds []event.Delivery) error {
			calls.add("%s", idsOf(ds))
			return nil
		}))
		w.publish(ev("1", "k"), ev("2", "k"))
		later(time.Hour)
		if got := calls.all(); got != "1.1 2.1" {
			t.Errorf("handled %q, want 1.1 2.1", got)
		}
		if got := w.parkedOf("cells/c/s"); got != "" {
			t.Errorf("parked %q for a fault that was not the handler's", got)
		}
	})
}

func TestFaultsOfTheInboxAreNotTheHandlers(t *testing.T) {
	t.Parallel()
	for _, mode := range []event.Mode{event.Each, event.External, event.Batched} {
		t.Run(string(mode), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w, calls := newWorld(t), &tape{}
				w.inbox = &inbox{Inbox: w.inbox, seen: 20, marks: 20}
				w.start(subscription(mode, func(ctx context.Context, ds []event.Delivery) error {
					calls.add("%s", idsOf(ds))
					if mode == event.External {
						return nil
					}
					return w.effect(ctx, ds)
				}))
				w.publish(ev("1", "k"))
				later(time.Hour)
				if got := w.parkedOf("cells/c/s"); got != "" {
					t.Errorf("parked %q", got)
				}
				for _, call := range calls.calls {
					if call != "1.1" {
						t.Errorf("handled %s, want no attempt to count", call)
					}
				}
				if len(calls.calls) == 0 || mode != event.External && w.effectsOf() != "1" {
					t.Errorf("%d calls, effects %q", len(calls.calls), w.effectsOf())
				}
			})
		})
	}
}
