package postgres

import (
	"slices"
	"testing"
	"time"

	"go.uber.org/fx"
	"go.uber.org/zap"

	"fxcell.dev/fxcell"
	"fxcell.dev/fxcell/config"
	"fxcell.dev/fxcell/durability"
	"fxcell.dev/fxcell/fxcelltest"
	"fxcell.dev/fxcell/health"
	"fxcell.dev/fxcell/idempotency"
	"fxcell.dev/fxcell/lock"
	"fxcell.dev/fxcell/ratelimit"
	"fxcell.dev/fxcell/secret"
	"fxcell.dev/fxcell/worker"
)

type shownLocks struct {
	fx.In

	Claimer idempotency.Claimer
	Locker  lock.Locker
	Limiter ratelimit.Limiter
	Checks  []health.Check  `group:"fxcell.checks"`
	Workers []worker.Worker `group:"fxcell.workers"`
}

func TestDurableAssemblyTakesClaimsAndLocksBesideTheModule(t *testing.T) {
	t.Parallel()
	cfg := Config{DSN: secret.NewText(leaseDatabase(t)), MaxConns: 2, MaxIdleConns: 2}
	var in shownLocks
	fxcelltest.New(t,
		fxcell.Assembly("shop", durability.Durable, Module, Locks, fx.Provide(zap.NewNop), fx.Provide(func() config.Source { return said{cfg} })),
		fx.Invoke(func(s shownLocks) { in = s }))
	l, err := in.Locker.Acquire(t.Context(), "job", time.Second)
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Release(t.Context()); err != nil {
		t.Error(err)
	}
	if _, err := in.Claimer.Claim(t.Context(), "job", time.Second); err != nil {
		t.Error(err)
	}
	if n, err := in.Limiter.Take(t.Context(), "account", ratelimit.Policy{Limit: 1, Window: time.Hour}); n != 1 || err != nil {
		t.Errorf("Take = %d, %v, want 1", n, err)
	}
	i := slices.IndexFunc(in.Checks, func(c health.Check) bool { return c.Name == "infra/postgres/locks" })
	if i < 0 || in.Checks[i].Critical || in.Checks[i].Probe(t.Context()) != nil {
		t.Errorf("checks %+v, want a healthy one of the locks that is not critical", in.Checks)
	}
	if !slices.ContainsFunc(in.Workers, func(w worker.Worker) bool { return w.Name == "infra/postgres/locks-purge" }) {
		t.Errorf("workers %+v, want one that purges", in.Workers)
	}
}
