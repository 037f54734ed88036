package strict

import (
	"bytes"
	"encoding/json"
	"regexp"

	"go.yaml.in/yaml/v3"
)

var jsonNumber = regexp.MustCompile(`^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?$`)

// JSON reads a mapping as the JSON object that it stands for, its members in the order of the file. A plain scalar is a
// number, true, false or null only where JSON would write it so; what YAML alone takes for one of these is refused.
func (v Value) JSON() json.RawMessage {
	if !v.usable() {
		return nil
	}
	if v.node.Kind != yaml.MappingNode {
		v.Failf("must be a mapping, not %s", kindName(v.node))
		return nil
	}
	var b bytes.Buffer
	if !v.writeJSON(&b) {
		return nil
	}
	return b.Bytes()
}

func (v Value) writeJSON(b *bytes.Buffer) bool {
	if v.doc.broken[v.node] {
		return false
	}
	if v.node.Kind == yaml.MappingNode {
		return v.writeObject(b)
	}
	if v.node.Kind == yaml.SequenceNode {
		return v.writeList(b)
	}
	return v.writeScalar(b)
}

func (v Value) writeList(b *bytes.Buffer) bool {
	b.WriteByte('[')
	ok := true
	for i, item := range v.List() {
		if i > 0 {
			b.WriteByte(',')
		}
		ok = item.writeJSON(b) && ok
	}
	b.WriteByte(']')
	return ok
}

func (v Value) writeObject(b *bytes.Buffer) bool {
	b.WriteByte('{')
	ok := true
	for i, m := range v.Object().Members() {
		if i > 0 {
			b.WriteByte(',')
		}
		writeString(b, m.Name)
		b.WriteByte(':')
		ok = m.Value.writeJSON(b) && ok
	}
	b.WriteByte('}')
	return ok
}

func (v Value) writeScalar(b *bytes.Buffer) bool {
	text := v.node.Value
	switch v.node.Tag {
	case "!!int", "!!float":
		if !jsonNumber.MatchString(text) {
			v.Failf("%s is a number in YAML and none in JSON: write plain decimal, or quote it", quote(text))
			return false
		}
		b.WriteString(text)
	case "!!bool":
		if text != "true" && text != "false" {
			v.Failf("%s: write true or false, or quote it", quote(text))
			return false
		}
		b.WriteString(text)
	case "!!null":
		if text != "null" {
			v.Failf("is empty: write null, or a value")
			return false
		}
		b.WriteString(text)
	default:
		writeString(b, text)
	}
	return true
}

func writeString(b *bytes.Buffer, s string) {
	text, _ := json.Marshal(s) // a string always has a JSON form
	b.Write(text)
}
