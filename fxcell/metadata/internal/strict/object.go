package strict

import (
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Object is a mapping of which every name must be asked for.
type Object struct {
	doc   *Doc
	field string
	at    Place
	// void is set where the file has no such mapping, or none that can be read: nothing is missing in it then.
	void    bool
	members []Member
	byName  map[string]Value
	known   []string
}

// Member is one name of a mapping with its value.
type Member struct {
	Name  string
	Key   Value
	Value Value
}

// Object reads a mapping. It never returns nil: what is absent or wrong has no members, and asking for some is no fault.
func (v Value) Object() *Object {
	o := &Object{doc: v.doc, field: v.field, at: v.at, void: true}
	if !v.usable() {
		return o
	}
	if v.node.Kind != yaml.MappingNode {
		v.Failf("must be a mapping, not %s", kindName(v.node))
		return o
	}
	o.void = false
	o.fill(v.node)
	return o
}

func (o *Object) fill(n *yaml.Node) {
	o.byName = make(map[string]Value, len(n.Content)/2)
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i]
		if o.doc.broken[key] {
			continue
		}
		field, at := join(o.field, key.Value), placeOf(key, o.at)
		m := Member{
			Name:  key.Value,
			Key:   Value{doc: o.doc, node: key, field: field, at: at},
			Value: Value{doc: o.doc, node: n.Content[i+1], field: field, at: at},
		}
		o.members = append(o.members, m)
		o.byName[m.Name] = m.Value
	}
}

// Given reports whether the file has this mapping.
func (o *Object) Given() bool { return !o.void }

// Field returns a field that may be left out.
func (o *Object) Field(name string) Value {
	if !slices.Contains(o.known, name) {
		o.known = append(o.known, name)
	}
	v, ok := o.byName[name]
	if !ok {
		return Value{doc: o.doc, field: join(o.field, name), at: o.at}
	}
	o.doc.places[v.field] = v.Place()
	return v
}

// Need returns a field that must be there; hint says what to write into it.
func (o *Object) Need(name, hint string) Value {
	v := o.Field(name)
	if !o.void && !v.Given() {
		v.Failf("is required: %s", hint)
	}
	return v
}

// Members returns all names of the mapping in the order of the file, for mappings whose names are data.
func (o *Object) Members() []Member {
	for _, m := range o.members {
		o.known = append(o.known, m.Name)
		o.doc.places[m.Value.field] = m.Value.Place()
	}
	return o.members
}

// Rest returns the members that nobody asked for, in the order of the file.
func (o *Object) Rest() []Member {
	var rest []Member
	for _, m := range o.members {
		if !slices.Contains(o.known, m.Name) {
			rest = append(rest, m)
		}
	}
	return rest
}

// Done faults every member that nobody asked for.
func (o *Object) Done() {
	for _, m := range o.Rest() {
		m.Unknown(o.known)
	}
}

// Near returns the known field that the member's name is close to, or nothing.
func (o *Object) Near(m Member) string { return suggest(m.Name, o.known) }

// Unknown faults the member's name.
func (m Member) Unknown(known []string) {
	if near := suggest(m.Name, known); near != "" {
		m.Key.Failf("is an unknown field, did you mean %s?", near)
		return
	}
	m.Key.Failf("is an unknown field, known here are %s", strings.Join(known, ", "))
}
