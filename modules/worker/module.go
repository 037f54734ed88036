// Package worker runs the workers in the group fxcell.workers, from the app's start to its stop: it restarts those that fail, and ends the process
// when an essential one keeps failing. What a worker is promised stands at the port, fxcell/worker.
package worker

import (
	"go.uber.org/fx"
	"go.uber.org/zap"

	"fxcell.dev/fxcell/config"
	"fxcell.dev/fxcell/health"
	port "fxcell.dev/fxcell/worker"
)

// Module runs the app's workers, by the section worker.
var Module = fx.Module("modules/worker",
	config.Section[Config]("worker"),
	fx.Provide(provideSupervisor, fx.Private),
	fx.Provide(provideCheck),
	fx.Invoke(run),
)

func provideSupervisor(c Config, log *zap.Logger, process fx.Shutdowner) (*Supervisor, error) {
	return New(c, log, func() {
		_ = process.Shutdown(fx.ExitCode(1)) // only fails when a signal has ended the process already
	})
}

// checkResult is fed into a group, so nothing that it reaches may read one: the workers come by run.
type checkResult struct {
	fx.Out

	Check health.Check `group:"fxcell.checks"`
}

func provideCheck(s *Supervisor) checkResult { return checkResult{Check: s.Check()} }

type params struct {
	fx.In

	Supervisor *Supervisor
	Workers    []port.Worker `group:"fxcell.workers"`
}

func run(lc fx.Lifecycle, p params) error {
	lc.Append(fx.StartStopHook(p.Supervisor.Start, p.Supervisor.Stop))
	return p.Supervisor.Supervise(p.Workers)
}
