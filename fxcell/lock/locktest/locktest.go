// Package locktest is the conformance suite of lock.Locker: what every adapter of the port promises, in this process or on a server.
//
//	func TestLocks(t *testing.T) {
//		locktest.Run(t, func(t *testing.T) locktest.Subject { return open(t) }, locktest.Features{})
//	}
package locktest

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"fxcell.dev/fxcell/internal/promise"
	"fxcell.dev/fxcell/lock"
)

// Subject is a locker under test. Each test gets one, on whose server nobody else uses the names of the suite.
type Subject struct {
	Locker lock.Locker
	// Other is what another process has: a locker on the same server that was opened for itself, if there can be one.
	Other lock.Locker
	// Forget makes the server forget whatever it knows of a name, as one does that starts again without its memory.
	Forget func(ctx context.Context, name string) error
	// Stall keeps Locker, but not Other, from renewing and dropping leases until resume is called: what is under way waits for it, or fails.
	// Gate makes one.
	Stall func() (resume func())
}

// Features says what a locker is like. The zero value is one on a server.
type Features struct {
	// TTL is that of the suite's locks: as short as the server allows, but longer than what it may take to be renewed; 600 ms when zero.
	TTL time.Duration
	// Bubble is for lockers without I/O: each test runs in a testing/synctest bubble, in which waiting costs no time.
	Bubble bool
	// Patience is how long a test waits for what must happen; 10 s when zero.
	Patience time.Duration
}

// Run holds what open returns against every promise of the port, a new subject for each, in parallel.
func Run(t *testing.T, open func(t *testing.T) Subject, f Features) {
	t.Helper()
	promise.Run(t, promise.Waits{Bubble: f.Bubble, Patience: f.Patience}, cases(), func(t *testing.T, report *promise.T) *kit {
		t.Helper()
		return newKit(report, open(t), f)
	})
}

// kit is a locker under test, and the test.
type kit struct {
	*promise.T
	Subject

	ttl time.Duration
}

func newKit(report *promise.T, s Subject, f Features) *kit {
	if f.TTL == 0 {
		f.TTL = 600 * time.Millisecond
	}
	return &kit{report, s, f.TTL}
}

func cases() []promise.Case[*kit] {
	return slices.Concat(holdingCases(), losingCases())
}

// never is the ttl of locks that a test does not want to run out.
const never = time.Minute

// acquire fails the test unless it gets the lock.
func (k *kit) acquire(by lock.Locker, name string, ttl time.Duration) lock.Lock {
	k.Helper()
	l, err := by.Acquire(k.Outside, name, ttl)
	if err != nil || l == nil {
		k.Fatalf("Acquire(%.40q) = %v", name, err)
	}
	k.Cleanup(func() { _ = l.Release(context.WithoutCancel(k.Outside)) })
	return l
}

func (k *kit) release(l lock.Lock) {
	k.Helper()
	if err := l.Release(k.Outside); err != nil {
		k.Errorf("Release = %v", err)
	}
}

// isHeld fails unless neither locker can have the lock.
func (k *kit) isHeld(when, name string) {
	k.Helper()
	for by, locker := range map[string]lock.Locker{"the locker": k.Locker, "the other": k.Other} {
		l, err := locker.TryAcquire(k.Outside, name, k.ttl)
		if !errors.Is(err, lock.ErrHeld) || l != nil {
			k.Errorf("%s: TryAcquire by %s = %v, want lock.ErrHeld", when, by, err)
		}
		if l != nil && err == nil {
			_ = l.Release(k.Outside)
		}
	}
}

// take fails the test unless the lock can be had at once.
func (k *kit) take(when string, by lock.Locker, name string) lock.Lock {
	k.Helper()
	l, err := by.TryAcquire(k.Outside, name, never)
	if err != nil || l == nil {
		k.Fatalf("%s: TryAcquire = %v, want the lock", when, err)
	}
	k.Cleanup(func() { _ = l.Release(context.WithoutCancel(k.Outside)) })
	return l
}

// isLost waits until the lock's Lost closes, and fails when it does not within the limit.
func (k *kit) isLost(when string, l lock.Lock, limit time.Duration) {
	k.Helper()
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case <-l.Lost():
	case <-timer.C:
		k.Errorf("%s: Lost has not closed after %v", when, limit)
	}
}

// isOurs fails when the lock's Lost has closed.
func (k *kit) isOurs(when string, l lock.Lock) {
	k.Helper()
	select {
	case <-l.Lost():
		k.Errorf("%s: the lock is lost", when)
	default:
	}
}

// pause lets time pass, unless the test ends before.
func (k *kit) pause(d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-k.Outside.Done():
	}
}
