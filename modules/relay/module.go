// Package relay publishes what is committed to the outbox log: it reads the log as one reader and hands every event to an event.Sink, in order per
// key, many at a time, and moves its position behind what the sink has acknowledged.
package relay

import (
	"go.uber.org/fx"
	"go.uber.org/zap"

	"fxcell.dev/fxcell/clock"
	"fxcell.dev/fxcell/config"
	"fxcell.dev/fxcell/db"
	"fxcell.dev/fxcell/event"
	"fxcell.dev/fxcell/health"
	"fxcell.dev/fxcell/outbox"
)

// Module publishes the log by the section relay. An assembly lists it with a broker, in place of modules/logsource.
var Module = fx.Module(name,
	config.Section[Config]("relay"),
	fx.Provide(provideRelay, fx.Private),
	fx.Provide(provideCheck),
	fx.Invoke(run),
)

type params struct {
	fx.In

	Config  Config
	Logger  *zap.Logger
	Clock   clock.Clock
	Log     outbox.Log
	Sink    event.Sink
	Parking event.Parking
	Tx      db.Transactor
}

func provideRelay(p params) (*Relay, error) {
	return New(p.Config, Ports{p.Log, p.Sink, p.Parking, p.Tx, p.Logger, p.Clock})
}

type checkResult struct {
	fx.Out

	Check health.Check `group:"fxcell.checks"`
}

func provideCheck(r *Relay) checkResult { return checkResult{Check: r.check()} }

func run(lc fx.Lifecycle, r *Relay) { lc.Append(fx.StartStopHook(r.Start, r.Stop)) }
