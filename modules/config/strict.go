package config

import (
	"encoding"
	"errors"
	"math"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/go-viper/mapstructure/v2"

	"fxcell.dev/fxcell/secret"
)

var (
	durationType = reflect.TypeFor[time.Duration]()
	textType     = reflect.TypeFor[encoding.TextUnmarshaler]()
	secretType   = reflect.TypeFor[secret.Text]()
)

// errUnfit stops a decoding; what is wanted instead is said by the field's type alone.
var errUnfit = errors.New("modules/config: the value does not fit")

// strict decodes without guessing. text says that the source knows nothing but text: numbers, bools and lists are read out of it.
func strict(text bool) *mapstructure.DecoderConfig {
	return &mapstructure.DecoderConfig{DecodeHook: func(from, to reflect.Value) (any, error) {
		if to.Kind() == reflect.Pointer {
			return from.Interface(), nil // comes again for what it points to
		}
		if from.Kind() == reflect.String {
			return ofText(from.String(), to.Type(), text)
		}
		return ofYAML(from, to)
	}}
}

func readsText(t reflect.Type) bool { return reflect.PointerTo(t).Implements(textType) }

func ofText(s string, t reflect.Type, text bool) (any, error) {
	switch {
	case t == durationType:
		return time.ParseDuration(s)
	case readsText(t):
		v := reflect.New(t)
		u, _ := reflect.TypeAssert[encoding.TextUnmarshaler](v)
		err := u.UnmarshalText([]byte(s))
		return v.Elem().Interface(), err
	case t.Kind() == reflect.String:
		return s, nil
	case !text:
		return nil, errUnfit
	case t.Kind() == reflect.Slice:
		return items(s)
	}
	v := reflect.New(t).Elem()
	switch {
	case t.Kind() == reflect.Bool && (s == "true" || s == "false"):
		return s == "true", nil
	case v.CanInt():
		return strconv.ParseInt(s, 10, t.Bits())
	case v.CanUint():
		return strconv.ParseUint(s, 10, t.Bits())
	case v.CanFloat():
		f, err := strconv.ParseFloat(s, t.Bits())
		return finite(f, err == nil)
	}
	return nil, errUnfit
}

// items reads a list: a,b or nothing.
func items(s string) (any, error) {
	if s == "" {
		return []any{}, nil
	}
	var list []any
	for item := range strings.SplitSeq(s, ",") {
		item = strings.TrimSpace(item)
		if item == "" {
			return nil, errUnfit
		}
		list = append(list, item)
	}
	return list, nil
}

func ofYAML(from, to reflect.Value) (any, error) {
	fits := false
	switch {
	case to.Type() == durationType || readsText(to.Type()):
	case to.Kind() == reflect.Bool || to.Kind() == reflect.Slice:
		fits = from.Kind() == to.Kind()
	case to.CanInt():
		fits = from.CanInt() && !to.OverflowInt(from.Int())
	case to.CanUint():
		fits = from.CanUint() && !to.OverflowUint(from.Uint()) ||
			from.CanInt() && from.Int() >= 0 && !to.OverflowUint(uint64(from.Int()))
	case to.CanFloat() && from.CanFloat():
		return finite(from.Float(), !to.OverflowFloat(from.Float()))
	case to.CanFloat():
		fits = from.CanInt() || from.CanUint()
	}
	if !fits {
		return nil, errUnfit
	}
	return from.Interface(), nil
}

func finite(f float64, ok bool) (any, error) {
	if !ok || math.IsNaN(f) || math.IsInf(f, 0) {
		return nil, errUnfit
	}
	return f, nil
}

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
