package domain

import (
	"embed"
	"fmt"
	"strings"

	"github.com/go-json-experiment/json"

	"fxcell.dev/cells/config/configapi"
	"fxcell.dev/fxcell/contract/body"
	"fxcell.dev/fxcell/problem"
)

// What a schema may have at most. A schema comes from a client: these and the bounds of work.go keep it from costing more than a request may.
const (
	maxSchemaBytes = 64 << 10
	maxSchemaDepth = 32      // objects and arrays in each other
	maxPatterns    = 1 << 16 // of all regular expressions together, in the steps of their programs
)

// noFiles is what references of a client's schema may reach.
var noFiles embed.FS

// schema is the JSON Schema of a setting's value.
type schema struct {
	doc      any
	patterns map[string]int // the size of each regular expression
	size     int            // of all of them, each as often as it stands there
	compiled *body.Schema
}

// compileSchema reads a schema of draft 2020-12. References may only lead to places inside of it: nothing is fetched.
func compileSchema(text string) (schema, error) {
	if len(text) > maxSchemaBytes {
		return schema{}, badSchema("size", fmt.Sprintf("must have at most %d bytes", maxSchemaBytes))
	}
	if refused := body.Scan([]byte(text)); refused != nil {
		return schema{}, badSchema(refused.Faults[0].Rule, refused.Faults[0].Message)
	}
	s := schema{patterns: map[string]int{}}
	if json.Unmarshal([]byte(text), &s.doc) != nil {
		return schema{}, badSchema("syntax", "is not JSON")
	}
	if err := s.inspect(s.doc, 1); err != nil {
		return schema{}, err
	}
	var err error
	if s.compiled, err = body.CompileText(noFiles, "schema.json", text); err != nil { // its text quotes the schema
		return schema{}, badSchema("schema", "is no JSON Schema of draft 2020-12"+lookAt(text))
	}
	return s, nil
}

// lookAt says where a schema is none, as far as that can be told without repeating it.
func lookAt(text string) string {
	meta, err := body.CompileText(noFiles, "schema.json", `{"$ref": "https://json-schema.org/draft/2020-12/schema"}`)
	if err != nil {
		return ""
	}
	if faults := meta.Validate([]byte(text)); len(faults) > 0 && faults[0].Pointer != "" {
		return ": look at " + faults[0].Pointer
	}
	return ""
}

// inspect looks at every value of the schema, also where none is applied: what could hide there is compiled all the same.
func (s *schema) inspect(v any, depth int) error {
	if depth > maxSchemaDepth {
		return badSchema("depth", fmt.Sprintf("must have at most %d levels", maxSchemaDepth))
	}
	switch v := v.(type) {
	case map[string]any:
		if err := s.inspectKeywords(v, depth); err != nil {
			return err
		}
		for _, child := range v {
			if err := s.inspect(child, depth+nesting(child)); err != nil {
				return err
			}
		}
	case []any:
		for _, child := range v {
			if err := s.inspect(child, depth+nesting(child)); err != nil {
				return err
			}
		}
	}
	return nil
}

func nesting(v any) int {
	switch v.(type) {
	case map[string]any, []any:
		return 1
	default:
		return 0
	}
}

func (s *schema) inspectKeywords(keywords map[string]any, depth int) error {
	if ref, ok := keywords["$ref"].(string); ok && ref != "#" && !strings.HasPrefix(ref, "#/") {
		return badSchema("ref", "may only refer to itself: references start with #/")
	}
	if _, ok := keywords["$dynamicRef"].(string); ok {
		return badSchema("ref", "may not use $dynamicRef")
	}
	if _, ok := keywords["$id"].(string); ok && depth > 1 {
		return badSchema("ref", "may have an $id at its root only")
	}
	if pattern, ok := keywords["pattern"].(string); ok {
		s.note(pattern)
	}
	if patterns, ok := keywords["patternProperties"].(map[string]any); ok {
		for pattern := range patterns {
			s.note(pattern)
		}
	}
	if s.size > maxPatterns {
		return badSchema("pattern", "has regular expressions that are too large")
	}
	return nil
}

// note counts a regular expression as often as it stands in the schema: as often it is compiled.
func (s *schema) note(pattern string) {
	if _, ok := s.patterns[pattern]; !ok {
		s.patterns[pattern] = patternSize(pattern)
	}
	s.size += s.patterns[pattern]
}

// validate returns what is wrong with a value that body.Scan let through.
func (s schema) validate(value []byte) ([]problem.Fault, error) {
	if !s.affordable(value) {
		return nil, badSchema("work", "takes too long to check for this value: simplify it")
	}
	faults := s.compiled.Validate(value)
	for _, f := range faults {
		if f.Rule == "schema" {
			return nil, badSchema("schema", "cannot be checked: it refers to itself without end")
		}
	}
	return faults, nil
}

func badSchema(rule, message string) error {
	return problem.New(configapi.ErrSchemaInvalid, "The schema cannot be used.").With(problem.Fault{Pointer: "/schema", Rule: rule, Message: message})
}
