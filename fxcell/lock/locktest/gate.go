package locktest

import (
	"context"
	"sync"
	"time"

	"fxcell.dev/fxcell/lock"
)

// Gate stands between a lock.Keeper and its leases, and can be shut: then nothing renews or drops a lease until it is opened, as in a process that
// stands still. The zero Gate is open.
type Gate struct {
	mu   sync.Mutex
	shut chan struct{} // closes when it opens
}

// Around returns leases behind the gate.
func (g *Gate) Around(leases lock.Leases) lock.Leases { return gatedLeases{leases, g} }

// Shut closes the gate until open is called. It is a Subject's Stall.
func (g *Gate) Shut() (open func()) {
	g.mu.Lock()
	defer g.mu.Unlock()
	shut := make(chan struct{})
	g.shut = shut
	return sync.OnceFunc(func() { close(shut) })
}

// pass waits until the gate is open.
func (g *Gate) pass(ctx context.Context) error {
	g.mu.Lock()
	shut := g.shut
	g.mu.Unlock()
	if shut == nil {
		return nil
	}
	select {
	case <-shut:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

type gatedLeases struct {
	lock.Leases

	gate *Gate
}

func (g gatedLeases) Take(ctx context.Context, name string, ttl time.Duration) (lock.Lease, error) {
	l, err := g.Leases.Take(ctx, name, ttl)
	if err != nil {
		return nil, err
	}
	return gatedLease{l, g.gate}, nil
}

type gatedLease struct {
	lock.Lease

	gate *Gate
}

func (g gatedLease) Extend(ctx context.Context, ttl time.Duration) error {
	if err := g.gate.pass(ctx); err != nil {
		return err
	}
	return g.Lease.Extend(ctx, ttl)
}

func (g gatedLease) Drop(ctx context.Context) error {
	if err := g.gate.pass(ctx); err != nil {
		return err
	}
	return g.Lease.Drop(ctx)
}
