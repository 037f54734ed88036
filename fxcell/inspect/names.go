package inspect

import (
	"path"
	"regexp"
	"slices"
	"strings"
)

// closure is a function without a name of its own: one of a generic function, or one inside of another.
var closure = regexp.MustCompile(`(\[\.\.\.\])?(\.func\d+(\.\d+)*)*$`)

// label names a function for messages: by its import path, but a closure by what it is and the module where it stands.
func (f *function) label() string {
	if base := closure.ReplaceAllString(f.name, ""); base != f.name || f.name == stub {
		return where(path.Base(strings.ReplaceAll(base, stub, "a function")), f.module)
	}
	return f.name
}

func where(what, module string) string {
	if module == "" {
		return what
	}
	return what + " in " + module
}

// short names a function inside the picture of its module.
func (f *function) short() string {
	if f.fed != "" {
		return f.fed
	}
	base := closure.ReplaceAllString(f.name, "")
	if base == f.name && f.name != stub {
		return path.Base(f.name)
	}
	var gives []string
	for _, k := range f.gives {
		gives = append(gives, k.String())
	}
	slices.Sort(gives)
	return strings.TrimSuffix(path.Base(strings.ReplaceAll(base, stub, "a function"))+": "+strings.Join(slices.Compact(gives), ", "), ": ")
}
