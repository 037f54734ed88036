// Package setup creates the first administrator: once, by a token that only the start of the service shows, or writes to a file that only its
// owner can read.
package setup

import (
	"go.uber.org/fx"
	"go.uber.org/zap"

	"fxcell.dev/cells/access/accessapi"
	"fxcell.dev/cells/access/internal/account"
	"fxcell.dev/cells/access/internal/attempts"
	"fxcell.dev/cells/access/internal/meta"
	"fxcell.dev/cells/access/internal/settings"
	"fxcell.dev/cells/access/internal/store"
	"fxcell.dev/cells/access/internal/tokenfile"
	"fxcell.dev/fxcell"
	"fxcell.dev/fxcell/clock"
	"fxcell.dev/fxcell/contract"
	"fxcell.dev/fxcell/db"
	"fxcell.dev/fxcell/durability"
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
	Guard     *attempts.Guard
	Maker     *account.Maker
	Created   contract.Publisher[accessapi.UserCreated]
	Clock     clock.Clock
	Config    settings.Config
	Log       *zap.Logger
}

// provideService lets a setup that outlives the process keep its token in a file; one that ends with it shows the token at the start.
func provideService(p params) (*Service, error) {
	s := New(p.Tx, p.Store, p.Guard, p.Maker, p.Created, p.Clock)
	if p.Store.Durability() == durability.Persistent {
		cfg := p.Config.WithDefaults()
		file, err := tokenfile.New(cfg.SetupTokenFile)
		if err != nil {
			return nil, err
		}
		s.KeepIn(file, cfg.SetupRenew, p.Log)
	}
	p.Lifecycle.Append(fx.StartHook(s.Start))
	return s, nil
}
