package lock

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"fxcell.dev/fxcell/internal/renew"
)

// keptLock is a lock of a Keeper.
type keptLock struct {
	lease   Lease
	renewal *renew.Renewal
	forget  func(*keptLock)

	mu       sync.Mutex
	released bool
	err      error // of the release
}

var _ Lock = (*keptLock)(nil)

// Fence implements Lock.
func (l *keptLock) Fence() int64 { return l.lease.Fence() }

// Lost implements Lock.
func (l *keptLock) Lost() <-chan struct{} { return l.renewal.Lost() }

// Release implements Lock. Who releases at the same time waits for the first, and is told the same.
func (l *keptLock) Release(ctx context.Context) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.released {
		return l.again()
	}
	l.released = true
	ours := l.renewal.Stop(ctx)
	l.forget(l)
	l.err = drop(ctx, l.lease) // also one that was lost: a renewal whose answer was lost may have been granted
	if !ours {
		l.err = ErrLost
	}
	return l.err
}

// again is what a second release returns: one that failed for a while is not told twice.
func (l *keptLock) again() error {
	if errors.Is(l.err, ErrLost) {
		return l.err
	}
	return nil
}

// dropPatience is how long it takes at most to drop a lease whose context has ended.
const dropPatience = time.Second

func drop(ctx context.Context, lease Lease) error {
	if ctx.Err() != nil {
		detached, cancel := context.WithTimeout(context.WithoutCancel(ctx), dropPatience)
		defer cancel()
		ctx = detached
	}
	if err := lease.Drop(ctx); err != nil {
		return fmt.Errorf("lock: release: %w", err)
	}
	return nil
}
