package inspect

import (
	"context"
	"time"
)

// undo is what Fx does when a start fails: it stops the hooks that had started. It is guarded by the mutex of Hooks.
type undo struct {
	first func()        // told before the first hook is stopped
	cause error         // what the start has failed with
	begun chan struct{} // nil before anybody asked
	ended chan struct{} // nil before it has begun
	err   error         // what the stopping ended in
}

func (u *undo) begin(cause error) {
	u.cause, u.ended = cause, make(chan struct{})
	if u.first != nil {
		u.first()
	}
	if u.begun != nil {
		close(u.begun)
	}
}

func (u *undo) end(err error) {
	u.err = err
	close(u.ended)
}

// BeforeUndo calls fn when a start has failed, before the first of the hooks that had started is stopped.
func (h *Hooks) BeforeUndo(fn func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.undo.first = fn
}

// StartError returns what the start has failed with, apart from what stopping has: Fx joins the two. It is nil when no start has failed.
func (h *Hooks) StartError() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.undo.cause
}

// Undone waits until the hooks that had started are stopped, and returns what that ended in; or until ctx ends. Fx gives a start up before it begins to
// undo it: Undone waits that moment, and returns nil when nothing begins, as when the last hook does not keep to its context.
func (h *Hooks) Undone(ctx context.Context, moment time.Duration) error {
	h.mu.Lock()
	begun := make(chan struct{})
	if h.undo.ended != nil {
		close(begun)
	} else {
		h.undo.begun = begun
	}
	h.mu.Unlock()
	select {
	case <-begun:
	case <-time.After(moment):
		return nil
	}
	select {
	case <-h.undo.ended:
		h.mu.Lock()
		defer h.mu.Unlock()
		return h.undo.err
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
