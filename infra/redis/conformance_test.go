package redis

import (
	"context"
	"errors"
	"testing"
	"time"

	goredis "github.com/redis/go-redis/v9"
	"go.uber.org/zap"

	"fxcell.dev/fxcell/idempotency/idempotencytest"
	"fxcell.dev/fxcell/lock"
	"fxcell.dev/fxcell/lock/locktest"
	"fxcell.dev/fxcell/ratelimit/ratelimittest"
)

// lockers returns two lockers of two processes on one server, the first behind a gate.
func lockers(t *testing.T, cfg Config) locktest.Subject {
	t.Helper()
	first := open(t, cfg)
	cfg.Prefix = first.cfg.Prefix
	second := open(t, cfg)
	var gate locktest.Gate
	s := locktest.Subject{
		Locker: locker{lock.NewKeeper(gate.Around(leases{first}))}, Other: newLocker(second), Stall: gate.Shut,
		Forget: func(ctx context.Context, name string) error {
			for _, key := range (leases{second}).keys(name) {
				if err := raw(t, second).Del(ctx, key).Err(); err != nil {
					return err
				}
			}
			return nil
		},
	}
	t.Cleanup(func() {
		for _, l := range []lock.Locker{s.Locker, s.Other} {
			if l, ok := l.(locker); ok {
				isErr(t, "Close", l.Close(context.Background()), nil)
			}
		}
	})
	return s
}

func claimers(t *testing.T, cfg Config) idempotencytest.Subject {
	t.Helper()
	first := open(t, cfg)
	cfg.Prefix = first.cfg.Prefix
	second := open(t, cfg)
	return idempotencytest.Subject{
		Claimer: claimer{first}, Other: claimer{second},
		Forget: func(ctx context.Context, key string) error {
			return raw(t, second).Del(ctx, second.cfg.Prefix+"claim:"+key).Err()
		},
	}
}

func TestLockerKeepsThePromisesOfThePort(t *testing.T) {
	t.Parallel()
	open(t, Config{})
	locktest.Run(t, func(t *testing.T) locktest.Subject {
		t.Helper()
		return lockers(t, Config{})
	}, locktest.Features{})
}

func TestClaimerKeepsThePromisesOfThePort(t *testing.T) {
	t.Parallel()
	open(t, Config{})
	idempotencytest.Run(t, func(t *testing.T) idempotencytest.Subject {
		t.Helper()
		return claimers(t, Config{})
	}, idempotencytest.Features{})
}

func limiters(t *testing.T, cfg Config) ratelimittest.Subject {
	t.Helper()
	first := open(t, cfg)
	cfg.Prefix = first.cfg.Prefix
	return ratelimittest.Subject{Limiter: limiter{first}, Other: limiter{open(t, cfg)}}
}

func TestLimiterKeepsThePromisesOfThePort(t *testing.T) {
	t.Parallel()
	open(t, Config{})
	ratelimittest.Run(t, func(t *testing.T) ratelimittest.Subject {
		t.Helper()
		return limiters(t, Config{})
	}, ratelimittest.Features{})
}

// A cluster refuses scripts whose keys stand on several nodes: names and keys with braces are among those of the suites.
func TestPortsKeepTheirPromisesOnACluster(t *testing.T) {
	t.Parallel()
	s := serve(t, "--cluster-enabled", "yes", "--cluster-require-full-coverage", "no")
	plain := goredis.NewClient(&goredis.Options{Addr: s.addr})
	if err := errors.Join(plain.Do(t.Context(), "CLUSTER", "ADDSLOTSRANGE", 0, 16383).Err(), plain.Close()); err != nil {
		t.Fatal(err)
	}
	cfg := Config{Addrs: []string{s.addr}, Cluster: true}
	eventually(t, "the nodes are a cluster", func() bool {
		c, err := newClient(cfg, zap.NewNop())
		return err == nil && c.open(t.Context()) == nil && c.close(t.Context()) == nil
	})
	t.Run("locks", func(t *testing.T) {
		t.Parallel()
		locktest.Run(t, func(t *testing.T) locktest.Subject {
			t.Helper()
			return lockers(t, cfg)
		}, locktest.Features{TTL: 300 * time.Millisecond})
	})
	t.Run("claims", func(t *testing.T) {
		t.Parallel()
		idempotencytest.Run(t, func(t *testing.T) idempotencytest.Subject {
			t.Helper()
			return claimers(t, cfg)
		}, idempotencytest.Features{Lease: 150 * time.Millisecond})
	})
	t.Run("limits", func(t *testing.T) {
		t.Parallel()
		ratelimittest.Run(t, func(t *testing.T) ratelimittest.Subject {
			t.Helper()
			return limiters(t, cfg)
		}, ratelimittest.Features{Window: 250 * time.Millisecond})
	})
}
