package body

import (
	"errors"
	"fmt"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// harden mends in a compiled schema what a body that passed Scan could still abuse, or what the library reports wrongly (unique.go), and
// returns the guard of a recursive schema. Every compiler makes its own schemas, so nothing else sees the changes.
func harden(root *jsonschema.Schema) (*guard, error) {
	w := walk{state: map[*jsonschema.Schema]int{}}
	if err := w.visit(root); err != nil {
		return nil, err
	}
	var g *guard
	if w.recursive {
		g = &guard{}
	}
	for s := range w.state {
		replaceKeywords(s)
		if g != nil {
			g.watch(s)
		}
	}
	return g, nil
}

// walk finds all schemas that a schema reaches, and whether one reaches itself.
type walk struct {
	state     map[*jsonschema.Schema]int
	recursive bool
}

const (
	walking = iota + 1
	walked
)

func (w *walk) visit(s *jsonschema.Schema) error {
	if s.DraftVersion != jsonschemaDraft {
		return fmt.Errorf("%s: only draft 2020-12 of JSON Schema is supported", s.Location)
	}
	if s.DynamicRef != nil {
		w.recursive = true // where it leads is known only while validating
	}
	w.state[s] = walking
	for _, child := range children(s) {
		switch w.state[child] {
		case walking:
			w.recursive = true
		case walked:
		default:
			if err := w.visit(child); err != nil {
				return err
			}
		}
	}
	w.state[s] = walked
	return nil
}

const jsonschemaDraft = 2020

// children returns the schemas that s applies, in draft 2020-12.
func children(s *jsonschema.Schema) []*jsonschema.Schema {
	candidates := []*jsonschema.Schema{
		s.Ref, s.Not, s.If, s.Then, s.Else, s.PropertyNames, s.UnevaluatedProperties, s.Contains, s.Items2020, s.UnevaluatedItems,
	}
	if s.DynamicRef != nil {
		candidates = append(candidates, s.DynamicRef.Ref)
	}
	for _, list := range [][]*jsonschema.Schema{s.AllOf, s.AnyOf, s.OneOf, s.PrefixItems} {
		candidates = append(candidates, list...)
	}
	for _, child := range s.Properties {
		candidates = append(candidates, child)
	}
	for _, child := range s.PatternProperties {
		candidates = append(candidates, child)
	}
	for _, child := range s.DependentSchemas {
		candidates = append(candidates, child)
	}
	for _, dependency := range s.Dependencies {
		if child, ok := dependency.(*jsonschema.Schema); ok {
			candidates = append(candidates, child)
		}
	}
	if child, ok := s.AdditionalProperties.(*jsonschema.Schema); ok {
		candidates = append(candidates, child)
	}
	found := candidates[:0]
	for _, child := range candidates {
		if child != nil {
			found = append(found, child)
		}
	}
	return found
}

// guard bounds the work of a recursive schema. Where such a schema goes down the same member in several branches of a oneOf, each level of
// the body multiplies the work: 40 levels would take years. The library has no context to count in, so the count is the schema's, and its
// validations take turns.
type guard struct {
	mu   sync.Mutex
	left int // steps
}

// What a recursive schema may take: a fixed part, a part by the body's length, and never more than a body of the most values needs.
const (
	minSteps     = 1_000
	stepsPerByte = 8
	maxSteps     = 100_000
)

var errTooManySteps = errors.New("too many steps")

// validate validates a value whose text has size bytes.
func (g *guard) validate(root *jsonschema.Schema, v any, size int) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.left = min(maxSteps, minSteps+stepsPerByte*size)
	err := root.Validate(v)
	if g.left < 0 {
		return errTooManySteps
	}
	return err
}

// watch counts each time that s is applied, and stops the descent when the steps are used up. It sits in the format because the library
// asks for that before it goes down.
func (g *guard) watch(s *jsonschema.Schema) {
	format := s.Format
	name := ""
	if format != nil {
		name = format.Name
	}
	s.Format = &jsonschema.Format{Name: name, Validate: func(v any) error {
		if g.left--; g.left < 0 {
			return errTooManySteps
		}
		if format == nil {
			return nil
		}
		return format.Validate(v)
	}}
}
