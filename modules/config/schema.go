package config

import (
	"maps"
	"reflect"
	"slices"
	"strings"
	"unicode"
)

// schema is what the keys of a section can be.
type schema struct {
	leaves   map[string]field
	children map[string][]string // of a key that takes keys; of "": the sections
	faults   []error             // of the struct itself
}

const supported = "use a string, bool, number, time.Duration, a type with UnmarshalText, a list of these, or a struct"

// field is where a key's value goes.
type field struct {
	typ   reflect.Type
	index []int
}

func schemaOf(section string, t reflect.Type) *schema {
	s := &schema{leaves: map[string]field{}, children: map[string][]string{}}
	s.structure(section, t, nil, nil)
	return s
}

// add takes over the keys of another section.
func (s *schema) add(other *schema) {
	maps.Copy(s.children, other.children)
	maps.Copy(s.leaves, other.leaves)
}

func (s *schema) structure(key string, t reflect.Type, index []int, outer []reflect.Type) {
	if slices.Contains(outer, t) {
		s.faults = append(s.faults, fault("%s: the type %s holds itself", key, t))
		return
	}
	for f := range t.Fields() {
		name, below := f.Tag.Get("koanf"), append(slices.Clone(index), f.Index...)
		if name == "-" || !f.IsExported() {
			continue
		}
		if name == "" {
			name = snake(f.Name)
		}
		path := key + delimiter + name
		switch inner := pointed(f.Type); {
		case !isKey(name):
			s.faults = append(s.faults, fault("%s: the key of %s.%s is not snake_case", key, t, f.Name))
		case slices.Contains(s.children[key], name):
			s.faults = append(s.faults, fault("%s: two fields of %s have this key", path, t))
		case inner.Kind() == reflect.Struct && !readsText(inner):
			s.children[key] = append(s.children[key], name)
			s.structure(path, inner, below, append(slices.Clone(outer), t))
		case isLeaf(inner):
			s.children[key] = append(s.children[key], name)
			s.leaves[path] = field{f.Type, below}
		default:
			s.faults = append(s.faults, fault("%s: the type %s is not supported: %s", path, f.Type, supported))
		}
	}
	slices.Sort(s.children[key])
}

func pointed(t reflect.Type) reflect.Type {
	if t.Kind() == reflect.Pointer {
		return t.Elem()
	}
	return t
}

func isLeaf(t reflect.Type) bool {
	if readsText(t) {
		return true
	}
	if t.Kind() == reflect.Slice {
		return t.Elem().Kind() != reflect.Slice && isLeaf(t.Elem())
	}
	v := reflect.Zero(t)
	return v.CanInt() || v.CanUint() || v.CanFloat() || t.Kind() == reflect.Bool || t.Kind() == reflect.String
}

// in returns the field inside the struct v; pointers on the way are set.
func (f field) in(v reflect.Value) reflect.Value {
	for _, i := range f.index {
		if v.Kind() == reflect.Pointer {
			if v.IsNil() {
				v.Set(reflect.New(v.Type().Elem()))
			}
			v = v.Elem()
		}
		v = v.Field(i)
	}
	return v
}

// snake turns ReadTimeout into read_timeout, and KeyURL into key_url.
func snake(name string) string {
	runes := []rune(name)
	var b strings.Builder
	for i, r := range runes {
		if i > 0 && unicode.IsUpper(r) {
			next := i+1 < len(runes) && unicode.IsLower(runes[i+1])
			if !unicode.IsUpper(runes[i-1]) && runes[i-1] != '_' || unicode.IsUpper(runes[i-1]) && next {
				b.WriteByte('_')
			}
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}
