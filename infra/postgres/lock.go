package postgres

import (
	"context"
	"crypto/rand"
	"errors"
	"time"

	"fxcell.dev/fxcell/db"
	"fxcell.dev/fxcell/durability"
	"fxcell.dev/fxcell/lock"
)

// locker keeps locks, each in a row.
type locker struct{ *lock.Keeper }

var _ lock.Locker = locker{}

func newLocker(p *leasePool) locker { return locker{lock.NewKeeper(lockLeases{p})} }

// Durability is Persistent: locks and their fences outlive this process.
func (locker) Durability() durability.Grade { return durability.Persistent }

// Statements of locks. The clock is the server's, and read when the row is locked: clock_timestamp() is not that of the transaction's beginning. A fence is
// the time in microseconds, or one more than the last, so that it grows also after the row was removed, or the database restored from a backup.
const (
	microseconds = `(extract(epoch FROM clock_timestamp()) * 1000000)::bigint`
	takeLock     = `INSERT INTO fxcell.lock AS l (name, token, fence, until)
VALUES ($1, $2, ` + microseconds + `, clock_timestamp() + make_interval(secs => $3))
ON CONFLICT (name) DO UPDATE
SET token = excluded.token, fence = greatest(l.fence + 1, excluded.fence), until = clock_timestamp() + make_interval(secs => $3)
WHERE l.until <= clock_timestamp()
RETURNING fence`
	extendLock = `UPDATE fxcell.lock SET until = clock_timestamp() + make_interval(secs => $3)
WHERE name = $1 AND token = $2 AND until > clock_timestamp()`
	dropLock = `UPDATE fxcell.lock SET until = clock_timestamp() WHERE name = $1 AND token = $2 AND until > clock_timestamp()`
)

// lockLeases are the leases of locks.
type lockLeases struct{ pool *leasePool }

var _ lock.Leases = lockLeases{}

// Take implements lock.Leases.
func (l lockLeases) Take(ctx context.Context, name string, ttl time.Duration) (lock.Lease, error) {
	made := &lockLease{pool: l.pool, name: name, token: rand.Text()}
	err := l.pool.get(ctx, &made.fence, takeLock, name, made.token, ttl.Seconds())
	switch {
	case err == nil:
		return made, nil
	case errors.Is(err, db.ErrNotFound):
		return nil, lock.ErrHeld
	default:
		l.pool.giveBack(ctx, dropLock, name, made.token)
		return nil, leaseError(lock.ErrUnavailable, err)
	}
}

// lockLease is a row that is ours.
type lockLease struct {
	pool        *leasePool
	name, token string
	fence       int64
}

// Fence implements lock.Lease.
func (l *lockLease) Fence() int64 { return l.fence }

// Extend implements lock.Lease.
func (l *lockLease) Extend(ctx context.Context, ttl time.Duration) error {
	return l.change(ctx, extendLock, l.name, l.token, ttl.Seconds())
}

// Drop implements lock.Lease.
func (l *lockLease) Drop(ctx context.Context) error { return l.change(ctx, dropLock, l.name, l.token) }

func (l *lockLease) change(ctx context.Context, statement string, args ...any) error {
	ours, err := l.pool.change(ctx, statement, args...)
	switch {
	case err != nil:
		return leaseError(lock.ErrUnavailable, err)
	case !ours:
		return lock.ErrLost
	default:
		return nil
	}
}
