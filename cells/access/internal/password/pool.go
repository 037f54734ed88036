package password

import (
	"context"
	"sync/atomic"
	"time"

	"fxcell.dev/fxcell/problem"
)

// errBusy is a problem.Unavailable: so many others wait for their hash that one more would wait too long.
var errBusy = problem.New(problem.Unavailable, "Too many logins at once; try again.")

// pool bounds how many hashes run at once and how many callers wait, for how long.
type pool struct {
	slots   chan struct{}
	waiting atomic.Int64
	queue   int64
	wait    time.Duration
}

func newPool(concurrency, queue int, wait time.Duration) *pool {
	return &pool{slots: make(chan struct{}, concurrency), queue: int64(max(queue, 0)), wait: wait}
}

// do runs fn when it is its turn, on the caller's goroutine.
func (p *pool) do(ctx context.Context, fn func()) error {
	if err := p.enter(ctx); err != nil {
		return err
	}
	defer func() { <-p.slots }()
	fn()
	return nil
}

func (p *pool) enter(ctx context.Context) error {
	if err := context.Cause(ctx); err != nil {
		return err // nobody waits for the answer: a hash would be wasted
	}
	select {
	case p.slots <- struct{}{}:
		return nil
	default:
	}
	if p.waiting.Add(1) > p.queue {
		p.waiting.Add(-1)
		return errBusy.After(p.wait)
	}
	defer p.waiting.Add(-1)
	timer := time.NewTimer(p.wait)
	defer timer.Stop()
	select {
	case p.slots <- struct{}{}:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-timer.C:
		return errBusy.After(p.wait)
	}
}
