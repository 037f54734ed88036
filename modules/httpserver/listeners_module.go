package httpserver

import (
	"go.uber.org/fx"

	"fxcell.dev/fxcell/health"
	"fxcell.dev/fxcell/inspect"
)

type checkResult struct {
	fx.Out

	Check health.Check `group:"fxcell.checks"`
}

// provideCheck makes the app not ready as soon as the public listener stops to accept requests.
func provideCheck(s *sockets) checkResult {
	return checkResult{Check: health.Check{Name: "modules/httpserver", Critical: true, Probe: s.public.probe}}
}

type listenersResult struct {
	fx.Out

	Listeners []inspect.Listener `group:"fxcell.listeners,flatten"`
}

// provideListeners opens the public listener last and drains it first, wherever this module stands in the list: the assembly asks for listeners when
// every other module has added its hooks.
func provideListeners(lc fx.Lifecycle, s *sockets) listenersResult {
	lc.Append(fx.StartStopHook(s.public.open, s.public.drain))
	return listenersResult{Listeners: s.listeners()}
}
