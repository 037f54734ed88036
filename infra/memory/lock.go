package memory

import (
	"context"
	"fmt"
	"time"

	"fxcell.dev/fxcell/durability"
	"fxcell.dev/fxcell/lock"
)

// locker keeps locks between the goroutines of this process.
type locker struct {
	*lock.Keeper

	leases lockLeases
}

var _ lock.Locker = (*locker)(nil)

func newLocker(cfg Config) (*locker, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	l := lockLeases{newLeases(cfg.WithDefaults().LockCapacity)}
	return &locker{lock.NewKeeper(l), l}, nil
}

// Durability is Volatile: locks end with the process.
func (*locker) Durability() durability.Grade { return durability.Volatile }

// lockLeases are the leases of the locks.
type lockLeases struct{ *leases }

var _ lock.Leases = lockLeases{}

// Take implements lock.Leases.
func (l lockLeases) Take(_ context.Context, name string, ttl time.Duration) (lock.Lease, error) {
	fence, taken, err := l.take(name, ttl)
	switch {
	case err != nil:
		return nil, fmt.Errorf("%w: %w", lock.ErrUnavailable, err)
	case taken != nil:
		return nil, lock.ErrHeld
	}
	return lockLease{l, name, fence}, nil
}

// lockLease is a lease of a name.
type lockLease struct {
	leases lockLeases
	name   string
	fence  int64
}

// Fence implements lock.Lease.
func (l lockLease) Fence() int64 { return l.fence }

// Extend implements lock.Lease.
func (l lockLease) Extend(_ context.Context, ttl time.Duration) error { return l.end(ttl) }

// Drop implements lock.Lease.
func (l lockLease) Drop(context.Context) error { return l.end(0) }

func (l lockLease) end(after time.Duration) error {
	if l.leases.change(l.name, l.fence, func(r *leaseRow) { l.leases.end(r, after) }) {
		return nil
	}
	return lock.ErrLost
}
