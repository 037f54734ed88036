// Package setup creates the first administrator: once, by a token that only the start of the service shows.
package setup

import (
	"go.uber.org/fx"

	"fxcell.dev/cells/access/accessapi"
	"fxcell.dev/cells/access/internal/account"
	"fxcell.dev/cells/access/internal/meta"
	"fxcell.dev/cells/access/internal/store"
	"fxcell.dev/fxcell"
	"fxcell.dev/fxcell/clock"
	"fxcell.dev/fxcell/contract"
	"fxcell.dev/fxcell/db"
	"fxcell.dev/fxcell/inspect"
)

// Module creates the first administrator.
var Module = fxcell.Slice(meta.Setup,
	fxcell.Provide(provideService),
	contract.Publish(accessapi.UserCreatedV1),
	contract.Serve(accessapi.SetupV1, (*Service).Create),
	inspect.Announce(10, announce),
)

type params struct {
	fx.In

	Lifecycle fx.Lifecycle
	Tx        db.Transactor
	Store     store.Store
	Maker     *account.Maker
	Created   contract.Publisher[accessapi.UserCreated]
	Clock     clock.Clock
}

func provideService(p params) *Service {
	s := New(p.Tx, p.Store, p.Maker, p.Created, p.Clock)
	p.Lifecycle.Append(fx.StartHook(s.Start))
	return s
}
