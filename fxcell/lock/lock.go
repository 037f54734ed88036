// Package lock is the port of locks between processes: a lease that is renewed as long as the lock is held, a number that tells its holder from earlier
// ones, and a signal for the holder that it is one no longer.
package lock

import (
	"context"
	"errors"
	"time"

	"fxcell.dev/fxcell/durability"
	"fxcell.dev/fxcell/problem"
)

// Locker gives locks to one holder at a time, of all processes that share its server. It is safe for concurrent use.
//
// A lock is a lease. Its server gives it to somebody else when the holder has not renewed it for the ttl, whatever the holder is doing then: a process
// that stood still, or was cut off, may go on working for a moment. What such a holder must not spoil checks the lock's Fence.
type Locker interface {
	durability.Stated
	// Acquire waits until the lock is ours, or ctx ends, whose cause it returns then. Who waits longest is not preferred. The name is 1 to MaxName bytes
	// of UTF-8 without NUL, the ttl at least MinTTL, or it returns ErrInvalid.
	Acquire(ctx context.Context, name string, ttl time.Duration) (Lock, error)
	// TryAcquire returns ErrHeld at once when the lock is another's.
	TryAcquire(ctx context.Context, name string, ttl time.Duration) (Lock, error)
}

// Lock is a lock that was acquired. It is renewed in the background until Release, or until it is lost, whatever becomes of the context by which it was
// acquired. It is safe for concurrent use.
type Lock interface {
	// Fence is greater than those of all earlier holders of the name, and than zero. A resource that remembers the greatest that it has seen, and
	// refuses smaller ones, is safe from holders that do not know yet that they have lost the lock.
	Fence() int64
	// Lost closes when the lock is no longer ours though it was not released: stop at once. It closes at the latest when the ttl has passed since the
	// last renewal that succeeded was asked for, by this machine's clock.
	Lost() <-chan struct{}
	// Release gives the lock to who comes next, also when ctx has ended: then it takes a second at most. It returns ErrLost when the lock was lost
	// before. After any other error the lock is free when its ttl has passed. Releasing again does nothing.
	Release(ctx context.Context) error
}

// Limits of what can be locked.
const (
	MaxName = 512                    // bytes of a name
	MinTTL  = 100 * time.Millisecond // less would be lost by a busy machine
)

// Errors of a Locker.
var (
	// ErrHeld is returned by TryAcquire when the lock is another's.
	ErrHeld error = &passing{"lock: held by another", "Somebody else is at it.", time.Second}
	// ErrLost is returned by Release of a lock that was lost before.
	ErrLost = errors.New("lock: lost: it ran out, or its server has forgotten it")
	// ErrUnavailable is returned when the server of the locks cannot be reached, or has no room.
	ErrUnavailable error = &passing{"lock: the server of the locks is unavailable", "Locks are unavailable.", 5 * time.Second}
	// ErrInvalid is returned for a name or a ttl that cannot be locked.
	ErrInvalid = errors.New("lock: a name is 1 to 512 bytes of UTF-8 without NUL, a ttl at least 100ms")
	// ErrStopped is returned when the module of the locks has stopped.
	ErrStopped = errors.New("lock: the app stops")
)

// passing is an error that another attempt may not meet.
type passing struct {
	text, detail string
	after        time.Duration
}

func (e *passing) Error() string { return e.text }

// Problem says what the error means for a caller.
func (e *passing) Problem() *problem.Error {
	return problem.New(problem.Unavailable, e.detail).After(e.after)
}

// Ports describes Locker to assemblies. A lock is of no use without a server that outlives its holders.
func Ports() []durability.Port {
	return []durability.Port{durability.NewPort[Locker]("infra/postgres.Locks", "infra/redis.Module")}
}

// Bound returns a context that ends with ctx, by stop, and when the lock is lost: then its cause is ErrLost. Call stop when the work is done, before
// Release.
func Bound(ctx context.Context, l Lock) (bound context.Context, stop context.CancelFunc) {
	bound, cancel := context.WithCancelCause(ctx)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		select {
		case <-l.Lost():
			cancel(ErrLost)
		case <-bound.Done():
		}
	}()
	return bound, func() {
		cancel(context.Canceled)
		<-ended
	}
}
