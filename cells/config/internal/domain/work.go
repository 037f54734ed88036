package domain

import (
	"net/url"
	"regexp/syntax"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"
)

// What checking one value may take at most: about a second where a client tries hard, microseconds in practice.
const (
	maxSteps = 100_000 // schemas applied to values
	maxUnits = 1 << 26 // bytes read, each by every step of a regular expression
	maxChain = 1_000   // schemas applied inside each other

	uniqueCost = 16 // of telling whether items are unique, by what there is to read of them
)

// work follows a validation without doing it: a small schema can make a validator go through the same value any number of times, by
// references that fan out and by regular expressions. Where a validator chooses, all its choices count.
type work struct {
	schema      schema
	steps, left int
}

func (s schema) affordable(value []byte) bool {
	var v any
	if json.Unmarshal(value, &v) != nil {
		return false
	}
	w := work{schema: s, left: maxUnits}
	return w.apply(s.doc, v, 0)
}

// apply reports whether applying a schema to a value stays inside the bounds.
func (w *work) apply(applied, v any, chain int) bool {
	keywords, ok := applied.(map[string]any)
	if w.steps++; w.steps > maxSteps || chain > maxChain {
		return false
	}
	if !ok { // true, false, or nothing that compiles
		return true
	}
	if w.left -= w.units(keywords, v); w.left < 0 {
		return false
	}
	for _, child := range w.inPlace(keywords) {
		if !w.apply(child, v, chain+1) {
			return false
		}
	}
	switch v := v.(type) {
	case map[string]any:
		for name, member := range v {
			if !w.applyAll(membersSchemas(keywords, name), member, chain) || !w.applyAll(one(keywords, "propertyNames"), name, chain) {
				return false
			}
		}
	case []any:
		for i, item := range v {
			if !w.applyAll(itemsSchemas(keywords, i), item, chain) {
				return false
			}
		}
	}
	return true
}

func (w *work) applyAll(schemas []any, v any, chain int) bool {
	for _, s := range schemas {
		if !w.apply(s, v, chain+1) {
			return false
		}
	}
	return true
}

// inPlace returns the schemas that are applied to the value itself.
func (w *work) inPlace(keywords map[string]any) []any {
	out := one(keywords, "not", "if", "then", "else")
	for _, name := range []string{"allOf", "anyOf", "oneOf"} {
		if list, ok := keywords[name].([]any); ok {
			out = append(out, list...)
		}
	}
	for _, name := range []string{"dependentSchemas", "dependencies"} {
		if children, ok := keywords[name].(map[string]any); ok {
			for _, child := range children {
				out = append(out, child)
			}
		}
	}
	if ref, ok := keywords["$ref"].(string); ok {
		out = append(out, resolve(w.schema.doc, ref))
	}
	return out
}

func membersSchemas(keywords map[string]any, name string) []any {
	out := one(keywords, "additionalProperties", "unevaluatedProperties")
	if properties, ok := keywords["properties"].(map[string]any); ok {
		out = append(out, one(properties, name)...)
	}
	if patterns, ok := keywords["patternProperties"].(map[string]any); ok {
		for _, child := range patterns {
			out = append(out, child)
		}
	}
	return out
}

func itemsSchemas(keywords map[string]any, i int) []any {
	out := one(keywords, "items", "contains", "unevaluatedItems")
	if prefix, ok := keywords["prefixItems"].([]any); ok && i < len(prefix) {
		out = append(out, prefix[i])
	}
	return out
}

func one(keywords map[string]any, names ...string) []any {
	var out []any
	for _, name := range names {
		if child, ok := keywords[name]; ok {
			out = append(out, child)
		}
	}
	return out
}

// units returns what the keywords themselves cost on a value.
func (w *work) units(keywords map[string]any, v any) int {
	units := 1
	if values, ok := keywords["enum"].([]any); ok {
		units += len(values)
	}
	switch v := v.(type) {
	case string:
		pattern, _ := keywords["pattern"].(string)
		units += len(v) * (1 + w.schema.patterns[pattern])
	case map[string]any:
		patterns, _ := keywords["patternProperties"].(map[string]any)
		for name := range v {
			for pattern := range patterns {
				units += len(name) * w.schema.patterns[pattern]
			}
		}
	}
	if unique, _ := keywords["uniqueItems"].(bool); unique {
		units += uniqueCost * size(v)
	}
	return units
}

// size returns how much there is to read of a value.
func size(v any) int {
	n := 1
	switch v := v.(type) {
	case string:
		n += len(v)
	case map[string]any:
		for name, member := range v {
			n += len(name) + size(member)
		}
	case []any:
		for _, item := range v {
			n += size(item)
		}
	}
	return n
}

// resolve returns what a reference inside a schema leads to, nil when there is nothing.
func resolve(doc any, ref string) any {
	pointer, err := url.PathUnescape(strings.TrimPrefix(ref, "#"))
	if err != nil || pointer == "" {
		return doc
	}
	for name := range strings.SplitSeq(pointer[1:], "/") {
		name = strings.ReplaceAll(strings.ReplaceAll(name, "~1", "/"), "~0", "~")
		switch at := doc.(type) {
		case map[string]any:
			doc = at[name]
		case []any:
			i, err := strconv.Atoi(name)
			if err != nil || i < 0 || i >= len(at) {
				return nil
			}
			doc = at[i]
		default:
			return nil
		}
	}
	return doc
}

// patternSize returns about how many steps the program of a regular expression has. One that is none counts as its length: compiling says so.
func patternSize(pattern string) int {
	re, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return len(pattern)
	}
	return programSize(re)
}

func programSize(re *syntax.Regexp) int {
	n := 1 + len(re.Rune)
	for _, sub := range re.Sub {
		n += programSize(sub)
	}
	if re.Op == syntax.OpRepeat {
		n *= max(re.Min, re.Max, 1)
	}
	return min(n, maxPatterns+1)
}
