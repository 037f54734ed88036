package redis

import (
	"errors"
	"testing"
	"time"

	"fxcell.dev/fxcell/idempotency"
	"fxcell.dev/fxcell/lock"
)

const ttl = 900 * time.Millisecond

// flush removes all that a server knows, scripts included.
func flush(t *testing.T, c *client) {
	t.Helper()
	for _, command := range []string{"FLUSHALL", "SCRIPT FLUSH"} {
		args := []any{command}
		if command == "SCRIPT FLUSH" {
			args = []any{"SCRIPT", "FLUSH"}
		}
		if err := raw(t, c).Do(t.Context(), args...).Err(); err != nil {
			t.Fatal(err)
		}
	}
}

// acquire fails the test unless it gets the lock within the time of a restart.
func acquire(t *testing.T, l lock.Locker, name string) lock.Lock {
	t.Helper()
	var got lock.Lock
	eventually(t, "the lock is acquired", func() (ok bool) {
		var err error
		got, err = l.TryAcquire(t.Context(), name, ttl)
		return err == nil
	})
	return got
}

func TestFlushedLocksAreLostAndFencesGoOn(t *testing.T) {
	t.Parallel()
	s := serve(t)
	subject := lockers(t, Config{Addrs: []string{s.addr}})
	held := acquire(t, subject.Locker, "job")
	flush(t, open(t, Config{Addrs: []string{s.addr}}))
	next := acquire(t, subject.Other, "job")
	if next.Fence() <= held.Fence() {
		t.Errorf("fence %d after FLUSHALL, %d before: it went back", next.Fence(), held.Fence())
	}
	took := within(t, "the first holder is told", ttl, held.Lost())
	t.Logf("fence %d, after FLUSHALL %d; the holder was told after %v", held.Fence(), next.Fence(), took.Round(time.Millisecond))
	isErr(t, "Release of the flushed lock", held.Release(t.Context()), lock.ErrLost)
	isErr(t, "Release of its successor", next.Release(t.Context()), nil)
}

func TestKilledServerLosesLocksWithinTheirTTL(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		args    []string
		restart bool
		kept    bool
	}{
		"and does not come back":        {},
		"and comes back without memory": {restart: true},
		"and comes back with its file":  {args: []string{"--appendonly", "yes", "--appendfsync", "always"}, restart: true, kept: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, c.args...)
			subject := lockers(t, Config{Addrs: []string{s.addr}, Timeout: 200 * time.Millisecond})
			held := acquire(t, subject.Locker, "job")
			s.kill()
			if l, err := subject.Other.TryAcquire(t.Context(), "job", ttl); !errors.Is(err, lock.ErrUnavailable) || l != nil {
				t.Errorf("TryAcquire without a server = %v, want lock.ErrUnavailable", err)
			}
			if c.restart {
				s.start()
			}
			if c.kept {
				timer := time.NewTimer(2 * ttl)
				defer timer.Stop()
				select {
				case <-held.Lost():
					t.Error("the lock is lost, though its server came back with it")
				case <-timer.C:
				}
				isErr(t, "Release", held.Release(t.Context()), nil)
				return
			}
			took := within(t, "the holder is told", ttl+ttl/3, held.Lost())
			t.Logf("the holder was told after %v", took.Round(time.Millisecond))
			if c.restart {
				if next := acquire(t, subject.Other, "job"); next.Fence() <= held.Fence() {
					t.Errorf("fence %d after the restart, %d before: it went back", next.Fence(), held.Fence())
				}
			}
		})
	}
}

// A stalled holder whose lease ran out cannot finish its effect: what checks fences refuses it.
func TestStalledHolderIsFencedOff(t *testing.T) {
	t.Parallel()
	c := open(t, Config{})
	k := claimer{c}
	stalled, err := k.Claim(t.Context(), "payment-17", 300*time.Millisecond)
	isErr(t, "Claim", err, nil)
	seen := int64(0) // what the resource remembers
	effect := func(fence int64) error {
		if fence < seen {
			return errors.New("an older holder")
		}
		seen = fence
		return nil
	}
	var next idempotency.Claim
	eventually(t, "the lease runs out", func() bool { // while its holder stands still
		next, err = k.Claim(t.Context(), "payment-17", time.Minute)
		return err == nil
	})
	isErr(t, "the effect of the successor", effect(next.Fence()), nil)
	if err := effect(stalled.Fence()); err == nil {
		t.Error("the stalled holder did its effect")
	}
	isErr(t, "Complete by the stalled holder", stalled.Complete(t.Context(), time.Minute), idempotency.ErrLost)
	isErr(t, "Complete by its successor", next.Complete(t.Context(), time.Minute), nil)
	t.Logf("stalled: fence %d, its successor: fence %d", stalled.Fence(), next.Fence())
}

func TestClaimsWithoutAServerAreUnavailableAndGoOnWithIt(t *testing.T) {
	t.Parallel()
	s := serve(t, "--appendonly", "yes", "--appendfsync", "always")
	c := open(t, Config{Addrs: []string{s.addr}, Timeout: 200 * time.Millisecond})
	k := claimer{c}
	claim, err := k.Claim(t.Context(), "a", time.Minute)
	isErr(t, "Claim", err, nil)
	s.kill()
	_, err = k.Claim(t.Context(), "b", time.Minute)
	isErr(t, "Claim without a server", err, idempotency.ErrUnavailable)
	isErr(t, "Complete without a server", claim.Complete(t.Context(), time.Minute), idempotency.ErrUnavailable)
	if c.check().Probe(t.Context()) == nil || c.check().Critical {
		t.Error("the check finds nothing wrong without a server, or is critical")
	}
	s.start()
	eventually(t, "the claim is completed", func() bool { return claim.Complete(t.Context(), time.Minute) == nil })
	_, err = k.Claim(t.Context(), "a", time.Minute)
	isErr(t, "Claim of what is done", err, idempotency.ErrDone)
	isErr(t, "the check", c.check().Probe(t.Context()), nil)
	flush(t, c)
	again, err := k.Claim(t.Context(), "a", time.Minute)
	isErr(t, "Claim after FLUSHALL", err, nil)
	if again.Fence() <= claim.Fence() {
		t.Errorf("fence %d after FLUSHALL, %d before: it went back", again.Fence(), claim.Fence())
	}
}

// The clock of the server may go back a little: the fence that it remembers does not.
func TestFencesGrowThoughTheClockGoesBack(t *testing.T) {
	t.Parallel()
	c := open(t, Config{})
	ahead := time.Now().Add(time.Hour).UnixMicro()
	on := raw(t, c)
	if err := errors.Join(
		on.HSet(t.Context(), c.cfg.Prefix+"claim:a", "fence", ahead).Err(),
		on.Set(t.Context(), (leases{c}).keys("a")[1], ahead, 0).Err(),
	); err != nil {
		t.Fatal(err)
	}
	claim, err := claimer{c}.Claim(t.Context(), "a", time.Second)
	isErr(t, "Claim", err, nil)
	lease, err := leases{c}.Take(t.Context(), "a", time.Second)
	isErr(t, "Take", err, nil)
	if claim.Fence() != ahead+1 || lease.Fence() != ahead+1 {
		t.Errorf("fences %d and %d, want %d", claim.Fence(), lease.Fence(), ahead+1)
	}
}

// An answer that was lost is asked for again by the driver, with the same token.
func TestAskingAgainGivesTheSameClaim(t *testing.T) {
	t.Parallel()
	c := open(t, Config{})
	k := &claim{client: c, key: c.cfg.Prefix + "claim:a", token: "token"}
	first, err := takeClaim.Run(t.Context(), raw(t, c), []string{k.key}, k.args(time.Minute)...).Text()
	isErr(t, "the claim", err, nil)
	second, err := takeClaim.Run(t.Context(), raw(t, c), []string{k.key}, k.args(time.Minute)...).Text()
	isErr(t, "the claim again", err, nil)
	if first != second || first == "busy" {
		t.Errorf("first %q, again %q", first, second)
	}
	k.giveBack(t.Context(), raw(t, c))
	_, err = claimer{c}.Claim(t.Context(), "a", time.Minute)
	isErr(t, "Claim after it was given back", err, nil)
}
