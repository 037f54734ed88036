package access

import (
	"go.uber.org/fx"

	"fxcell.dev/cells/access/internal/account"
	"fxcell.dev/cells/access/internal/attempts"
	"fxcell.dev/cells/access/internal/keys"
	"fxcell.dev/cells/access/internal/password"
	"fxcell.dev/cells/access/internal/settings"
	"fxcell.dev/cells/access/internal/store"
	"fxcell.dev/cells/access/internal/token"
	"fxcell.dev/fxcell"
	"fxcell.dev/fxcell/auth"
	"fxcell.dev/fxcell/clock"
	"fxcell.dev/fxcell/config"
	"fxcell.dev/fxcell/db"
	"fxcell.dev/fxcell/secret"
)

// Config is the section access.
type Config = settings.Config

// What several slices share: the section, one pool for all hashes, one ring of keys, one guard against guessing.
var (
	section = config.Section[Config]("access")
	shared  = fxcell.Provide(provideHasher, account.NewMaker, provideRing, provideIssuer, attempts.New)
)

func provideHasher(cfg Config) (*password.Hasher, error) {
	cfg = cfg.WithDefaults()
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	return password.NewHasher(password.Options{
		Params: password.Current(), Concurrency: cfg.HashConcurrency, Queue: cfg.HashQueue, Wait: cfg.HashWait,
	})
}

type ringParams struct {
	fx.In

	Lifecycle fx.Lifecycle
	Tx        db.Transactor
	Store     store.Store
	Provider  secret.KeyProvider
	Clock     clock.Clock
	Config    Config
}

func provideRing(p ringParams) *keys.Ring {
	cfg := p.Config.WithDefaults()
	ring := keys.NewRing(p.Tx, p.Store, p.Provider, p.Clock, keys.Options{
		Algorithm: keys.RS256, Keep: settings.MaxTokenTTL + auth.MaxSkew + keys.MaxAge + keys.ReloadEvery,
		RotateEvery: cfg.KeyRotateEvery, Ahead: cfg.KeyAhead,
	})
	p.Lifecycle.Append(fx.StartHook(ring.Ensure))
	return ring
}

func provideIssuer(identity auth.Config, cfg Config, ring *keys.Ring, clk clock.Clock) (*token.Issuer, error) {
	return token.NewIssuer(identity, cfg, ring, clk)
}
