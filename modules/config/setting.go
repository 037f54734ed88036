package config

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// setting is one key of one source.
type setting struct {
	path  []string // nil when the name of a variable makes no path
	lines []int    // of each key of the path, in a file
	from  string   // the file, the variable or --set
	env   bool
	text  bool // the source knows nothing but text, as environment and flags do
	value *any // what it points to is out of reach of fmt: it may be a secret
}

// content returns the value: nil for a key of a file that has none and so says nothing.
func (s setting) content() any { return *s.value }

// key is the path up to its n-th key.
func (s setting) key(n int) string { return strings.Join(s.path[:n], delimiter) }

// origin says where the n-th key of the path was set.
func (s setting) origin(n int) string {
	if n > len(s.lines) {
		return show(s.from)
	}
	return position(s.from, s.lines[n-1])
}

func position(file string, line int) string { return show(file) + ":" + strconv.Itoa(line) }

// show quotes a name that would break the line or hide something.
func show(name string) string {
	if q := strconv.Quote(name); q != `"`+name+`"` || name == "" {
		return q
	}
	return name
}

// isKey reports whether s is snake_case: lower-case words and digits with single underscores between them, so that a double one can nest.
func isKey(s string) bool {
	return s != "" && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789_") == "" &&
		s[0] != '_' && s[len(s)-1] != '_' && !strings.Contains(s, nest)
}

// isText reports whether s can stand in a setting.
func isText(s string) bool { return utf8.ValidString(s) && !strings.Contains(s, "\x00") }
