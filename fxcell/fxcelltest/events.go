package fxcelltest

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"go.uber.org/fx"

	"fxcell.dev/fxcell/db"
	"fxcell.dev/fxcell/event"
	"fxcell.dev/fxcell/outbox"
)

// Events records what was published and committed. Its zero value is ready for use and safe for concurrent use.
type Events struct {
	mu     sync.Mutex
	events []event.Event
}

// Record is the option that makes e hear an app's events. It wraps outbox.Writer at the root, and keeps its durability.
func (e *Events) Record() fx.Option {
	return fx.Decorate(func(w outbox.Writer) outbox.Writer { return recorder{w, e} })
}

// All returns the committed events as they were published, in the order in which their commits were heard of: two that commit at once may be swapped.
func (e *Events) All() []event.Event {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Clone(e.events)
}

// Of returns the committed events of one contract.
func (e *Events) Of(contract string) []event.Event {
	return slices.DeleteFunc(e.All(), func(ev event.Event) bool { return ev.Contract != contract })
}

type recorder struct {
	outbox.Writer

	events *Events
}

// Write implements outbox.Writer.
func (r recorder) Write(ctx context.Context, events ...event.Event) error {
	if err := r.Writer.Write(ctx, events...); err != nil {
		return fmt.Errorf("fxcelltest: %w", err)
	}
	return db.OnCommit(ctx, func(context.Context) {
		r.events.mu.Lock()
		defer r.events.mu.Unlock()
		r.events.events = append(r.events.events, events...)
	})
}
