package strict

import (
	"go.yaml.in/yaml/v3"
)

// maxDepth is how deep values nest at most; an inline schema is the deepest of them.
const maxDepth = 64

// inspect refuses what the subset leaves out, in the whole tree, and marks each refused node so that no reader looks at
// it and reports it again.
func (d *Doc) inspect(n *yaml.Node, field string, at Place, depth int) {
	at = placeOf(n, at)
	if depth > maxDepth {
		d.refuse(n, at, field, "nests deeper than "+itoa(maxDepth)+" levels")
		return
	}
	if n.Kind == yaml.AliasNode {
		d.refuse(n, at, field, "aliases (*"+clip(n.Value)+") are refused: write the value out")
		return
	}
	if n.Anchor != "" {
		d.failf(at, field, "anchors (&%s) are refused: write the value out where it is used", clip(n.Anchor))
	}
	if n.Style&yaml.TaggedStyle != 0 {
		d.refuse(n, at, field, "tags ("+clip(n.Tag)+") are refused: the field says what its value is")
	}
	if n.Kind == yaml.MappingNode {
		d.inspectMapping(n, field, depth)
	}
	if n.Kind == yaml.SequenceNode {
		for i, item := range n.Content {
			d.inspect(item, index(field, i), at, depth+1)
		}
	}
}

func (d *Doc) inspectMapping(n *yaml.Node, field string, depth int) {
	first := map[string]int{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		at := placeOf(key, placeOf(n, Place{1, 1}))
		if !d.inspectKey(key, field, at) {
			continue
		}
		name := join(field, key.Value)
		if line, ok := first[key.Value]; ok {
			d.refuse(key, at, name, "stands here a second time, the first is in line "+itoa(line))
			continue
		}
		first[key.Value] = at.Line
		d.inspect(value, name, at, depth+1)
	}
}

// inspectKey reports whether a key is one that readers may look at.
func (d *Doc) inspectKey(key *yaml.Node, field string, at Place) bool {
	switch {
	case key.Kind == yaml.AliasNode:
		d.refuse(key, at, field, "aliases (*"+clip(key.Value)+") are refused: write the key out")
	case key.Kind != yaml.ScalarNode:
		d.refuse(key, at, field, "has "+kindName(key)+" for a key: keys are names")
	case key.Value == "":
		d.refuse(key, at, field, "has an empty key")
	case key.Tag == "!!merge":
		d.refuse(key, at, field, "merge keys (<<) are refused: write the fields out")
	case key.Style&yaml.TaggedStyle != 0:
		d.failf(at, field, "tags (%s) are refused", clip(key.Tag))
	case key.Anchor != "":
		d.failf(at, field, "anchors (&%s) are refused", clip(key.Anchor))
	}
	return !d.broken[key]
}

func (d *Doc) refuse(n *yaml.Node, at Place, field, message string) {
	d.failf(at, field, "%s", message)
	d.broken[n] = true
}

// isNull reports whether a value is written as nothing, ~ or null.
func isNull(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.Tag == "!!null" }

func kindName(n *yaml.Node) string {
	switch {
	case n.Kind == yaml.MappingNode:
		return "a mapping"
	case n.Kind == yaml.SequenceNode:
		return "a list"
	case isNull(n):
		return "nothing"
	}
	return "a single value"
}
