// Package config is the port by which modules and cells get their configuration: one typed section each.
package config

import (
	"errors"
	"fmt"
	"reflect"
	"regexp"

	"go.uber.org/fx"

	"fxcell.dev/fxcell/internal/part"
	"fxcell.dev/fxcell/level"
)

// Source reads sections out of files, environment and flags. It is safe for concurrent use.
type Source interface {
	// Decode fills into, a pointer to a struct, with what the sources say for the section. Fields that no source names stay as they are. Keys
	// are snake_case (or the field's `koanf` tag); a wrong value is an error that names key and source.
	Decode(section string, into any) error
}

// Registered describes a section, so that a source can tell unknown keys from known ones. Its group is fxcell.config.
type Registered struct {
	Name string
	Type reflect.Type // the section's struct
}

type registeredOut struct {
	fx.Out

	Registered Registered `group:"fxcell.config"`
}

// ErrSection is the fault of a section that no source could name: its type is no struct, or its name is not snake_case.
var ErrSection = errors.New("config: a section has a name in snake_case and a struct type")

// sectionPattern has no double underscore: in the environment one nests.
var sectionPattern = regexp.MustCompile(`^[a-z0-9]+(_[a-z0-9]+)*$`)

// Section provides the struct C, read from the section of that name, and registers the section. A zero field of C means its documented default,
// which the constructor that takes C fills in and validates, so that a partial fx.Replace(C{…}) is safe.
//
// A C with methods WithDefaults() C and Validate() error lets the source help its users: it shows the values in force, refuses a zero that was written
// where the default is something else, and tells with each fault of Validate that names a key (section.key) where that key was set.
func Section[C any](name string) part.Part {
	t := reflect.TypeFor[C]()
	facts := part.Facts{Needs: level.L0}
	if !sectionPattern.MatchString(name) || t.Kind() != reflect.Struct {
		facts.Err = fmt.Errorf("%w: %q, %v", ErrSection, name, t)
	}
	return part.New(fx.Options(
		fx.Provide(func(s Source) (C, error) {
			var c C
			err := s.Decode(name, &c)
			return c, err
		}),
		fx.Provide(func() registeredOut { return registeredOut{Registered: Registered{name, t}} }),
	), facts)
}

// File is a configuration file that is built into the binary: an app's defaults.
type File struct {
	Name string // as messages show it, e.g. configs/core.yaml
	YAML []byte
}

// Args are what the command line says about configuration. fxcell.Main provides them.
type Args struct {
	File string   // --config
	Set  []string // --set key.path=value, each over the one before
}
