package locktest

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"fxcell.dev/fxcell/durability"
	"fxcell.dev/fxcell/internal/promise"
	"fxcell.dev/fxcell/lock"
)

func holdingCases() []promise.Case[*kit] {
	return []promise.Case[*kit]{
		{Name: "the locker says what it keeps", Keep: statesItsGrade},
		{Name: "a name has one holder at a time", Keep: oneHolder},
		{Name: "names are not taken for one another", Keep: namesDiffer},
		{Name: "a later holder has a greater fence", Keep: fencesGrow},
		{Name: "a lock is kept as long as it is held", Keep: keptWhileHeld},
		{Name: "a lock outlives the context that it was acquired by", Keep: outlivesItsContext},
		{Name: "who waits gets the lock when it is released", Keep: waits},
		{Name: "waiting ends with its context", Keep: waitingEnds},
		{Name: "releasing again harms nobody", Keep: releasedTwice},
		{Name: "a release that comes late is one", Keep: releasedLate},
		{Name: "a released lock is not lost", Keep: releaseIsNoLoss},
		{Name: "what cannot be locked is refused", Keep: refuses},
		{Name: "many lock at a time", Keep: many},
	}
}

func statesItsGrade(k *kit) {
	if got := k.Locker.Durability(); got != durability.Volatile && got != durability.Persistent {
		k.Errorf("Durability = %v, want volatile or persistent", got)
	}
}

func oneHolder(k *kit) {
	l := k.acquire(k.Locker, "a", never)
	k.isHeld("while it is held", "a")
	k.release(l)
	l = k.take("after the release", k.Other, "a")
	k.isHeld("while the other holds it", "a")
	k.release(l)
	k.take("after the other's release", k.Locker, "a")
}

// names are names that are easily taken for one another.
func names() []string {
	return []string{
		"a", "A", "a ", "a/b", "a:b", "{a}", "}a{", "a}", "a%", "a_", "fence:a", "lock:a", "kéy with \" and ' and \\",
		strings.Repeat("n", lock.MaxName), strings.Repeat("n", lock.MaxName-1) + "m",
	}
}

func namesDiffer(k *kit) {
	for _, name := range names() {
		k.take("of another name than those that are held", k.Locker, name)
	}
	for _, name := range names() {
		k.isHeld("while it is held", name)
	}
}

func fencesGrow(k *kit) {
	last := int64(0)
	for i := range 6 {
		l := k.acquire([]lock.Locker{k.Locker, k.Other}[i%2], "a", never)
		if l.Fence() <= last {
			k.Errorf("fence %d after %d, want a greater one", l.Fence(), last)
		}
		if last = l.Fence(); last != l.Fence() {
			k.Error("the fence changes")
		}
		k.release(l)
	}
}

func keptWhileHeld(k *kit) {
	l := k.acquire(k.Locker, "a", k.ttl)
	fence := l.Fence()
	for range 8 {
		k.pause(k.ttl / 2)
		k.isHeld("after more than its ttl", "a")
		k.isOurs("after more than its ttl", l)
	}
	if l.Fence() != fence {
		k.Errorf("fence %d became %d", fence, l.Fence())
	}
	k.release(l)
	k.take("after the release", k.Other, "a")
}

func outlivesItsContext(k *kit) {
	ctx, cancel := context.WithCancel(k.Outside)
	l, err := k.Locker.Acquire(ctx, "a", k.ttl)
	if err != nil {
		cancel()
		k.Fatalf("Acquire = %v", err)
	}
	defer func() { _ = l.Release(k.Outside) }()
	cancel()
	k.pause(2 * k.ttl)
	k.isHeld("after the end of the context", "a")
	k.isOurs("after the end of the context", l)
}

func waits(k *kit) {
	l := k.acquire(k.Locker, "a", never)
	got := make(chan lock.Lock, 1)
	go func() {
		next, err := k.Other.Acquire(k.Outside, "a", never)
		if err != nil {
			k.Errorf("Acquire = %v", err)
		}
		got <- next
	}()
	k.pause(k.Quiet)
	select {
	case <-got:
		k.Fatal("Acquire did not wait for the holder")
	default:
	}
	k.release(l)
	if next := <-got; next != nil {
		if next.Fence() <= l.Fence() {
			k.Errorf("fence %d after %d, want a greater one", next.Fence(), l.Fence())
		}
		k.release(next)
	}
}

func waitingEnds(k *kit) {
	k.acquire(k.Locker, "a", never)
	cause := errors.New("no longer interested")
	ctx, cancel := context.WithCancelCause(k.Outside)
	timer := time.AfterFunc(k.Quiet, func() { cancel(cause) })
	defer timer.Stop()
	started := time.Now()
	if l, err := k.Other.Acquire(ctx, "a", never); !errors.Is(err, cause) || l != nil {
		k.Errorf("Acquire whose context ended = %v, want its cause", err)
	}
	if took := time.Since(started); took > k.Quiet+3*time.Second {
		k.Errorf("Acquire ended %v after its context", took-k.Quiet)
	}
	if l, err := k.Other.Acquire(ctx, "b", never); !errors.Is(err, cause) || l != nil {
		k.Errorf("Acquire of a free lock after its context = %v, want its cause", err)
	}
}

func releasedTwice(k *kit) {
	l := k.acquire(k.Locker, "a", never)
	k.release(l)
	k.release(l)
	next := k.acquire(k.Other, "a", never)
	k.release(l)
	k.isHeld("after the release of the one before", "a")
	k.isOurs("after the release of the one before", next)
}

// A defer often comes when its context has ended.
func releasedLate(k *kit) {
	l := k.acquire(k.Locker, "a", never)
	ctx, cancel := context.WithCancel(k.Outside)
	cancel()
	if err := l.Release(ctx); err != nil {
		k.Errorf("Release after the end of its context = %v", err)
	}
	k.take("after the release", k.Other, "a")
}

func releaseIsNoLoss(k *kit) {
	l := k.acquire(k.Locker, "a", k.ttl)
	k.release(l)
	k.pause(2 * k.ttl)
	k.isOurs("after the release", l)
}

func refuses(k *kit) {
	for what, c := range map[string]struct {
		name string
		ttl  time.Duration
	}{
		"no name": {"", never}, "a long name": {strings.Repeat("n", lock.MaxName+1), never}, "no UTF-8": {"a\xff", never},
		"a NUL": {"a\x00b", never}, "no ttl": {"a", 0}, "a short ttl": {"a", lock.MinTTL - 1}, "a negative ttl": {"a", -never},
	} {
		for _, acquire := range []func(context.Context, string, time.Duration) (lock.Lock, error){k.Locker.Acquire, k.Locker.TryAcquire} {
			if l, err := acquire(k.Outside, c.name, c.ttl); !errors.Is(err, lock.ErrInvalid) || l != nil {
				k.Errorf("%s: %v, want lock.ErrInvalid", what, err)
			}
		}
	}
	k.take("with the shortest ttl beside it", k.Locker, "a")
}

// crowd is how many lock at a time.
const crowd = 8

func many(k *kit) {
	var holders atomic.Int32
	var last int64 // guarded by the lock
	var all sync.WaitGroup
	for i := range crowd {
		all.Go(func() {
			for range 3 {
				l, err := []lock.Locker{k.Locker, k.Other}[i%2].Acquire(k.Outside, "a", never)
				if err != nil {
					k.Errorf("Acquire = %v", err)
					return
				}
				if n := holders.Add(1); n != 1 {
					k.Errorf("%d hold the lock", n)
				} else if l.Fence() <= last {
					k.Errorf("fence %d after %d, want a greater one", l.Fence(), last)
				} else {
					last = l.Fence()
				}
				k.pause(time.Millisecond)
				holders.Add(-1)
				k.release(l)
			}
		})
	}
	all.Wait()
}
