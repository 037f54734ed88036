package config

import (
	"math"
	"reflect"
	"strconv"

	"fxcell.dev/fxcell/secret"
)

var secretType = reflect.TypeFor[secret.Text]()

// wanted says what a field takes. text says that the source knows nothing but text.
func wanted(t reflect.Type, text bool) string {
	t = pointed(t)
	v := reflect.Zero(t)
	switch {
	case t == durationType:
		return "a duration such as 10s"
	case t == secretType || t.Kind() == reflect.String && !readsText(t):
		return "a string"
	case readsText(t):
		return "text that " + t.String() + " can read"
	case t.Kind() == reflect.Slice && text:
		return "a comma-separated list, each item " + wanted(t.Elem(), text)
	case t.Kind() == reflect.Slice:
		return "a list, each item " + wanted(t.Elem(), text)
	case t.Kind() == reflect.Bool:
		return "true or false"
	case v.CanUint():
		return "a whole number from 0 to " + strconv.FormatUint(math.MaxUint64>>(64-t.Bits()), 10)
	case v.CanInt():
		limit := int64(math.MaxInt64) >> (64 - t.Bits())
		return "a whole number from " + strconv.FormatInt(-limit-1, 10) + " to " + strconv.FormatInt(limit, 10)
	default:
		return "a number"
	}
}
