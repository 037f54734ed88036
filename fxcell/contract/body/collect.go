package body

import (
	"cmp"
	"slices"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"

	"fxcell.dev/fxcell/problem"
)

// maxFaults is how many faults one answer names.
const maxFaults = 100

// collector makes faults of the library's errors and keeps the first ones by pointer and rule, each once. It never holds more than limit:
// a body can have thousands.
type collector struct {
	limit   int
	faults  []problem.Fault
	scratch []byte
}

// add takes e and what it is made of.
func (c *collector) add(e *jsonschema.ValidationError) {
	switch k := e.ErrorKind.(type) {
	case *kind.Schema, *kind.Group, *kind.AllOf, *kind.Reference: // only hold others
		for _, cause := range e.Causes {
			c.add(cause)
		}
	case *kind.Required:
		c.addMembers(e, k.Missing)
	case *kind.DependentRequired:
		c.addMembers(e, k.Missing)
	case *kind.Dependency:
		c.addMembers(e, k.Missing)
	case *kind.AdditionalProperties:
		c.addMembers(e, k.Properties)
	case *kind.PropertyNames:
		c.addMembers(e, []string{k.Property})
	case *kind.AnyOf:
		c.addAlternatives(e)
	case *kind.OneOf:
		c.addAlternatives(e)
	default:
		c.addMembers(e, nil)
	}
}

// addMembers adds a fault of e for each of the members, or one for the value itself when there are none.
func (c *collector) addMembers(e *jsonschema.ValidationError, members []string) {
	c.scratch = c.scratch[:0]
	for _, segment := range e.InstanceLocation {
		c.scratch = appendSegment(c.scratch, segment)
	}
	if members == nil {
		c.keep(c.scratch, e)
		return
	}
	parent := len(c.scratch)
	for _, member := range members {
		c.scratch = appendSegment(c.scratch[:parent], member)
		c.keep(c.scratch, e)
	}
}

// keep adds a fault of e, unless the faults that are kept leave no room: then its text is not even made.
func (c *collector) keep(pointer []byte, e *jsonschema.ValidationError) {
	if len(c.faults) == c.limit && string(pointer) > c.faults[c.limit-1].Pointer {
		return
	}
	rule, message := describe(e)
	c.insert(problem.Fault{Pointer: string(pointer), Rule: rule, Message: message})
}

func (c *collector) insert(fault problem.Fault) {
	at, found := slices.BinarySearchFunc(c.faults, fault, compareFaults)
	if found || at == c.limit {
		return
	}
	if len(c.faults) == c.limit {
		c.faults = c.faults[:c.limit-1]
	}
	c.faults = slices.Insert(c.faults, at, fault)
}

func compareFaults(a, b problem.Fault) int {
	return cmp.Or(cmp.Compare(a.Pointer, b.Pointer), cmp.Compare(a.Rule, b.Rule), cmp.Compare(a.Message, b.Message))
}
