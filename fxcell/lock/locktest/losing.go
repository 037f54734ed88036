package locktest

import (
	"errors"

	"fxcell.dev/fxcell/internal/promise"
	"fxcell.dev/fxcell/lock"
)

func losingCases() []promise.Case[*kit] {
	return []promise.Case[*kit]{
		{Name: "a stalled holder loses the lock", Keep: stalledLoses},
		{Name: "a stalled holder does not release its successor's lock", Keep: stalledHarmsNobody},
		{Name: "a short stall loses nothing", Keep: shortStall},
		{Name: "a lock that its server forgets is lost", Keep: forgottenIsLost},
		{Name: "fences grow though the server forgets", Keep: fencesGrowAfterForgetting},
	}
}

// A resource that remembers the greatest fence refuses the holder that does not know yet.
func stalledLoses(k *kit) {
	l := k.acquire(k.Locker, "a", k.ttl)
	k.pause(k.ttl)
	resume := k.Stall()
	defer resume()
	k.isLost("while it is stalled", l, 3*k.ttl/2)
	next := k.acquire(k.Other, "a", never)
	if next.Fence() <= l.Fence() {
		k.Errorf("the successor's fence is %d, the stalled holder's %d", next.Fence(), l.Fence())
	}
	k.isOurs("the successor's", next)
}

func stalledHarmsNobody(k *kit) {
	l := k.acquire(k.Locker, "a", k.ttl)
	resume := k.Stall()
	k.isLost("while it is stalled", l, 3*k.ttl/2)
	next := k.acquire(k.Other, "a", k.ttl)
	resume()
	for range 2 {
		if err := l.Release(k.Outside); !errors.Is(err, lock.ErrLost) {
			k.Errorf("Release of a lost lock = %v, want lock.ErrLost", err)
		}
	}
	k.isHeld("right after the release of the stalled one", "a")
	k.pause(k.ttl)
	k.isHeld("after the release of the stalled one", "a")
	k.isOurs("after the release of the stalled one", next)
}

func shortStall(k *kit) {
	l := k.acquire(k.Locker, "a", 4*k.ttl)
	resume := k.Stall()
	k.pause(2 * k.ttl)
	resume()
	k.pause(4 * k.ttl)
	k.isOurs("after a stall of half its ttl", l)
	k.isHeld("after a stall of half its ttl", "a")
}

func (k *kit) forget(name string) {
	k.Helper()
	if err := k.Forget(k.Outside, name); err != nil {
		k.Fatalf("Forget = %v", err)
	}
}

func forgottenIsLost(k *kit) {
	l := k.acquire(k.Locker, "a", k.ttl)
	k.forget("a")
	k.isLost("after its server forgot it", l, k.ttl)
	k.take("after its server forgot it", k.Other, "a")
	if err := l.Release(k.Outside); !errors.Is(err, lock.ErrLost) {
		k.Errorf("Release of a lost lock = %v, want lock.ErrLost", err)
	}
	k.isHeld("after the release of the lost one", "a")
}

func fencesGrowAfterForgetting(k *kit) {
	last := int64(0)
	for i := range 6 {
		l := k.acquire([]lock.Locker{k.Locker, k.Other}[i%2], "a", never)
		if l.Fence() <= last {
			k.Errorf("fence %d after %d, want a greater one", l.Fence(), last)
		}
		last = l.Fence()
		k.forget("a")
	}
}
