package config

import (
	"errors"
	"reflect"
	"strings"
)

// verdicts are the faults that a section's own Validate finds in what the sources say, each with its source. It is asked with the defaults filled in,
// as the constructor that takes the section asks it; what no source said is left to that constructor, for an assembly may still decorate the section.
func verdicts(known *schema, last map[string]setting, filled reflect.Value) []error {
	v := reflect.New(filled.Type())
	v.Elem().Set(filled)
	section, ok := reflect.TypeAssert[interface{ Validate() error }](v)
	if !ok {
		return nil
	}
	var faults []error
	for _, err := range single(section.Validate()) {
		if set, ok := last[known.keyIn(err.Error())]; ok {
			faults = append(faults, sourcedError{err, set})
		}
	}
	return faults
}

// single takes apart what errors.Join has joined.
func single(err error) []error {
	joined, ok := err.(interface{ Unwrap() []error }) // the outermost alone: what it wraps belongs to it
	switch {
	case err == nil:
		return nil
	case !ok || errors.Join(joined.Unwrap()...).Error() != err.Error():
		return []error{err}
	}
	var out []error
	for _, one := range joined.Unwrap() {
		out = append(out, single(one)...)
	}
	return out
}

// keyIn returns the key that a text names first, or "".
func (s *schema) keyIn(text string) string {
	first, at := "", len(text)
	for key := range s.leaves {
		if i := indexOfKey(text, key); i >= 0 && i < at {
			first, at = key, i
		}
	}
	return first
}

// indexOfKey returns where a text names a key, and not another one that begins or ends with it, or -1.
func indexOfKey(text, key string) int {
	partOfKey := func(s string) bool { return strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789_") == "" && s != "" }
	for from := 0; ; {
		i := strings.Index(text[from:], key)
		if i < 0 {
			return -1
		}
		i += from
		from = i + len(key)
		if !partOfKey(text[max(i-1, 0):i]) && !partOfKey(text[from:min(from+1, len(text))]) {
			return i
		}
	}
}

// sourcedError is the fault of a value with the source of it.
type sourcedError struct {
	error

	set setting
}

// Error puts the source where the fault says how to set the key in general, or else behind the key.
func (e sourcedError) Error() string {
	text, key := e.error.Error(), e.set.key(len(e.set.path))
	source := " (" + e.set.origin(len(e.set.path)) + ")"
	if what, ok := strings.CutSuffix(text, ": set it in the file or "+variableOf(key)); ok {
		return what + source
	}
	end := indexOfKey(text, key) + len(key)
	return text[:end] + source + text[end:]
}

// Unwrap returns the fault as the section's type tells it.
func (e sourcedError) Unwrap() error { return e.error }
