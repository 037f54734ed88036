package config

import "reflect"

// zeros reports the keys that were set to nothing, where nothing stands for a default that is something: who writes a timeout of 0 may mean none,
// or at once, and would silently get the default. A field that is a pointer takes a zero as any other value. filled is the section with its defaults.
func zeros(known *schema, last map[string]setting, v, filled reflect.Value) []error {
	var faults []error
	for key, set := range last {
		f := known.leaves[key]
		if said, meant := f.at(v), f.at(filled); isNothing(said) && !isNothing(meant) {
			faults = append(faults, fault("%s from %s: %s stands for the default, %s: say that, or another value, or leave it out",
				key, set.origin(len(set.path)), nothing(said), shown(meant)))
		}
	}
	return faults
}

// isNothing reports whether a value is zero, or a list without items.
func isNothing(v reflect.Value) bool {
	return !v.IsValid() || v.IsZero() || v.Kind() == reflect.Slice && v.Len() == 0
}

// nothing names the zero of a field's type.
func nothing(v reflect.Value) string {
	switch {
	case v.Kind() == reflect.Bool:
		return "false"
	case v.CanInt() || v.CanUint() || v.CanFloat():
		return "zero"
	default:
		return "an empty value"
	}
}
