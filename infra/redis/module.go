// Package redis keeps claims, locks and limits on a Redis server, for processes that share no database or should not burden it.
package redis

import (
	"reflect"

	"go.uber.org/fx"
	"go.uber.org/zap"

	"fxcell.dev/fxcell/config"
	"fxcell.dev/fxcell/durability"
	"fxcell.dev/fxcell/health"
	"fxcell.dev/fxcell/idempotency"
	"fxcell.dev/fxcell/lock"
	"fxcell.dev/fxcell/ratelimit"
)

const module = "infra/redis"

// Module provides idempotency.Claimer, lock.Locker and ratelimit.Limiter by the section redis. An assembly lists it instead of postgres.Locks, and not beside it.
var Module = fx.Module(module,
	config.Section[Config]("redis"),
	fx.Provide(provideClient, fx.Private),
	fx.Provide(provideClaimer, provideLocker, provideLimiter),
)

func provideClient(cfg Config, log *zap.Logger, lc fx.Lifecycle) (*client, error) {
	c, err := newClient(cfg, log)
	if err != nil {
		return nil, err
	}
	lc.Append(fx.StartStopHook(c.open, c.close))
	return c, nil
}

// claimerResult is what the client shows to those who claim.
type claimerResult struct {
	fx.Out

	Claimer idempotency.Claimer
	Claim   durability.Claim `group:"fxcell.claims"`
	Check   health.Check     `group:"fxcell.checks"`
}

func provideClaimer(c *client) claimerResult {
	k := claimer{c}
	return claimerResult{Claimer: k, Claim: claimOf[idempotency.Claimer](k), Check: c.check()}
}

// lockerResult has no check: the claimer's covers the server.
type lockerResult struct {
	fx.Out

	Locker lock.Locker
	Claim  durability.Claim `group:"fxcell.claims"`
}

func provideLocker(c *client, lc fx.Lifecycle) lockerResult {
	l := newLocker(c)
	lc.Append(fx.StopHook(l.Close))
	return lockerResult{Locker: l, Claim: claimOf[lock.Locker](l)}
}

// limiterResult has no check, either.
type limiterResult struct {
	fx.Out

	Limiter ratelimit.Limiter
	Claim   durability.Claim `group:"fxcell.claims"`
}

func provideLimiter(c *client) limiterResult {
	l := limiter{c}
	return limiterResult{Limiter: l, Claim: claimOf[ratelimit.Limiter](l)}
}

func claimOf[T durability.Stated](port T) durability.Claim {
	return durability.Claim{Port: reflect.TypeFor[T]().String(), Module: module, Subject: port}
}
