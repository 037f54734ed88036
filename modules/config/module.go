// Package config reads the sections of an assembly's modules out of files, environment and flags, each source over the one before: the file that
// the app embeds, the file of --config (or FXCELL_CONFIG), FXCELL_SECTION__KEY variables, --set section.key=value.
//
// koanf lays the sources over each other and decodes. How strict that is, where each value came from and what an error says is ours: koanf turns
// 1.5 into 1 and "yes" into true where it can, and its errors may quote what they could not read.
package config

import (
	"os"

	"go.uber.org/fx"

	port "fxcell.dev/fxcell/config"
)

// Module provides the configuration, and refuses to start with a key that no listed module knows.
var Module = fx.Module("modules/config",
	fx.Provide(provideSource, fx.Private),
	fx.Provide(providePort),
	fx.Invoke(run),
)

type params struct {
	fx.In

	File port.File `optional:"true"` // an app may embed none
	Args port.Args `optional:"true"` // there are none outside fxcell.Main
}

func provideSource(p params) (*Source, error) { return New(p.File, p.Args, os.Environ()) }

func providePort(s *Source) port.Source { return s }

// registered is read by the Invoke alone: a section's constructor takes the Source, so a Source that read the group would close a cycle.
type registered struct {
	fx.In

	Sections []port.Registered `group:"fxcell.config"`
}

func run(s *Source, r registered) error { return s.Check(r.Sections) }
