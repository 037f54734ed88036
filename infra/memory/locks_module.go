package memory

import (
	"go.uber.org/fx"

	"fxcell.dev/fxcell/idempotency"
	"fxcell.dev/fxcell/lock"
)

// locks are claims and locks.
var locks = fx.Options(fx.Provide(newClaimer, newLocker, fx.Private), fx.Provide(provideClaimer, provideLocker))

func provideClaimer(c claimer) result[idempotency.Claimer] {
	return show[idempotency.Claimer](c, c.check("claims", "keys"))
}

func provideLocker(l *locker, lc fx.Lifecycle) result[lock.Locker] {
	lc.Append(fx.StopHook(l.Close))
	return show[lock.Locker](l, l.leases.check("locks", "locks"))
}
