package body

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// appendKey appends a text that two JSON values share exactly when JSON Schema calls them equal: members in any order, numbers by value.
func appendKey(key []byte, v any) []byte {
	switch v := v.(type) {
	case nil:
		return append(key, 'n')
	case bool:
		return strconv.AppendBool(key, v)
	case string:
		return appendText(append(key, '"'), v)
	case []any:
		key = append(key, '[')
		for _, item := range v {
			key = appendKey(key, item)
		}
		return append(key, ']')
	case map[string]any:
		key = append(key, '{')
		for _, name := range slices.Sorted(maps.Keys(v)) {
			key = appendText(key, name)
			key = appendKey(key, v[name])
		}
		return append(key, '}')
	default: // json.Number, or a number that was parsed already
		return appendNumber(append(key, '#'), fmt.Sprint(v))
	}
}

// appendText appends s behind its length, so that no text can pass for the end of another.
func appendText(key []byte, s string) []byte {
	key = strconv.AppendInt(key, int64(len(s)), 10)
	return append(append(key, ':'), s...)
}

// appendNumber appends the one way to write the value of a JSON number: sign, digits without zeros at either end, power of ten.
func appendNumber(key []byte, number string) []byte {
	digits, negative := strings.CutPrefix(number, "-")
	exponent := 0
	if i := strings.IndexAny(digits, "eE"); i >= 0 {
		exponent, _ = strconv.Atoi(digits[i+1:]) // Scan has seen to it that it is one
		digits = digits[:i]
	}
	if whole, fraction, ok := strings.Cut(digits, "."); ok {
		digits = whole + fraction
		exponent -= len(fraction)
	}
	digits = strings.TrimLeft(digits, "0")
	significant := strings.TrimRight(digits, "0")
	if significant == "" {
		return append(key, "0;"...)
	}
	exponent += len(digits) - len(significant)
	if negative {
		key = append(key, '-')
	}
	key = append(append(key, significant...), 'e')
	return append(strconv.AppendInt(key, int64(exponent), 10), ';')
}
