// Package consumer runs every subscription of an app: it reads events from an event.Source and calls the slices' handlers, in order per key, many
// keys at once. An effect in the database is exactly once; what keeps failing is tried again, then parked.
package consumer

import (
	"go.uber.org/fx"
	"go.uber.org/zap"

	"fxcell.dev/fxcell/clock"
	"fxcell.dev/fxcell/config"
	"fxcell.dev/fxcell/contract"
	"fxcell.dev/fxcell/db"
	"fxcell.dev/fxcell/event"
	"fxcell.dev/fxcell/health"
)

// Module runs the group fxcell.subscriptions by the section consumer.
var Module = fx.Module("modules/consumer",
	config.Section[Config]("consumer"),
	fx.Provide(newWatch, provideConsumer, fx.Private),
	fx.Provide(provideCheck),
	fx.Invoke(run),
)

type params struct {
	fx.In

	Config        Config
	Logger        *zap.Logger
	Clock         clock.Clock
	Source        event.Source
	Inbox         event.Inbox
	Parking       event.Parking
	Tx            db.Transactor
	Watch         *watch
	Subscriptions []contract.Subscription `group:"fxcell.subscriptions"`
}

func provideConsumer(p params) (*Consumer, error) {
	c, err := New(p.Config, p.Subscriptions, Ports{p.Source, p.Inbox, p.Parking, p.Tx, p.Logger, p.Clock})
	if err != nil {
		return nil, err
	}
	p.Watch.follow(c)
	return c, nil
}

type checkResult struct {
	fx.Out

	Check health.Check `group:"fxcell.checks"`
}

// provideCheck takes no consumer: a member of a group reaches nothing that reads one.
func provideCheck(w *watch) checkResult { return checkResult{Check: w.check()} }

func run(lc fx.Lifecycle, c *Consumer) { lc.Append(fx.StartStopHook(c.Start, c.Stop)) }
