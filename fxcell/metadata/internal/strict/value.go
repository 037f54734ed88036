package strict

import (
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// Value is one place in a file: what stands there, or that nothing does. Every reader returns the zero value where
// nothing stands and where what stands there is wrong, which it has reported then.
type Value struct {
	doc   *Doc
	node  *yaml.Node
	field string
	// at is the key's place; for an absent field that of what should hold it.
	at Place
}

// Given reports whether the file has the field, whatever it holds.
func (v Value) Given() bool { return v.node != nil }

// Name returns the field's path.
func (v Value) Name() string { return v.field }

// Place returns where a fault of the value belongs.
func (v Value) Place() Place {
	if v.node == nil || v.node.Kind != yaml.ScalarNode {
		return v.at
	}
	return placeOf(v.node, v.at)
}

// Failf reports a fault of the value.
func (v Value) Failf(format string, args ...any) {
	v.doc.failf(v.Place(), v.field, format, args...)
}

func (v Value) usable() bool { return v.node != nil && !v.doc.broken[v.node] }

// scalar returns a single value as it is written.
func (v Value) scalar(want string) (string, bool) {
	switch {
	case !v.usable():
		return "", false
	case v.node.Kind != yaml.ScalarNode:
		v.Failf("must be %s, not %s", want, kindName(v.node))
		return "", false
	case isNull(v.node), strings.TrimSpace(v.node.Value) == "":
		v.Failf("is empty: it must be %s", want)
		return "", false
	}
	return v.node.Value, true
}

// Text reads text as it is written, also where it could be a date, a number or a boolean.
func (v Value) Text() string {
	text, _ := v.scalar("text")
	return text
}

// Like reads text that ok accepts; want says what it accepts.
func (v Value) Like(ok func(string) bool, want string) string {
	text, given := v.scalar(want)
	if !given {
		return ""
	}
	if !ok(text) {
		v.Failf("%s is not %s", quote(text), want)
		return ""
	}
	return text
}

// Enum reads one of a few words.
func Enum[T ~string](v Value, allowed ...T) T {
	words := make([]string, len(allowed))
	for i, a := range allowed {
		words[i] = string(a)
	}
	list := strings.Join(words, ", ")
	if len(words) == 1 {
		return T(v.Like(func(s string) bool { return s == list }, list))
	}
	text, ok := v.scalar("one of " + list)
	if !ok {
		return ""
	}
	for _, a := range allowed {
		if string(a) == text {
			return a
		}
	}
	if near := suggest(text, words); near != "" {
		v.Failf("%s is none of %s: did you mean %s?", quote(text), list, near)
	} else {
		v.Failf("%s is none of %s", quote(text), list)
	}
	return ""
}

// Bool reads true or false.
func (v Value) Bool() bool {
	text, ok := v.scalar("true or false")
	if !ok {
		return false
	}
	switch {
	case v.node.Style != 0:
		v.Failf("%s must be true or false without quotes", quote(text))
	case text != "true" && text != "false":
		v.Failf("%s is not true or false", quote(text))
	default:
		return text == "true"
	}
	return false
}

// Int reads a plain decimal number from low to high.
func (v Value) Int(low, high int) int {
	text, ok := v.scalar("a whole number")
	if !ok {
		return 0
	}
	n, err := strconv.Atoi(text)
	switch {
	case v.node.Style != 0:
		v.Failf("%s must be a whole number without quotes", quote(text))
	case err != nil || strconv.Itoa(n) != text:
		v.Failf("%s is not a whole number in plain decimal", quote(text))
	case n < low || n > high:
		v.Failf("%d is not from %d to %d", n, low, high)
	default:
		return n
	}
	return 0
}

// Duration reads a length of time above zero, such as 100ms or 1m30s; other is its value where it is left out.
func (v Value) Duration(other time.Duration) time.Duration {
	if !v.Given() {
		return other
	}
	const want = "a duration such as 100ms, 10s or 5m"
	text, ok := v.scalar(want)
	if !ok {
		return 0
	}
	d, err := time.ParseDuration(text)
	if err != nil {
		v.Failf("%s is not %s", quote(text), want)
		return 0
	}
	if d <= 0 {
		v.Failf("%s is not above zero", quote(text))
		return 0
	}
	return d
}

var units = []struct {
	name  string
	bytes int64
}{{"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}, {"B", 1}}

// Size reads a number of bytes above zero, such as 512B, 64KiB or 1MiB; other is its value where it is left out.
func (v Value) Size(other int64) int64 {
	if !v.Given() {
		return other
	}
	const want = "a size such as 512B, 64KiB or 1MiB"
	text, ok := v.scalar(want)
	if !ok {
		return 0
	}
	for _, u := range units {
		number, ok := strings.CutSuffix(text, u.name)
		if !ok {
			continue
		}
		n, err := strconv.ParseUint(number, 10, 32)
		if err != nil || strconv.FormatUint(n, 10) != number {
			break
		}
		if n == 0 {
			v.Failf("%s is not above zero", quote(text))
			return 0
		}
		return int64(n) * u.bytes
	}
	v.Failf("%s is not %s", quote(text), want)
	return 0
}

// Date reads a day such as 2027-01-31: its first moment in UTC.
func (v Value) Date() time.Time {
	const want = "a day such as 2027-01-31"
	text, ok := v.scalar(want)
	if !ok {
		return time.Time{}
	}
	day, err := time.Parse(time.DateOnly, text)
	if err != nil {
		v.Failf("%s is not %s", quote(text), want)
		return time.Time{}
	}
	return day
}

// Is reports whether the file has exactly this word here, without judging it.
func (v Value) Is(word string) bool {
	return v.usable() && v.node.Kind == yaml.ScalarNode && v.node.Value == word
}
