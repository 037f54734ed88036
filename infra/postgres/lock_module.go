package postgres

import (
	"reflect"

	"go.uber.org/fx"

	"fxcell.dev/fxcell/db"
	"fxcell.dev/fxcell/durability"
	"fxcell.dev/fxcell/health"
	"fxcell.dev/fxcell/idempotency"
	"fxcell.dev/fxcell/lock"
	"fxcell.dev/fxcell/ratelimit"
	"fxcell.dev/fxcell/worker"
)

const locksModule = module + "/locks"

// Locks provides idempotency.Claimer, lock.Locker and ratelimit.Limiter on the server of the section postgres, and the worker that removes what has ended.
// An assembly lists it beside Module, unless it lists another module that provides them, such as infra/redis.Module.
var Locks = fx.Module(locksModule,
	fx.Provide(provideLeases, fx.Private),
	fx.Provide(provideClaimer, provideLocker, provideLimiter),
)

// provideLeases takes the transactor for what it opens before: the schema.
func provideLeases(cfg Config, _ db.Transactor, lc fx.Lifecycle) (*leasePool, error) {
	p, err := newLeasePool(cfg)
	if err != nil {
		return nil, err
	}
	lc.Append(fx.StartStopHook(p.open, p.close))
	return p, nil
}

// claimerResult is what the leases show to those who claim, and to operators.
type claimerResult struct {
	fx.Out

	Claimer idempotency.Claimer
	Claim   durability.Claim `group:"fxcell.claims"`
	Check   health.Check     `group:"fxcell.checks"`
	Worker  worker.Worker    `group:"fxcell.workers"`
}

func provideClaimer(p *leasePool) claimerResult {
	c := claimer{p}
	return claimerResult{Claimer: c, Claim: claimOfLocks[idempotency.Claimer](c), Check: p.check(), Worker: p.worker()}
}

// lockerResult has no check: the claimer's covers the connections.
type lockerResult struct {
	fx.Out

	Locker lock.Locker
	Claim  durability.Claim `group:"fxcell.claims"`
}

func provideLocker(p *leasePool, lc fx.Lifecycle) lockerResult {
	l := newLocker(p)
	lc.Append(fx.StopHook(l.Close))
	return lockerResult{Locker: l, Claim: claimOfLocks[lock.Locker](l)}
}

// limiterResult has no check, either.
type limiterResult struct {
	fx.Out

	Limiter ratelimit.Limiter
	Claim   durability.Claim `group:"fxcell.claims"`
}

func provideLimiter(p *leasePool) limiterResult {
	l := limiter{p}
	return limiterResult{Limiter: l, Claim: claimOfLocks[ratelimit.Limiter](l)}
}

func claimOfLocks[T durability.Stated](port T) durability.Claim {
	return durability.Claim{Port: reflect.TypeFor[T]().String(), Module: locksModule, Subject: port}
}
