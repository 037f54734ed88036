package locktest

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"fxcell.dev/fxcell/durability"
	"fxcell.dev/fxcell/internal/promise"
	"fxcell.dev/fxcell/lock"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// subject makes two lockers on a server, both with the same fault.
func subject(tb testing.TB, sabotage func(f *fake, s *server)) Subject {
	tb.Helper()
	var gate Gate
	s := newServer()
	locker := &fake{Keeper: lock.NewKeeper(gate.Around(s)), grade: durability.Volatile}
	other := &fake{Keeper: lock.NewKeeper(s), grade: durability.Volatile}
	if sabotage != nil {
		sabotage(locker, s)
		sabotage(other, s)
	}
	tb.Cleanup(func() {
		_, _ = locker.Close(context.WithoutCancel(tb.Context())), other.Close(context.WithoutCancel(tb.Context()))
	})
	return Subject{Locker: locker, Other: other, Forget: s.forget, Stall: gate.Shut}
}

func TestSuiteCatchesEveryBrokenAdapter(t *testing.T) {
	t.Parallel()
	promise.Catch(t, cases(), broken(), func(t *promise.T, sabotage func(f *fake, s *server)) *kit {
		return newKit(t, subject(t, sabotage), Features{})
	})
}

func TestSuitePassesASoundAdapter(t *testing.T) {
	t.Parallel()
	Run(t, func(t *testing.T) Subject {
		t.Helper()
		return subject(t, nil)
	}, Features{Bubble: true})
}

// onServer is a fault of the server, inLock of each lock, of the locker.
func onServer(fault func(s *server)) func(f *fake, s *server) {
	return func(_ *fake, s *server) { fault(s) }
}

func inLock(wrap func(ctx context.Context, l lock.Lock) lock.Lock) func(f *fake, s *server) {
	return func(f *fake, _ *server) { f.wrap = wrap }
}

// oddLock is a lock whose functions stand in for what it does.
type oddLock struct {
	lock.Lock

	fence   func() int64
	lost    <-chan struct{}
	release func(ctx context.Context) error
}

func (o *oddLock) Fence() int64 {
	if o.fence != nil {
		return o.fence()
	}
	return o.Lock.Fence()
}

func (o *oddLock) Lost() <-chan struct{} {
	if o.lost != nil {
		return o.lost
	}
	return o.Lock.Lost()
}

func (o *oddLock) Release(ctx context.Context) error {
	if o.release != nil {
		return o.release(ctx)
	}
	return o.Lock.Release(ctx)
}

func deafLock(_ context.Context, l lock.Lock) lock.Lock {
	return &oddLock{Lock: l, lost: make(chan struct{})}
}

// losesByRelease closes Lost when it is released.
func losesByRelease(_ context.Context, l lock.Lock) lock.Lock {
	lost := make(chan struct{})
	once := sync.OnceFunc(func() { close(lost) })
	return &oddLock{Lock: l, lost: lost, release: func(ctx context.Context) error {
		once()
		return l.Release(ctx)
	}}
}

// endsWithItsContext is released by the context that it was acquired by.
func endsWithItsContext(ctx context.Context, l lock.Lock) lock.Lock {
	context.AfterFunc(ctx, func() { _ = l.Release(context.WithoutCancel(ctx)) })
	return l
}

// silent says nothing of a loss when it is released.
func silent(_ context.Context, l lock.Lock) lock.Lock {
	return &oddLock{Lock: l, release: func(ctx context.Context) error {
		if err := l.Release(ctx); !errors.Is(err, lock.ErrLost) {
			return err
		}
		return nil
	}}
}

func strict(_ context.Context, l lock.Lock) lock.Lock {
	released := false
	return &oddLock{Lock: l, release: func(ctx context.Context) error {
		if released {
			return lock.ErrLost
		}
		released = true
		return l.Release(ctx)
	}}
}

func tiedRelease(_ context.Context, l lock.Lock) lock.Lock {
	return &oddLock{Lock: l, release: func(ctx context.Context) error {
		if err := context.Cause(ctx); err != nil {
			return err
		}
		return l.Release(ctx)
	}}
}

func risingFence(_ context.Context, l lock.Lock) lock.Lock {
	n := l.Fence()
	return &oddLock{Lock: l, fence: func() int64 { n++; return n }}
}

// nervous takes any stall of a renewal for a loss.
func nervous(f *fake, _ *server) {
	f.wrap = func(ctx context.Context, l lock.Lock) lock.Lock {
		lost := make(chan struct{})
		timer := time.AfterFunc(time.Second, func() { close(lost) })
		context.AfterFunc(ctx, func() { timer.Stop() })
		return &oddLock{Lock: l, lost: lost}
	}
}

func broken() []promise.Broken[func(f *fake, s *server)] {
	const differ, stalled, harms = "names are not taken for one another", "a stalled holder loses the lock", "a stalled holder does not release its successor's lock"
	const once, grow, forgotten = "a name has one holder at a time", "a later holder has a greater fence", "a lock that its server forgets is lost"
	const waits, waiting, refused = "who waits gets the lock when it is released", "waiting ends with its context", "what cannot be locked is refused"
	return []promise.Broken[func(f *fake, s *server)]{
		{Name: "says nothing of durability", Break: func(f *fake, _ *server) { f.grade = durability.Discards }, CaughtBy: "the locker says what it keeps"},
		{Name: "lets everybody in", Break: onServer(func(s *server) { s.forgiving = true }), CaughtBy: once},
		{Name: "does not release", Break: onServer(func(s *server) { s.tired = true }), CaughtBy: once},
		{Name: "ignores case", Break: onServer(func(s *server) { s.key = strings.ToLower }), CaughtBy: differ},
		{Name: "cuts spaces", Break: onServer(func(s *server) { s.key = strings.TrimSpace }), CaughtBy: differ},
		{Name: "cuts names", Break: onServer(func(s *server) { s.key = func(n string) string { return n[:min(len(n), 255)] } }), CaughtBy: differ},
		{Name: "has no fences", Break: onServer(func(s *server) { s.number = func(int64) int64 { return 7 } }), CaughtBy: grow},
		{Name: "counts down", Break: onServer(func(s *server) { s.number = func(last int64) int64 { return last - 1 } }), CaughtBy: grow},
		{Name: "counts when it is asked", Break: inLock(risingFence), CaughtBy: grow},
		{Name: "renews nothing", Break: onServer(func(s *server) { s.fixed = true }), CaughtBy: "a lock is kept as long as it is held"},
		{Name: "ends with its context", Break: inLock(endsWithItsContext), CaughtBy: "a lock outlives the context that it was acquired by"},
		{Name: "does not wait", Break: func(f *fake, _ *server) { f.acquire = lock.Locker.TryAcquire }, CaughtBy: waits},
		{Name: "waits too long", Break: func(f *fake, _ *server) {
			f.acquire = func(l lock.Locker, ctx context.Context, name string, ttl time.Duration) (lock.Lock, error) {
				ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second) // longer than anybody wants
				defer cancel()
				return l.Acquire(ctx, name, ttl)
			}
		}, CaughtBy: waiting},
		{Name: "does not say why it waits no longer", Break: func(f *fake, _ *server) {
			f.acquire = func(l lock.Locker, ctx context.Context, name string, ttl time.Duration) (lock.Lock, error) {
				got, err := l.Acquire(ctx, name, ttl)
				if err != nil && ctx.Err() != nil {
					return nil, lock.ErrHeld
				}
				return got, err
			}
		}, CaughtBy: waiting},
		{Name: "complains of a second release", Break: inLock(strict), CaughtBy: "releasing again harms nobody"},
		{Name: "releases in its context alone", Break: inLock(tiedRelease), CaughtBy: "a release that comes late is one"},
		{Name: "takes a release for a loss", Break: inLock(losesByRelease), CaughtBy: "a released lock is not lost"},
		{Name: "takes any ttl", Break: func(f *fake, _ *server) {
			f.try = func(l lock.Locker, ctx context.Context, name string, ttl time.Duration) (lock.Lock, error) {
				return l.TryAcquire(ctx, name, max(ttl, lock.MinTTL))
			}
		}, CaughtBy: refused},
		{Name: "takes any name", Break: func(f *fake, _ *server) {
			f.try = func(l lock.Locker, ctx context.Context, name string, ttl time.Duration) (lock.Lock, error) {
				return l.TryAcquire(ctx, strings.ToValidUTF8(name, "?"), ttl)
			}
		}, CaughtBy: refused},
		{Name: "lets many in", Break: onServer(func(s *server) { s.forgiving = true }), CaughtBy: "many lock at a time"},
		{Name: "never tells of a loss", Break: inLock(deafLock), CaughtBy: stalled},
		{Name: "gives the successor the same fence", Break: onServer(func(s *server) { s.number = func(int64) int64 { return 7 } }), CaughtBy: stalled},
		{Name: "drops what is another's", Break: onServer(func(s *server) { s.shared = true }), CaughtBy: harms},
		{Name: "releases silently what was lost", Break: inLock(silent), CaughtBy: harms},
		{Name: "gives up too early", Break: nervous, CaughtBy: "a short stall loses nothing"},
		{Name: "does not hear that it was forgotten", Break: onServer(func(s *server) { s.deaf = true }), CaughtBy: forgotten},
		{Name: "counts from nothing after forgetting", Break: onServer(func(s *server) { s.loses = true }), CaughtBy: "fences grow though the server forgets"},
	}
}
