package strict

import (
	"go.yaml.in/yaml/v3"
)

// List reads a list: a value per item.
func (v Value) List() []Value {
	if !v.usable() {
		return nil
	}
	if v.node.Kind != yaml.SequenceNode {
		v.Failf("must be a list, not %s", kindName(v.node))
		return nil
	}
	items := make([]Value, len(v.node.Content))
	for i, n := range v.node.Content {
		items[i] = Value{doc: v.doc, node: n, field: index(v.field, i), at: placeOf(n, v.at)}
		v.doc.places[items[i].field] = items[i].Place()
	}
	return items
}

// OneOrMore reads a list, or a single item that stands for a list of one.
func (v Value) OneOrMore() []Value {
	if v.usable() && v.node.Kind == yaml.SequenceNode {
		return v.List()
	}
	return []Value{v}
}

// NoItems reports whether the value is a list and has no items.
func (v Value) NoItems() bool {
	return v.usable() && v.node.Kind == yaml.SequenceNode && len(v.node.Content) == 0
}

// Each reads a list with one reader for its items and drops the items that are wrong.
func Each[T comparable](v Value, read func(Value) T) []T {
	var zero T
	var out []T
	for _, item := range v.List() {
		if got := read(item); got != zero {
			out = append(out, got)
		}
	}
	return out
}

// Distinct reads a list of words none of which may stand in it twice; fold makes words equal that differ in spelling.
func Distinct(v Value, read func(Value) string, fold func(string) string) []string {
	seen := map[string]int{}
	var out []string
	for i, item := range v.List() {
		word := read(item)
		if word == "" {
			continue
		}
		if first, ok := seen[fold(word)]; ok {
			item.Failf("%s stands at [%d] already", quote(word), first)
			continue
		}
		seen[fold(word)] = i
		out = append(out, word)
	}
	return out
}

// Exactly is the fold of words whose spelling matters.
func Exactly(s string) string { return s }
