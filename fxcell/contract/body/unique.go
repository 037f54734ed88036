package body

import (
	"encoding/json"
	"slices"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
)

// replaceKeywords puts extensions of ours in the place of keywords that the library does badly:
// uniqueItems compares pairwise what its hash takes for equal, which a client can arrange (60 kB take seconds and gigabytes);
// an enum with numbers parses each of them again for each value; propertyNames points at wrong objects.
func replaceKeywords(s *jsonschema.Schema) {
	if s.UniqueItems {
		s.UniqueItems = false
		s.Extensions = append(s.Extensions, uniqueItems{})
	}
	if s.Enum != nil && slices.ContainsFunc(s.Enum.Values, holdsNumber) {
		keys := enumKeys{}
		for _, value := range s.Enum.Values {
			keys[string(appendKey(nil, value))] = struct{}{}
		}
		s.Enum = nil
		s.Extensions = append(s.Extensions, keys)
	}
	if s.PropertyNames != nil {
		s.Extensions = append(s.Extensions, propertyNames{s.PropertyNames})
		s.PropertyNames = nil
	}
}

// uniqueItems is the keyword: no item of an array equals another.
type uniqueItems struct{}

var _ jsonschema.SchemaExt = uniqueItems{}

// Validate implements jsonschema.SchemaExt.
func (uniqueItems) Validate(ctx *jsonschema.ValidatorContext, v any) {
	items, ok := v.([]any)
	if !ok || len(items) < 2 {
		return
	}
	seen := make(map[string]int, len(items))
	var key []byte
	for i, item := range items {
		key = appendKey(key[:0], item)
		if first, ok := seen[string(key)]; ok {
			ctx.AddError(&kind.UniqueItems{Duplicates: [2]int{first, i}})
			return
		}
		seen[string(key)] = i
	}
}

// enumKeys is the keyword enum, by the keys of its values.
type enumKeys map[string]struct{}

var _ jsonschema.SchemaExt = enumKeys{}

// Validate implements jsonschema.SchemaExt.
func (e enumKeys) Validate(ctx *jsonschema.ValidatorContext, v any) {
	var scratch [64]byte
	if _, ok := e[string(appendKey(scratch[:0], v))]; !ok {
		ctx.AddError(&kind.Enum{})
	}
}

// propertyNames is the keyword: every name of an object fits a schema.
type propertyNames struct {
	schema *jsonschema.Schema
}

var _ jsonschema.SchemaExt = propertyNames{}

// Validate implements jsonschema.SchemaExt.
func (p propertyNames) Validate(ctx *jsonschema.ValidatorContext, v any) {
	object, ok := v.(map[string]any)
	if !ok {
		return
	}
	for name := range object {
		if p.schema.Validate(name) != nil {
			ctx.AddError(&kind.PropertyNames{Property: name})
		}
	}
}

func holdsNumber(v any) bool {
	switch v := v.(type) {
	case json.Number:
		return true
	case []any:
		return slices.ContainsFunc(v, holdsNumber)
	case map[string]any:
		for _, member := range v {
			if holdsNumber(member) {
				return true
			}
		}
	}
	return false
}
