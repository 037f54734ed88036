package lock_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"fxcell.dev/fxcell/lock"
	"fxcell.dev/fxcell/problem"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func acquire(t *testing.T, k *lock.Keeper) lock.Lock {
	t.Helper()
	l, err := k.Acquire(t.Context(), "a", time.Second)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestBoundEndsWithTheLock(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := &room{}
		k := lock.NewKeeper(r)
		l := acquire(t, k)
		bound, stop := lock.Bound(t.Context(), l)
		defer stop()
		<-time.After(time.Hour)
		if bound.Err() != nil {
			t.Fatalf("the context has ended: %v", context.Cause(bound))
		}
		r.mu.Lock()
		r.last++ // it is another's
		r.mu.Unlock()
		<-bound.Done()
		if cause := context.Cause(bound); !errors.Is(cause, lock.ErrLost) {
			t.Errorf("the context ended by %v, want lock.ErrLost", cause)
		}
		if err := l.Release(t.Context()); !errors.Is(err, lock.ErrLost) {
			t.Errorf("Release = %v, want lock.ErrLost", err)
		}
	})
}

func TestBoundEndsByStopAndByItsContext(t *testing.T) {
	t.Parallel()
	k := lock.NewKeeper(&room{})
	l := acquire(t, k)
	defer func() { _ = l.Release(t.Context()) }()
	bound, stop := lock.Bound(t.Context(), l)
	stop()
	if !errors.Is(context.Cause(bound), context.Canceled) {
		t.Errorf("after stop: %v", context.Cause(bound))
	}
	cause := errors.New("no longer interested")
	ctx, cancel := context.WithCancelCause(t.Context())
	bound, stop = lock.Bound(ctx, l)
	defer stop()
	cancel(cause)
	if !errors.Is(context.Cause(bound), cause) {
		t.Errorf("after the end of its context: %v, want %v", context.Cause(bound), cause)
	}
}

func TestClosedKeeperGivesLocksUpAndTakesNone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := &room{}
		k := lock.NewKeeper(r)
		l := acquire(t, k)
		waiting := make(chan error)
		go func() {
			_, err := k.Acquire(t.Context(), "a", time.Second)
			waiting <- err
		}()
		<-time.After(time.Second)
		if err := k.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
		<-l.Lost()
		if r.taken {
			t.Error("others have to wait for the ttl of a lock that was given up")
		}
		if err := <-waiting; !errors.Is(err, lock.ErrStopped) {
			t.Errorf("who waited is told %v, want lock.ErrStopped", err)
		}
		if err := l.Release(t.Context()); !errors.Is(err, lock.ErrLost) {
			t.Errorf("Release = %v, want lock.ErrLost", err)
		}
	})
}

// brokenServer answers nothing but err.
type brokenServer struct{ err error }

func (b brokenServer) Take(context.Context, string, time.Duration) (lock.Lease, error) {
	return nil, b.err
}

func TestServerThatIsAwayIsToldAtOnce(t *testing.T) {
	t.Parallel()
	k := lock.NewKeeper(brokenServer{fmt.Errorf("dial: %w", lock.ErrUnavailable)})
	if l, err := k.Acquire(t.Context(), "a", time.Second); !errors.Is(err, lock.ErrUnavailable) || l != nil {
		t.Errorf("Acquire = %v, want lock.ErrUnavailable", err)
	}
}

func TestErrorsTellACallerWhenToComeBack(t *testing.T) {
	t.Parallel()
	for err, want := range map[error]time.Duration{lock.ErrHeld: time.Second, lock.ErrUnavailable: 5 * time.Second} {
		p := problem.From(fmt.Errorf("close: %w", err))
		if p.Code != problem.Unavailable || p.RetryAfter != want {
			t.Errorf("%v is %s after %v, want %v", err, p.Code.Name, p.RetryAfter, want)
		}
	}
}
