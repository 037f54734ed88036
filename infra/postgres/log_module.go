package postgres

import (
	"go.uber.org/fx"

	"fxcell.dev/fxcell/durability"
	"fxcell.dev/fxcell/outbox"
)

// events are the two sides of the log.
var events = fx.Options(fx.Provide(provideLog, fx.Private), fx.Provide(provideOutbox))

func provideLog(p *pool, lc fx.Lifecycle) *eventLog {
	l := newLog(p)
	lc.Append(fx.StartStopHook(l.open, l.close))
	return l
}

// outboxResult is what the two sides of the log show. They have no check: the transactor's covers the server.
type outboxResult struct {
	fx.Out

	Writer      outbox.Writer
	WriterClaim durability.Claim `group:"fxcell.claims"`
	Log         outbox.Log
	LogClaim    durability.Claim `group:"fxcell.claims"`
}

func provideOutbox(p *pool, l *eventLog) outboxResult {
	w := &writer{pool: p, committed: l.wrote}
	return outboxResult{Writer: w, WriterClaim: claim[outbox.Writer](w), Log: l, LogClaim: claim[outbox.Log](l)}
}
