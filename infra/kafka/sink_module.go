package kafka

import (
	"reflect"

	"go.uber.org/fx"

	"fxcell.dev/fxcell/durability"
	"fxcell.dev/fxcell/event"
	"fxcell.dev/fxcell/health"
)

// sink is what the relay publishes to.
var sink = fx.Options(fx.Provide(provideProducer, fx.Private), fx.Provide(provideSink))

func provideProducer(c *cluster, lc fx.Lifecycle) *producer {
	p := newSink(c)
	lc.Append(fx.StartStopHook(p.open, p.close))
	return p
}

type sinkResult struct {
	fx.Out

	Sink  event.Sink
	Claim durability.Claim `group:"fxcell.claims"`
	Check health.Check     `group:"fxcell.checks"`
}

func provideSink(p *producer) sinkResult {
	return sinkResult{
		Sink: p, Check: p.check(),
		Claim: durability.Claim{Port: reflect.TypeFor[event.Sink]().String(), Module: module, Subject: p},
	}
}
