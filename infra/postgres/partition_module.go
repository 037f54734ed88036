package postgres

import (
	"go.uber.org/fx"

	"fxcell.dev/fxcell/health"
	"fxcell.dev/fxcell/worker"
)

// partitions keeps the log in shape.
var partitions = fx.Options(fx.Provide(newUpkeep, fx.Private), fx.Provide(provideUpkeep))

type upkeepResult struct {
	fx.Out

	Worker worker.Worker `group:"fxcell.workers"`
	Check  health.Check  `group:"fxcell.checks"`
}

func provideUpkeep(u *upkeep) upkeepResult { return upkeepResult{Worker: u.worker(), Check: u.check()} }
