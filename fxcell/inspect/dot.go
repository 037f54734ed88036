package inspect

import (
	"fmt"
	"strconv"
	"strings"

	"go.uber.org/fx"
)

// key is a value of the container: a type, with a name or in a group. The text of a type names its package by its last element only; identity tells
// types apart that print alike, where it is known.
type key struct{ typ, name, group, identity string }

// plain is the key as the graph's text has it.
func (k key) plain() key { return key{k.typ, k.name, k.group, ""} }

// is reports whether both are the same value, as far as can be known.
func (k key) is(other key) bool {
	return k.plain() == other.plain() && (k.identity == "" || other.identity == "" || k.identity == other.identity)
}

func (k key) String() string {
	switch {
	case k.group != "":
		return "group " + k.group
	case k.name != "":
		return fmt.Sprintf("%s named %s", k.typ, k.name)
	default:
		return k.typ
	}
}

// need is what a function takes.
type need struct {
	key

	optional bool
}

// node is a constructor as the graph's text tells it.
type node struct {
	name  string // import path and name of the function
	gives []key
	takes []need
}

// readDOT reads the text that fx.DotGraph holds, in the order of the text: what the root scope holds, then scope by scope what is private.
func readDOT(dot fx.DotGraph) []*node {
	var nodes []*node
	byID := map[string]*node{}
	pkg := ""
	for line := range strings.SplitSeq(string(dot), "\n") {
		line = strings.TrimSpace(line)
		if rest, ok := strings.CutPrefix(line, "constructor_"); ok {
			id, rest, _ := strings.Cut(rest, " ")
			if label, ok := strings.CutPrefix(rest, "[shape=plaintext label="); ok {
				name, _ := unquote(label)
				byID[id] = &node{name: strings.TrimPrefix(pkg+"."+name, ".")}
				nodes = append(nodes, byID[id])
			} else if param, ok := strings.CutPrefix(rest, "-> "); ok && byID[id] != nil {
				text, attributes := unquote(param)
				byID[id].takes = append(byID[id].takes, need{paramKey(text), strings.Contains(attributes, "style=dashed")})
			}
			continue
		}
		switch text, rest := unquote(line); {
		case strings.HasPrefix(line, "subgraph "):
			pkg = ""
		case strings.HasPrefix(line, "label = "):
			pkg, _ = unquote(strings.TrimPrefix(line, "label = "))
		case strings.HasPrefix(rest, " [label=") && len(nodes) > 0:
			last := nodes[len(nodes)-1]
			last.gives = append(last.gives, resultKey(text))
		}
	}
	return nodes
}

// unquote reads the quoted text that s begins with.
func unquote(s string) (text, rest string) {
	quoted, err := strconv.QuotedPrefix(s)
	if err != nil {
		return "", s
	}
	text, err = strconv.Unquote(quoted)
	if err != nil {
		return "", s
	}
	return text, s[len(quoted):]
}

// paramKey reads T, T[name=n] or [type=T group=g].
func paramKey(text string) key {
	if rest, ok := strings.CutPrefix(text, "[type="); ok {
		if i := strings.LastIndex(rest, " group="); i >= 0 {
			return key{typ: rest[:i], group: strings.TrimSuffix(rest[i+len(" group="):], "]")}
		}
	}
	return resultKey(text)
}

// resultKey reads T, T[name=n] or T[group=g]7.
func resultKey(text string) key {
	bare := strings.TrimRight(text, "0123456789")
	if i := strings.LastIndex(bare, "[group="); i >= 0 && strings.HasSuffix(bare, "]") {
		return key{typ: bare[:i], group: bare[i+len("[group=") : len(bare)-1]}
	}
	if i := strings.LastIndex(text, "[name="); i >= 0 && strings.HasSuffix(text, "]") {
		return key{typ: text[:i], name: text[i+len("[name=") : len(text)-1]}
	}
	return key{typ: text}
}
