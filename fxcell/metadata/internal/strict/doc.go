// Package strict reads YAML whose every field is known: each reader takes one value, and what it cannot take becomes a
// fault with a position instead of an error that ends the reading, so that one pass finds everything that is wrong.
//
// It reads a plain subset of YAML: one document, no anchors, aliases, merge keys or tags, no key twice. A scalar is what
// the reader of the field asks for, not what it looks like: text stays text where it could be a date, a number or a
// boolean.
package strict

import (
	"cmp"
	"fmt"
	"slices"

	"go.yaml.in/yaml/v3"
)

// Place is a position in a file. Lines and columns count from one; a column counts characters, not bytes.
type Place struct {
	Line, Col int
}

// Fault is one thing that is wrong. Field is a dotted path such as endpoints.http.parameters[0].name, empty for the file
// as a whole.
type Fault struct {
	Place

	Field, Message string
}

// Doc is one file: what it says, what is wrong with it and where its fields stand.
type Doc struct {
	root   *yaml.Node
	empty  bool
	faults []Fault
	broken map[*yaml.Node]bool
	places map[string]Place
}

// Root returns the file's one value. It is absent where the file is empty or no YAML.
func (d *Doc) Root() Value {
	return Value{doc: d, node: d.root, at: placeOf(d.root, Place{Line: 1, Col: 1})}
}

// Empty reports whether the file is one empty document, or nothing but comments: a fault only if the caller says so.
func (d *Doc) Empty() bool { return d.empty && len(d.faults) == 0 }

// Faults returns all faults found so far in the order of the file.
func (d *Doc) Faults() []Fault {
	slices.SortStableFunc(d.faults, func(a, b Fault) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Col, b.Col), cmp.Compare(a.Field, b.Field))
	})
	return d.faults
}

// Places returns where each field that was read stands: a scalar's value, the key of a mapping or list.
func (d *Doc) Places() map[string]Place { return d.places }

func (d *Doc) failf(at Place, field, format string, args ...any) {
	d.faults = append(d.faults, Fault{Place: at, Field: field, Message: fmt.Sprintf(format, args...)})
}

// placeOf falls back to where the parser gives a node no position, as it does for some empty values.
func placeOf(n *yaml.Node, fallback Place) Place {
	if n == nil || n.Line < 1 || n.Column < 1 {
		return fallback
	}
	return Place{Line: n.Line, Col: n.Column}
}
