package config

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/knadh/koanf/v2"

	port "fxcell.dev/fxcell/config"
)

// delimiter stands between the keys of a path.
const delimiter = "."

// Source is the configuration of a process, read once. It is safe for concurrent use.
type Source struct {
	settings []setting // in the order of their sources: a later one wins
}

var _ port.Source = (*Source)(nil)

// New reads every source: the embedded file, the file that args or FXCELL_CONFIG name, the FXCELL_ variables of environ (as os.Environ gives
// them), and the settings of args. What is wrong with them is reported at once, and no value is ever part of an error.
func New(embedded port.File, args port.Args, environ []string) (*Source, error) {
	settings, faults := readYAML(embedded.Name, embedded.YAML)
	for _, read := range []func() ([]setting, []error){
		func() ([]setting, []error) { return readFile(args.File, environ) },
		func() ([]setting, []error) { return readEnvironment(environ) },
		func() ([]setting, []error) { return readFlags(args.Set) },
	} {
		s, f := read()
		settings, faults = append(settings, s...), append(faults, f...)
	}
	if err := join(faults); err != nil {
		return nil, err
	}
	return &Source{settings}, nil
}

// Decode fills into, a pointer to a struct, with what the sources say for the section. Every fault of the section is reported at once: keys that
// the struct does not have, and values that do not fit.
func (s *Source) Decode(section string, into any) error {
	v := reflect.ValueOf(into)
	if v.Kind() != reflect.Pointer || v.IsNil() || v.Elem().Kind() != reflect.Struct {
		return fault("section %s: want a pointer to a struct to decode into, got %T", section, into)
	}
	return join(s.decode(section, v.Elem()))
}

// Check reports everything that is wrong with the sources, given the sections that an assembly has: keys and sections that nobody knows, values
// that do not fit, and two sections of one name.
func (s *Source) Check(sections []port.Registered) error {
	var faults []error
	byName := map[string]reflect.Type{}
	for _, r := range sections {
		if other, taken := byName[r.Name]; taken {
			types := []string{typeName(other), typeName(r.Type)}
			slices.Sort(types)
			faults = append(faults, fault("two sections are named %s, of %s and %s: rename one", r.Name, types[0], types[1]))
			continue
		}
		byName[r.Name] = r.Type
	}
	for name, t := range byName {
		if t == nil || t.Kind() != reflect.Struct {
			faults = append(faults, fault("section %s has no struct type", name))
			continue
		}
		faults = append(faults, s.decode(name, reflect.New(t).Elem())...)
	}
	return join(append(faults, s.strays(byName)...))
}

// strays reports the settings of sections that do not exist.
func (s *Source) strays(sections map[string]reflect.Type) []error {
	var faults []error
	known := &schema{leaves: map[string]field{}, children: map[string][]string{}}
	for name, t := range sections {
		known.children[""] = append(known.children[""], name)
		if t != nil && t.Kind() == reflect.Struct {
			known.add(schemaOf(name, t))
		}
	}
	for _, set := range s.settings {
		if len(set.path) == 0 {
			faults = append(faults, fault("%s is unknown: want FXCELL_SECTION__KEY in upper case, with two underscores between keys", show(set.from)))
		} else if _, ok := sections[set.path[0]]; !ok {
			faults = append(faults, known.unknown(set, 1))
		}
	}
	return faults
}

// decode fills the struct v, as far as the section's settings go.
func (s *Source) decode(section string, v reflect.Value) []error {
	known := schemaOf(section, v.Type())
	last, faults := s.fill(section, known, v)
	if filled, ok := withDefaults(v); ok {
		faults = append(append(faults, zeros(known, last, v, filled)...), verdicts(known, last, filled)...)
	}
	return append(slices.Clone(known.faults), faults...)
}

// fill is decode, and returns the setting that each key was filled by.
func (s *Source) fill(section string, known *schema, v reflect.Value) (last map[string]setting, faults []error) {
	values, last := koanf.New(delimiter), map[string]setting{}
	for _, set := range s.settings {
		if len(set.path) == 0 || set.path[0] != section {
			continue
		}
		if err := known.check(set); err != nil {
			faults = append(faults, err)
			continue
		}
		key := set.key(len(set.path))
		if _, leaf := known.leaves[key]; !leaf || set.content() == nil {
			continue
		}
		if err := values.Set(key, set.content()); err != nil {
			faults = append(faults, fault("%s from %s cannot be merged", key, set.origin(len(set.path))))
		}
		last[key] = set
	}
	for key, set := range last {
		f := known.leaves[key]
		fresh := reflect.New(f.typ)
		if err := values.UnmarshalWithConf(key, fresh.Interface(), koanf.UnmarshalConf{DecoderConfig: strict(set.text)}); err != nil {
			faults = append(faults, fault("%s from %s: want %s", key, set.origin(len(set.path)), wanted(f.typ, set.text)))
			delete(last, key)
			continue
		}
		f.in(v).Set(fresh.Elem())
	}
	return last, faults
}

// fault is one line of an error. The cause is left out on purpose: it may quote what was read.
func fault(format string, args ...any) error {
	return fmt.Errorf("modules/config: "+format, args...)
}

// join returns the faults in a stable order, each once.
func join(faults []error) error {
	byText := func(a, b error) int { return strings.Compare(a.Error(), b.Error()) }
	slices.SortFunc(faults, byText)
	return errors.Join(slices.CompactFunc(faults, func(a, b error) bool { return byText(a, b) == 0 })...)
}

func typeName(t reflect.Type) string {
	if t == nil {
		return "no type"
	}
	return t.PkgPath() + delimiter + t.Name()
}
