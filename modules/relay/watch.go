package relay

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"fxcell.dev/fxcell/event"
	"fxcell.dev/fxcell/health"
)

// stalled is how long nothing may be acknowledged before that is told.
const stalled = 5 * time.Second

// watch knows how far the relay of this process is.
type watch struct {
	mu      sync.Mutex
	waiting int // events that are on their way
	since   time.Time
	last    error // why the last try failed
}

// begin says that events are on their way.
func (w *watch) begin(n int, now time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.waiting == 0 {
		w.since = now
	}
	w.waiting += n
}

func (w *watch) fault(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.last = err
}

// passed says that events are done.
func (w *watch) passed(n int, now time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.waiting -= n
	w.since, w.last = now, nil
}

// rest says that this process owns nothing.
func (w *watch) rest() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.waiting, w.last = 0, nil
}

func (w *watch) probe(now time.Time) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	late := now.Sub(w.since)
	switch {
	case w.waiting == 0:
		return nil
	case w.last != nil:
		return fmt.Errorf("relay: %d events are on their way, none got there for %v: %w", w.waiting, late.Round(time.Millisecond), w.last)
	case late > stalled:
		return fmt.Errorf("relay: %d events are on their way, none got there for %v", w.waiting, late.Round(time.Millisecond))
	default:
		return nil
	}
}

// check fails while events are not published, and while a key is parked. Requests go on, so the app is only degraded.
func (r *Relay) check() health.Check {
	return health.Check{Name: name, Probe: func(ctx context.Context) error {
		return errors.Join(r.watch.probe(r.Clock.Now()), parkedFault(ctx, r.Parking))
	}}
}

func parkedFault(ctx context.Context, parking event.Parking) error {
	all, err := parking.List(ctx, name)
	if err != nil {
		return fmt.Errorf("relay: count parked keys: %w", err)
	}
	keys := map[string]struct{}{}
	for _, p := range all {
		keys[p.Topic+"\x00"+p.Key] = struct{}{}
	}
	if len(keys) > 0 {
		return fmt.Errorf("relay: %d parked keys with %d events: they were not published", len(keys), len(all))
	}
	return nil
}
