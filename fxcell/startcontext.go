package fxcell

import (
	"context"
	"sync"
	"time"
)

// startContext is the context of a start. Fx stops the hooks that had started under the context of the start that failed: when that has ended, it
// would stop none of them, so it is renewed first. It is safe for concurrent use.
type startContext struct {
	mu     sync.Mutex
	now    context.Context //nolint:containedctx // the one that it stands for
	cancel context.CancelFunc
}

var _ context.Context = (*startContext)(nil)

// begin lets the context be as ctx is.
func (c *startContext) begin(ctx context.Context) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = ctx
}

// renew gives the context new time.
func (c *startContext) renew(timeout time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now, c.cancel = context.WithTimeout(context.WithoutCancel(c.now), timeout)
}

// end frees what a renewed context holds.
func (c *startContext) end() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.cancel != nil {
		c.cancel()
	}
}

func (c *startContext) current() context.Context {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Deadline implements context.Context.
func (c *startContext) Deadline() (time.Time, bool) { return c.current().Deadline() }

// Done implements context.Context.
func (c *startContext) Done() <-chan struct{} { return c.current().Done() }

// Err implements context.Context.
func (c *startContext) Err() error { return c.current().Err() }

// Value implements context.Context.
func (c *startContext) Value(key any) any { return c.current().Value(key) }
