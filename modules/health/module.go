// Package health tells operators, and the machines that act for them, how an app is: /healthz says that the process lives, /startupz that it has
// started, /readyz that it can do its work. The answers are those of the checks in the group fxcell.checks.
package health

import (
	"context"

	"go.uber.org/fx"
	"go.uber.org/zap"

	"fxcell.dev/fxcell/config"
	port "fxcell.dev/fxcell/health"
	"fxcell.dev/fxcell/inspect"
)

// Module gives the ops listener its health endpoints, by the section health.
var Module = fx.Module("modules/health",
	config.Section[Config]("health"),
	fx.Provide(provideChecker, fx.Private),
	fx.Provide(provideEndpoints, provideLast),
	fx.Invoke(run),
)

func provideChecker(c Config, log *zap.Logger) (*Checker, error) { return New(c, log) }

// endpointsResult is fed into the group that the HTTP server reads, so nothing that it reaches may read a group: the checks come by run.
type endpointsResult struct {
	fx.Out

	Endpoints []port.Endpoint `group:"fxcell.ops,flatten"`
}

func provideEndpoints(c *Checker) endpointsResult { return endpointsResult{Endpoints: c.Endpoints()} }

// lastResult has no listener. The assembly asks for listeners when every module is wired: the hook that is added then starts after all others, when
// the app is ready, and stops before them, when it no longer is. Where this module stands in the list makes no difference.
type lastResult struct {
	fx.Out

	Listeners []inspect.Listener `group:"fxcell.listeners,flatten"`
}

func provideLast(lc fx.Lifecycle, c *Checker) lastResult {
	lc.Append(fx.StartStopHook(c.Ready, c.Drain))
	return lastResult{}
}

type params struct {
	fx.In

	Checker *Checker
	Checks  []port.Check `group:"fxcell.checks"`
}

func run(lc fx.Lifecycle, p params) error {
	lc.Append(fx.StopHook(func(ctx context.Context) error { return p.Checker.Stop(ctx) }))
	return p.Checker.Watch(p.Checks)
}
