// Package metadata reads the files that say what a product is made of: cell.yaml, slice.yaml, contract.yaml,
// assembly.yaml and actors.yaml.
//
// Decoding is strict. Every field is known, every required field is there, every value is one that the field can have;
// whatever is not so is an *Error with file, line and column, and one decoding reports all of them. What holds between
// files (who may call whom, which level a cell needs, whether a schema file exists) is not judged here.
//
// Defaults are filled in, so that a decoded value says what holds, not what was written: Source tells where.
package metadata

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"fxcell.dev/fxcell/metadata/internal/strict"
)

// MaxFileBytes is the size of the largest file that is read.
const MaxFileBytes = strict.MaxBytes

// Error is one thing that is wrong in a file. Field is a dotted path such as endpoints.http.parameters[0].name; it is
// empty where the file as a whole is meant. Line and Col count from one. A fault that the YAML parser itself finds has
// the first character of the line for its position, since the parser knows no better.
type Error struct {
	File           string
	Line, Col      int
	Field, Message string
}

// Error returns file:line:col: field: message.
func (e *Error) Error() string {
	if e.Field == "" {
		return fmt.Sprintf("%s:%d:%d: %s", e.File, e.Line, e.Col, e.Message)
	}
	return fmt.Sprintf("%s:%d:%d: %s: %s", e.File, e.Line, e.Col, e.Field, e.Message)
}

// Faults returns every *Error in err in the order of files and lines, for tools that report them one by one.
func Faults(err error) []*Error {
	var found []*Error
	collect(err, &found)
	slices.SortStableFunc(found, compare)
	return found
}

func collect(err error, found *[]*Error) {
	switch e := err.(type) { //nolint:errorlint // walks the tree of joined and wrapped errors itself, to find all of them
	case nil:
	case *Error:
		*found = append(*found, e)
	case interface{ Unwrap() []error }:
		for _, inner := range e.Unwrap() {
			collect(inner, found)
		}
	default:
		collect(errors.Unwrap(err), found)
	}
}

func compare(a, b *Error) int {
	return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Col, b.Col),
		cmp.Compare(a.Field, b.Field))
}

// join returns the errors as one, sorted, nil for none.
func join(found []*Error) error {
	slices.SortStableFunc(found, compare)
	all := make([]error, len(found))
	for i, e := range found {
		all[i] = e
	}
	return errors.Join(all...)
}

// decode reads a file whose root is a mapping.
func decode[T any](file string, data []byte, read func(Source, *strict.Object) T) (T, error) {
	var out, zero T
	doc := strict.Parse(data)
	root := doc.Root()
	if doc.Empty() {
		root.Failf("is empty")
	}
	if o := root.Object(); o.Given() {
		out = read(newSource(file, doc, root), o)
		o.Done()
	}
	if err := faults(file, doc); err != nil {
		return zero, err
	}
	return out, nil
}

func faults(file string, doc *strict.Doc) error {
	var found []*Error
	for _, f := range doc.Faults() {
		found = append(found, &Error{File: file, Line: f.Line, Col: f.Col, Field: f.Field, Message: f.Message})
	}
	return join(found)
}
