package inspect

import (
	"fmt"
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
	return strings.TrimSuffix(f.name, "-fm") // a method of a value
}

func where(what, module string) string {
	if module == "" {
		return what
	}
	return what + " in " + module
}

// short names a function inside the picture of its module.
func (f *function) short() string {
	if len(f.contracts) > 1 {
		return fmt.Sprintf("%s %d contracts", f.verb, len(f.contracts))
	}
	if f.verb != "" {
		return f.verb + " " + f.contracts[0]
	}
	base := closure.ReplaceAllString(f.name, "")
	if base == f.name && f.name != stub {
		return strings.TrimSuffix(path.Base(f.name), "-fm") // a method of a value
	}
	return strings.TrimSuffix(path.Base(strings.ReplaceAll(base, stub, "a function"))+": "+gives(f), ": ")
}

// gives names what a function provides or decorates.
func gives(f *function) string {
	names := make([]string, 0, len(f.gives))
	for _, k := range f.gives {
		names = append(names, k.String())
	}
	slices.Sort(names)
	return strings.Join(slices.Compact(names), ", ")
}
