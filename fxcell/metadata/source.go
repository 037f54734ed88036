package metadata

import (
	"fmt"
	"strings"

	"fxcell.dev/fxcell/metadata/internal/strict"
)

// Position is a place in a file. Lines and columns count from one.
type Position struct {
	File      string
	Line, Col int
}

// String returns file:line:col.
func (p Position) String() string { return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Col) }

// Source is where a decoded value comes from. The zero value is that of a value written in Go.
type Source struct {
	Position

	base   string
	places map[string]strict.Place
}

func newSource(file string, doc *strict.Doc, root strict.Value) Source {
	at := root.Place()
	return Source{
		Position: Position{File: file, Line: at.Line, Col: at.Col},
		base:     root.Name(),
		places:   doc.Places(),
	}
}

// At returns where a field stands, by its dotted path from the value's root: endpoints.clients[1]. For a field that the
// file leaves out it is the place of what would hold it.
func (s Source) At(field string) Position {
	for field != "" {
		if at, ok := s.places[s.path(field)]; ok {
			return Position{File: s.File, Line: at.Line, Col: at.Col}
		}
		field = field[:max(strings.LastIndexAny(field, ".["), 0)]
	}
	return s.Position
}

func (s Source) path(field string) string {
	if s.base == "" {
		return field
	}
	return s.base + "." + field
}
