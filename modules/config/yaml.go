package config

import (
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

const nullTag = "!!null"

// reader turns the nodes of one file into settings.
type reader struct {
	file     string
	settings []setting
	faults   []error
}

func (r *reader) fault(at *yaml.Node, format string, args ...any) {
	r.faults = append(r.faults, fault("%s: "+format, append([]any{position(r.file, at.Line)}, args...)...))
}

func (r *reader) mapping(node *yaml.Node, path []string, lines []int) {
	first := map[string]int{}
	for i := 0; i+1 < len(node.Content); i += 2 {
		key, value := node.Content[i], node.Content[i+1]
		if key.Kind != yaml.ScalarNode || !isKey(key.Value) {
			r.fault(key, "want a key in snake_case")
			continue
		}
		below := append(slices.Clone(path), key.Value)
		if line, twice := first[key.Value]; twice {
			r.fault(key, "%s is set twice, first in line %d: keep one", strings.Join(below, delimiter), line)
			continue
		}
		first[key.Value] = key.Line
		r.value(value, setting{path: below, lines: append(slices.Clone(lines), key.Line), from: r.file})
	}
}

func (r *reader) value(node *yaml.Node, s setting) {
	switch node.Kind {
	case yaml.MappingNode:
		if len(node.Content) > 0 {
			r.mapping(node, s.path, s.lines)
			return
		}
		s.value = new(any(map[string]any{}))
	case yaml.SequenceNode:
		items := make([]any, 0, len(node.Content))
		for _, n := range node.Content {
			item, ok := r.scalar(n, s)
			if ok && item == nil {
				r.fault(n, "%s: an item of a list has a value", s.key(len(s.path)))
				continue
			}
			items = append(items, item)
		}
		s.value = new(any(items))
	default:
		content, _ := r.scalar(node, s)
		s.value = new(content)
	}
	r.settings = append(r.settings, s)
}

// scalar returns the value of a node: a string, a number, a bool, or nil for none.
func (r *reader) scalar(node *yaml.Node, s setting) (any, bool) {
	key := s.key(len(s.path))
	if node.Kind == yaml.AliasNode {
		r.fault(node, "%s: aliases are not supported: write the value out", key)
		return nil, false
	}
	if node.Kind != yaml.ScalarNode {
		r.fault(node, "%s: a list holds plain values only", key)
		return nil, false
	}
	switch node.ShortTag() {
	case "!!str", "!!timestamp": // a date is text to us
		if !isText(node.Value) {
			r.fault(node, "%s: %s", key, badText)
			return nil, false
		}
		return node.Value, true
	case "!!int", "!!float", "!!bool", nullTag:
		var v any
		if err := node.Decode(&v); err != nil { // only with a tag of its own: !!int x
			r.fault(node, "%s: the value does not fit its tag", key)
			return nil, false
		}
		return v, true
	default:
		r.fault(node, "%s: tags are not supported: write a plain value", key)
		return nil, false
	}
}
