package postgres

import (
	"context"
	"errors"
	"os"
	"testing"
	"time"

	"fxcell.dev/fxcell/idempotency"
	"fxcell.dev/fxcell/idempotency/idempotencytest"
	"fxcell.dev/fxcell/lock"
	"fxcell.dev/fxcell/lock/locktest"
	"fxcell.dev/fxcell/ratelimit/ratelimittest"
	"fxcell.dev/fxcell/secret"
)

// leaseDatabase makes a database with the tables of leases, and returns its address.
func leaseDatabase(t *testing.T) string {
	t.Helper()
	server := logDatabase(t)
	step, err := os.ReadFile("../../migrations/fxcell/0003_claims_locks.up.sql")
	if err != nil {
		t.Fatal(err)
	}
	command(t, server, string(step))
	return server
}

// leasesOf opens connections of one more process on a database.
func leasesOf(t *testing.T, server string) *leasePool {
	t.Helper()
	p, err := newLeasePool(Config{DSN: secret.NewText(server)})
	if err != nil {
		t.Fatal(err)
	}
	if err := p.open(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.close(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	})
	return p
}

// forgetting deletes the row of a name.
func forgetting(p *leasePool, statement string) func(context.Context, string) error {
	return func(ctx context.Context, name string) error {
		_, err := p.change(ctx, statement, name)
		return err
	}
}

func TestLockerKeepsThePromisesOfThePort(t *testing.T) {
	t.Parallel()
	dsn(t)
	locktest.Run(t, func(t *testing.T) locktest.Subject {
		t.Helper()
		server := leaseDatabase(t)
		first, second := leasesOf(t, server), leasesOf(t, server)
		var gate locktest.Gate
		gated, plain := locker{lock.NewKeeper(gate.Around(lockLeases{first}))}, newLocker(second)
		t.Cleanup(func() {
			ctx := context.WithoutCancel(t.Context())
			if err := errors.Join(gated.Close(ctx), plain.Close(ctx)); err != nil {
				t.Error(err)
			}
		})
		return locktest.Subject{Locker: gated, Other: plain, Stall: gate.Shut, Forget: forgetting(second, `DELETE FROM fxcell.lock WHERE name = $1`)}
	}, locktest.Features{})
}

func TestClaimerKeepsThePromisesOfThePort(t *testing.T) {
	t.Parallel()
	dsn(t)
	idempotencytest.Run(t, func(t *testing.T) idempotencytest.Subject {
		t.Helper()
		server := leaseDatabase(t)
		second := leasesOf(t, server)
		return idempotencytest.Subject{
			Claimer: claimer{leasesOf(t, server)}, Other: claimer{second}, Forget: forgetting(second, `DELETE FROM fxcell.claim WHERE key = $1`),
		}
	}, idempotencytest.Features{})
}

func TestLimiterKeepsThePromisesOfThePort(t *testing.T) {
	t.Parallel()
	dsn(t)
	ratelimittest.Run(t, func(t *testing.T) ratelimittest.Subject {
		t.Helper()
		server := leaseDatabase(t)
		return ratelimittest.Subject{Limiter: limiter{leasesOf(t, server)}, Other: limiter{leasesOf(t, server)}}
	}, ratelimittest.Features{})
}

// A claim is no part of the transaction that it is made in: who undoes that has claimed all the same.
func TestLeasesAreInNoTransaction(t *testing.T) {
	t.Parallel()
	server := leaseDatabase(t)
	p := leasesOf(t, server)
	r := open(t, Config{DSN: secret.NewText(server)}, ids)
	undone := errors.New("undone")
	err := r.tx.InTx(t.Context(), func(ctx context.Context) error {
		if err := r.insert(ctx, 1); err != nil {
			return err
		}
		if _, err := (claimer{p}).Claim(ctx, "a", time.Minute); err != nil {
			return err
		}
		if _, err := (lockLeases{p}).Take(ctx, "a", time.Minute); err != nil {
			return err
		}
		return undone
	})
	if !errors.Is(err, undone) {
		t.Fatal(err)
	}
	if _, err := (claimer{p}).Claim(t.Context(), "a", time.Minute); !errors.Is(err, idempotency.ErrBusy) {
		t.Errorf("Claim after the rollback = %v, want idempotency.ErrBusy", err)
	}
	if _, err := (lockLeases{p}).Take(t.Context(), "a", time.Minute); !errors.Is(err, lock.ErrHeld) {
		t.Errorf("Take after the rollback = %v, want lock.ErrHeld", err)
	}
}

func TestSessionsThatEndDoNotLoseLocks(t *testing.T) {
	t.Parallel()
	server := leaseDatabase(t)
	p := leasesOf(t, server)
	l := newLocker(p)
	defer func() { _ = l.Close(t.Context()) }()
	held, err := l.Acquire(t.Context(), "a", 2*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	command(t, server, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'fxcell locks'`)
	timer := time.NewTimer(3 * time.Second)
	defer timer.Stop()
	select {
	case <-held.Lost():
		t.Error("the lock is lost with a connection")
	case <-timer.C:
	}
	if err := held.Release(t.Context()); err != nil {
		t.Errorf("Release = %v", err)
	}
}

func TestPurgeRemovesWhatHasEndedAndFencesGoOn(t *testing.T) {
	t.Parallel()
	p := leasesOf(t, leaseDatabase(t))
	c := claimer{p}
	claims := map[string]idempotency.Claim{}
	for _, key := range []string{"held", "done", "released"} {
		claim, err := c.Claim(t.Context(), key, time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		claims[key] = claim
	}
	if err := errors.Join(claims["done"].Complete(t.Context(), time.Minute), claims["released"].Release(t.Context())); err != nil {
		t.Fatal(err)
	}
	left := func() (n int) {
		if err := p.get(t.Context(), &n, `SELECT count(*) FROM fxcell.claim`); err != nil {
			t.Fatal(err)
		}
		return n
	}
	if err := p.purge(t.Context(), time.Hour); err != nil || left() != 3 {
		t.Errorf("purge = %v, %d rows are left, want all 3: none has ended so long ago", err, left())
	}
	if err := p.purge(t.Context(), 0); err != nil || left() != 2 {
		t.Errorf("purge = %v, %d rows are left, want 2: one has ended", err, left())
	}
	again, err := c.Claim(t.Context(), "released", time.Minute)
	if err != nil || again.Fence() <= claims["released"].Fence() {
		t.Errorf("Claim after the purge = %v, want a greater fence than %d", err, claims["released"].Fence())
	}
}

func TestPurgeEndsWithItsContext(t *testing.T) {
	t.Parallel()
	p := leasesOf(t, leaseDatabase(t))
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if err := p.keepSmall(ctx, 5*time.Millisecond); err != nil {
		t.Errorf("keepSmall = %v, want no failure at the end of its context", err)
	}
}

func TestLocksWithoutTheirTablesSayWhatToList(t *testing.T) {
	t.Parallel()
	server := logDatabase(t)
	command(t, server, `DROP TABLE IF EXISTS fxcell.lock`)
	p, err := newLeasePool(Config{DSN: secret.NewText(server)})
	if err != nil {
		t.Fatal(err)
	}
	wants(t, p.open(t.Context()), "postgres: open locks of", "list migrations.Module, or run the verb migrate up")
	if _, err := (claimer{p}).Claim(t.Context(), "a", time.Minute); !errors.Is(err, idempotency.ErrUnavailable) {
		t.Errorf("Claim before the start = %v, want idempotency.ErrUnavailable", err)
	}
}
