// Package configs holds the configuration files that the apps embed: their defaults, under what a file, environment and flags say.
package configs

import (
	_ "embed" // core.yaml

	"go.uber.org/fx"

	"fxcell.dev/fxcell/config"
)

// Core gives apps/core its defaults.
var Core = fx.Module("configs/core", fx.Provide(provideCore))

//go:embed core.yaml
var core []byte

func provideCore() config.File { return config.File{Name: "configs/core.yaml", YAML: core} }
