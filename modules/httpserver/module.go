// Package httpserver serves the contracts' routes to the public, and health and the like to operators, each on a listener of its own. Everything
// that it answers by itself is a problem document; nothing that a caller sent stands in a log line but the ids that he may choose.
package httpserver

import (
	"net/http"

	"go.opentelemetry.io/otel"
	"go.uber.org/fx"
	"go.uber.org/zap"

	"fxcell.dev/fxcell/auth"
	"fxcell.dev/fxcell/config"
	"fxcell.dev/fxcell/contract"
	"fxcell.dev/fxcell/health"
)

// Module serves the group fxcell.routes on the public listener and the group fxcell.ops on the other, by the section httpserver. The public handler
// is the http.Handler named fxcell.public, which needs no socket.
var Module = fx.Module("modules/httpserver",
	config.Section[Config]("httpserver"),
	fx.Provide(provideSockets, fx.Private),
	fx.Provide(providePublic, provideListeners, provideCheck),
	fx.Invoke(run),
)

// provideSockets reads no group: listeners are members of one, and nothing that a member reaches may. The handlers come by run.
func provideSockets(c Config, logger *zap.Logger, end fx.Shutdowner) (*sockets, error) {
	return newSockets(c, logger, func(err error) {
		logger.Error("stops: a listener has failed", zap.Error(err))
		_ = end.Shutdown(fx.ExitCode(1)) // only fails when the app has stopped already
	})
}

type publicParams struct {
	fx.In

	Config Config
	Auth   auth.Authenticator
	Log    *zap.Logger
	Routes []contract.Route `group:"fxcell.routes"`
}

type publicResult struct {
	fx.Out

	Handler http.Handler `name:"fxcell.public"`
}

func providePublic(p publicParams) (publicResult, error) {
	h, err := NewHandler(p.Config, p.Routes, p.Auth, p.Log, otel.Tracer("fxcell.dev/modules/httpserver"))
	return publicResult{Handler: h}, err
}

type params struct {
	fx.In

	Sockets   *sockets
	Log       *zap.Logger
	Public    http.Handler      `name:"fxcell.public"`
	Endpoints []health.Endpoint `group:"fxcell.ops"`
}

func run(lc fx.Lifecycle, p params) error {
	ops, err := NewOps(p.Endpoints, p.Log)
	p.Sockets.public.handler, p.Sockets.ops.handler = p.Public, ops
	lc.Append(fx.StartStopHook(p.Sockets.ops.open, p.Sockets.ops.drain))
	return err
}
