package accesstest

import (
	"context"
	"slices"
	"sync"

	"fxcell.dev/fxcell/auth"
	"fxcell.dev/fxcell/contract"
	"fxcell.dev/fxcell/db"
	"fxcell.dev/fxcell/outbox"
)

// Event is what was published and by whom.
type Event[P any] struct {
	Actor   auth.Actor
	Payload P
}

// Events records what was published and committed.
type Events[P any] struct {
	mu  sync.Mutex
	all []Event[P]
}

// Publisher returns a publisher into e that keeps to transactions as the real one does.
func (e *Events[P]) Publisher() contract.Publisher[P] {
	return contract.NewTestPublisher(func(ctx context.Context, payload P) error {
		if !db.InTx(ctx) {
			return outbox.ErrNoTransaction
		}
		event := Event[P]{auth.ActorOf(ctx), payload}
		return db.OnCommit(ctx, func(context.Context) {
			e.mu.Lock()
			defer e.mu.Unlock()
			e.all = append(e.all, event)
		})
	})
}

// All returns the committed events in their order.
func (e *Events[P]) All() []Event[P] {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Clone(e.all)
}

// Failing returns a publisher that always fails with err.
func Failing[P any](err error) contract.Publisher[P] {
	return contract.NewTestPublisher(func(context.Context, P) error { return err })
}
