package contract

import (
	"reflect"

	"go.opentelemetry.io/otel"
	"go.uber.org/fx"

	"fxcell.dev/fxcell/config"
	"fxcell.dev/fxcell/durability"
)

// Validating provides the *Validator of an assembly of that mode, and its Config by the section contracts: fx.Replace(Config{…}) at the root takes
// the place of what file, environment and flags say. An assembly lists it, so contracts are validated in one without configuration too.
func Validating(mode durability.Mode) fx.Option {
	return fx.Provide(assemblyMode(mode).provideValidator, provideConfig, registerConfig)
}

type assemblyMode durability.Mode

func (m assemblyMode) provideValidator(c Config) (*Validator, error) {
	return NewValidator(durability.Mode(m), c, otel.Meter("fxcell.dev/fxcell/contract"))
}

const section = "contracts"

// configIn has no source in an assembly that lists no configuration: the defaults hold. A source that cannot be built is an error all the same.
type configIn struct {
	fx.In

	Source config.Source `optional:"true"`
}

func provideConfig(in configIn) (Config, error) {
	var c Config
	if in.Source == nil {
		return c, nil
	}
	err := in.Source.Decode(section, &c)
	return c, err
}

type registeredOut struct {
	fx.Out

	Registered config.Registered `group:"fxcell.config"`
}

func registerConfig() registeredOut {
	return registeredOut{Registered: config.Registered{Name: section, Type: reflect.TypeFor[Config]()}}
}
