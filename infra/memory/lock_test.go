package memory

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"fxcell.dev/fxcell/idempotency"
	"fxcell.dev/fxcell/idempotency/idempotencytest"
	"fxcell.dev/fxcell/lock"
	"fxcell.dev/fxcell/lock/locktest"
)

func TestLockerKeepsThePromisesOfThePort(t *testing.T) {
	t.Parallel()
	locktest.Run(t, func(t *testing.T) locktest.Subject {
		t.Helper()
		made, err := newLocker(Config{})
		if err != nil {
			t.Fatal(err)
		}
		var gate locktest.Gate
		gated := &locker{lock.NewKeeper(gate.Around(made.leases)), made.leases}
		t.Cleanup(func() {
			for _, l := range []*locker{gated, made} {
				if err := l.Close(context.WithoutCancel(t.Context())); err != nil {
					t.Error(err)
				}
			}
		})
		return locktest.Subject{Locker: gated, Other: made, Stall: gate.Shut, Forget: forget(made.leases.leases)}
	}, locktest.Features{Bubble: true})
}

func TestClaimerKeepsThePromisesOfThePort(t *testing.T) {
	t.Parallel()
	idempotencytest.Run(t, func(t *testing.T) idempotencytest.Subject {
		t.Helper()
		c, err := newClaimer(Config{})
		if err != nil {
			t.Fatal(err)
		}
		return idempotencytest.Subject{Claimer: c, Other: c, Forget: forget(c.leases)}
	}, idempotencytest.Features{Bubble: true})
}

func forget(l *leases) func(context.Context, string) error {
	return func(_ context.Context, key string) error {
		l.drop(key)
		return nil
	}
}

func TestFullTablesRefuseAndEndedRowsMakeRoom(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cfg := Config{ClaimCapacity: 2, LockCapacity: 2}
		c, err := newClaimer(cfg)
		if err != nil {
			t.Fatal(err)
		}
		l, err := newLocker(cfg)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = l.Close(t.Context()) }()
		for i := range 2 {
			if _, err := c.Claim(t.Context(), fmt.Sprint(i), time.Second); err != nil {
				t.Fatal(err)
			}
			if _, err := l.TryAcquire(t.Context(), fmt.Sprint(i), time.Second); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := c.Claim(t.Context(), "more", time.Second); !errors.Is(err, idempotency.ErrUnavailable) {
			t.Errorf("a claim too many = %v, want idempotency.ErrUnavailable", err)
		}
		if _, err := l.TryAcquire(t.Context(), "more", time.Second); !errors.Is(err, lock.ErrUnavailable) {
			t.Errorf("a lock too many = %v, want lock.ErrUnavailable", err)
		}
		for name, check := range map[string]error{
			"claims": c.check("claims", "keys").Probe(t.Context()), "locks": l.leases.check("locks", "locks").Probe(t.Context()),
		} {
			if check == nil {
				t.Errorf("the check of full %s finds nothing wrong", name)
			}
		}
		<-time.After(2 * time.Second) // in the bubble: the claims end, the locks are renewed
		if _, err := c.Claim(t.Context(), "more", time.Second); err != nil {
			t.Errorf("Claim after others have ended = %v", err)
		}
		if _, err := l.TryAcquire(t.Context(), "more", time.Second); !errors.Is(err, lock.ErrUnavailable) {
			t.Errorf("a lock beside those that are renewed = %v, want lock.ErrUnavailable", err)
		}
	})
}

// What is held by whom is what a plain map says, whatever comes in which order.
func TestLeasesAreWhatAPlainMapSays(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		l := newLeases(4)
		held := map[string]int64{}
		last := int64(0)
		for range rapid.IntRange(1, 60).Draw(rt, "steps") {
			key := rapid.SampledFrom([]string{"a", "b", "c", "d", "e", "f"}).Draw(rt, "key")
			switch rapid.IntRange(0, 2).Draw(rt, "step") {
			case 0:
				fence, taken, err := l.take(key, time.Hour)
				_, was := held[key]
				if was != (taken != nil) || !was && (len(held) == 4) != (err != nil) {
					rt.Fatalf("take = %d, %v, %v with %v held", fence, taken, err, held)
				}
				if !was && err == nil {
					if fence <= last {
						rt.Fatalf("fence %d after %d", fence, last)
					}
					held[key], last = fence, fence
				}
			case 1:
				fence, was := held[key]
				if got := l.change(key, fence, func(r *leaseRow) { l.end(r, 0) }); got != was {
					rt.Fatalf("ending %q = %v, want %v", key, got, was)
				}
				delete(held, key)
			default:
				fence, was := held[key]
				longer := time.Duration(rapid.IntRange(1, 9).Draw(rt, "hours")) * time.Hour
				if l.change(key, fence+1, func(*leaseRow) {}) || l.change(key, fence, func(r *leaseRow) { l.end(r, longer) }) != was {
					rt.Fatalf("extending %q, which is held: %v", key, was)
				}
			}
			if len(l.rows) != len(held) || len(l.ends) != len(held) {
				rt.Fatalf("%d rows and %d ends, want %d", len(l.rows), len(l.ends), len(held))
			}
		}
	})
}
