package memory

import (
	"go.uber.org/fx"

	"fxcell.dev/fxcell/idempotency"
	"fxcell.dev/fxcell/lock"
	"fxcell.dev/fxcell/ratelimit"
)

// locks are claims, locks and limits.
var locks = fx.Options(fx.Provide(newClaimer, newLocker, newLimiter, fx.Private), fx.Provide(provideClaimer, provideLocker, provideLimiter))

func provideClaimer(c claimer) result[idempotency.Claimer] {
	return show[idempotency.Claimer](c, c.check("claims", "keys"))
}

func provideLocker(l *locker, lc fx.Lifecycle) result[lock.Locker] {
	lc.Append(fx.StopHook(l.Close))
	return show[lock.Locker](l, l.leases.check("locks", "locks"))
}

func provideLimiter(l limiter) result[ratelimit.Limiter] {
	return show[ratelimit.Limiter](l, l.check("attempts", "keys"))
}
