package lock

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"fxcell.dev/fxcell/internal/renew"
)

// Leases is what an adapter does on its server; NewKeeper makes the locks of it. It is safe for concurrent use.
type Leases interface {
	// Take takes the lease of a name for the ttl, or returns ErrHeld while another has it. When it returns any other error it has tried to give back what
	// it may have taken.
	Take(ctx context.Context, name string, ttl time.Duration) (Lease, error)
}

// Lease is a lease that was taken.
type Lease interface {
	// Fence is greater than those of all leases of the name before it, also when the server has forgotten them.
	Fence() int64
	// Extend lets the lease end a ttl from now. It returns ErrLost when it has ended, or is another's.
	Extend(ctx context.Context, ttl time.Duration) error
	// Drop ends the lease. It returns ErrLost when it has ended before, and never ends another's.
	Drop(ctx context.Context) error
}

// Keeper makes locks of leases: it waits for them, renews them and tells when they are lost. Adapters embed it and add their grade.
type Keeper struct {
	leases Leases

	mu     sync.Mutex
	closed bool
	locks  map[*keptLock]struct{}
}

// NewKeeper makes locks of leases. Who makes it closes it.
func NewKeeper(leases Leases) *Keeper {
	return &Keeper{leases: leases, locks: map[*keptLock]struct{}{}}
}

// Who waits for a lock tries again after a pause, which grows.
const (
	firstPause = 10 * time.Millisecond
	lastPause  = 250 * time.Millisecond
)

// Acquire implements Locker.
func (k *Keeper) Acquire(ctx context.Context, name string, ttl time.Duration) (Lock, error) {
	for pause := firstPause; ; pause = min(2*pause, lastPause) {
		l, err := k.TryAcquire(ctx, name, ttl)
		if !errors.Is(err, ErrHeld) {
			return l, err
		}
		timer := time.NewTimer(pause/2 + rand.N(pause)) //nolint:gosec // it only keeps those who wait apart
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return nil, fmt.Errorf("lock: acquire: %w", context.Cause(ctx))
		}
	}
}

// TryAcquire implements Locker.
func (k *Keeper) TryAcquire(ctx context.Context, name string, ttl time.Duration) (Lock, error) {
	if name == "" || len(name) > MaxName || !utf8.ValidString(name) || strings.ContainsRune(name, 0) || ttl < MinTTL {
		return nil, ErrInvalid
	}
	if err := context.Cause(ctx); err != nil {
		return nil, fmt.Errorf("lock: acquire: %w", err)
	}
	k.mu.Lock()
	closed := k.closed
	k.mu.Unlock()
	if closed {
		return nil, ErrStopped
	}
	asked := time.Now()
	lease, err := k.leases.Take(ctx, name, ttl)
	if err != nil {
		return nil, fmt.Errorf("lock: acquire: %w", err)
	}
	l := &keptLock{lease: lease, forget: k.forget}
	if !k.keep(ctx, l, ttl, asked) {
		return nil, errors.Join(ErrStopped, drop(ctx, lease))
	}
	return l, nil
}

// keep starts to renew a lock, unless the keeper is closed.
func (k *Keeper) keep(ctx context.Context, l *keptLock, ttl time.Duration, asked time.Time) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.closed {
		return false
	}
	l.renewal = renew.Start(ctx, renew.Lease{
		TTL: ttl, Since: asked, Gone: ErrLost,
		Extend: func(ctx context.Context) error { return l.lease.Extend(ctx, ttl) },
		OnLost: func() { k.forget(l) },
	})
	k.locks[l] = struct{}{}
	return true
}

func (k *Keeper) forget(l *keptLock) {
	k.mu.Lock()
	defer k.mu.Unlock()
	delete(k.locks, l)
}

// Close gives up the locks that were not released: they are lost, and others need not wait for their ttl. Nobody acquires any more.
func (k *Keeper) Close(ctx context.Context) error {
	k.mu.Lock()
	k.closed = true
	left := make([]*keptLock, 0, len(k.locks))
	for l := range k.locks {
		left = append(left, l)
	}
	k.mu.Unlock()
	var all sync.WaitGroup
	for _, l := range left {
		l.renewal.Lose()
		all.Go(func() { _ = l.Release(ctx) }) // what stays is free when its ttl has passed
	}
	all.Wait()
	return nil
}
