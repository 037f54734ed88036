package postgres

import (
	"go.uber.org/fx"

	"fxcell.dev/fxcell/db"
	"fxcell.dev/fxcell/durability"
	"fxcell.dev/fxcell/event"
)

// consumers is what the runtime of subscriptions works with.
var consumers = fx.Provide(provideInbox, provideParking)

// inboxResult has no check: the transactor's covers the pool.
type inboxResult struct {
	fx.Out

	Inbox event.Inbox
	Claim durability.Claim `group:"fxcell.claims"`
}

func provideInbox(sql db.SQL) inboxResult {
	i := newInbox(sql)
	return inboxResult{Inbox: i, Claim: claim[event.Inbox](i)}
}

// parkingResult has no check: the transactor's covers the pool, and the consumer tells what is parked.
type parkingResult struct {
	fx.Out

	Parking event.Parking
	Claim   durability.Claim `group:"fxcell.claims"`
}

func provideParking(sql db.SQL) parkingResult {
	k := parking{sql}
	return parkingResult{Parking: k, Claim: claim[event.Parking](k)}
}
