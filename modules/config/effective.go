package config

import (
	"encoding"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"

	port "fxcell.dev/fxcell/config"
	"fxcell.dev/fxcell/inspect"
)

const notSet = "(not set)"

// Effective lists what an app with these sections is configured with, sorted by key, secrets hidden. What no source says has its default, which is
// shown where the section's type has a method WithDefaults. Everything that is wrong is reported too, as by Check.
func (s *Source) Effective(sections []port.Registered) ([]inspect.Setting, error) {
	var out []inspect.Setting
	for _, r := range sections {
		if r.Type == nil || r.Type.Kind() != reflect.Struct {
			continue // Check tells
		}
		known := schemaOf(r.Name, r.Type)
		v := reflect.New(r.Type).Elem()
		last, _ := s.fill(r.Name, known, v)
		v, filled := withDefaults(v)
		for key, f := range known.leaves {
			setting := inspect.Setting{Key: key, Value: notSet, From: "default"}
			set, ok := last[key]
			if ok {
				setting.From = set.origin(len(set.path))
			}
			if ok || filled {
				setting.Value = shown(f.at(v))
			}
			out = append(out, setting)
		}
	}
	slices.SortFunc(out, func(a, b inspect.Setting) int { return strings.Compare(a.Key, b.Key) })
	return out, s.Check(sections)
}

// withDefaults calls the method of that name, where a section has one.
func withDefaults(v reflect.Value) (reflect.Value, bool) {
	m := v.MethodByName("WithDefaults")
	if !m.IsValid() || m.Type().NumIn() != 0 || m.Type().NumOut() != 1 || m.Type().Out(0) != v.Type() {
		return v, false
	}
	return m.Call(nil)[0], true
}

// at returns the field inside the struct v, the zero Value when a pointer on the way is nil.
func (f field) at(v reflect.Value) reflect.Value {
	for _, i := range f.index {
		if v.Kind() == reflect.Pointer {
			if v.IsNil() {
				return reflect.Value{}
			}
			v = v.Elem()
		}
		v = v.Field(i)
	}
	return v
}

// shown writes a value as its key takes it. Secrets write themselves, and hide.
func shown(v reflect.Value) string {
	for v.IsValid() && v.Kind() == reflect.Pointer {
		v = v.Elem()
	}
	if !v.IsValid() {
		return notSet
	}
	if z, ok := reflect.TypeAssert[interface{ IsZero() bool }](v); ok && z.IsZero() {
		return notSet // a secret would hide that there is none
	}
	if m, ok := reflect.TypeAssert[encoding.TextMarshaler](v); ok && v.Type() != durationType {
		if text, err := m.MarshalText(); err == nil {
			return quote(string(text))
		}
		return "(unreadable)"
	}
	switch v.Kind() {
	case reflect.Slice:
		items := make([]string, 0, v.Len())
		for i := range v.Len() {
			items = append(items, shown(v.Index(i)))
		}
		return "[" + strings.Join(items, ", ") + "]"
	case reflect.String:
		return quote(v.String())
	default:
		return fmt.Sprint(v.Interface()) // a duration as 10s
	}
}

// quote shows where a text begins and ends when that is not plain to see.
func quote(s string) string {
	if q := strconv.Quote(s); s == "" || q != `"`+s+`"` || strings.ContainsAny(s, " ,[]#") && s != "[redacted]" {
		return q
	}
	return s
}
