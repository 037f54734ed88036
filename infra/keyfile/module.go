// Package keyfile wraps keys under key-encryption keys that lie in a file, or in the environment. The verb keygen of the program makes them.
package keyfile

import (
	"reflect"

	"go.uber.org/fx"

	"fxcell.dev/fxcell/config"
	"fxcell.dev/fxcell/durability"
	"fxcell.dev/fxcell/health"
	"fxcell.dev/fxcell/secret"
)

const module = "infra/keyfile"

// Module provides secret.KeyProvider by the section keyfile.
var Module = fx.Module(module,
	config.Section[Config]("keyfile"),
	fx.Provide(provideKeys),
)

// result is what the keys show: the port, its claim, its health check.
type result struct {
	fx.Out

	Keys  secret.KeyProvider
	Claim durability.Claim `group:"fxcell.claims"`
	Check health.Check     `group:"fxcell.checks"`
}

func provideKeys(cfg Config, lc fx.Lifecycle) (result, error) {
	k, err := newKeys(cfg)
	if err != nil {
		return result{}, err
	}
	lc.Append(fx.StartHook(k.open))
	return result{
		Keys:  k,
		Claim: durability.Claim{Port: reflect.TypeFor[secret.KeyProvider]().String(), Module: module, Subject: k},
		Check: k.check(),
	}, nil
}
