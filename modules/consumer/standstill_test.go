package consumer

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"fxcell.dev/fxcell/db"
	"fxcell.dev/fxcell/event"
)

var errNoKey = errors.New("no key")

// What is no fault of an event must not park it: it waits for as long as it takes, operators hear of it, and then it has its effect once.
func TestEventsWaitForWhatIsNoFaultOfTheirs(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]error{
		"blocked":     fmt.Errorf("append: %w", event.Blocked(errNoKey)),
		"unavailable": fmt.Errorf("append: %w", db.ErrUnavailable),
		"conflict":    fmt.Errorf("append: %w", db.ErrSerialization),
	} {
		for _, mode := range []event.Mode{event.Each, event.Batched} {
			t.Run(fmt.Sprintf("%s in mode %v", name, mode), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					w := newWorld(t)
					var mended atomic.Bool
					w.start(subscription(mode, func(ctx context.Context, ds []event.Delivery) error {
						if !mended.Load() {
							return fault
						}
						return w.effect(ctx, ds)
					}))
					watch := newWatch(w.parking)
					watch.follow(w.running)
					w.publish(ev("1", "k"), ev("2", "k"))
					later(time.Hour)
					if err := watch.probe(t.Context()); err == nil || !strings.Contains(err.Error(), "cells/c/s waits: append: ") {
						t.Errorf("while it waits the check says %v", err)
					}
					if got := w.parkedOf("cells/c/s"); got != "" {
						t.Errorf("parked %q", got)
					}
					mended.Store(true)
					later(time.Minute)
					if got := w.effectsOf(); got != "1 2" {
						t.Errorf("effects %q, want 1 2", got)
					}
					if err := watch.probe(t.Context()); err != nil {
						t.Errorf("afterwards the check says %v", err)
					}
				})
			})
		}
	}
}
