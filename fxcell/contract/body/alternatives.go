package body

import (
	"slices"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
)

// addAlternatives adds one fault for an anyOf or oneOf. All faults of all branches would drown the reader, who meant one of them: when only
// one branch can be the one that was meant, its first fault is told; when all differ in type, the types; else that none fits.
func (c *collector) addAlternatives(e *jsonschema.ValidationError) {
	var meant *jsonschema.ValidationError
	var types []string
	possible, byType := 0, 0
	for _, branch := range e.Causes {
		depth := len(e.InstanceLocation)
		if k := typeOf(branch, depth); k != nil {
			byType++
			types = append(types, k.Want...)
			continue
		}
		if !isOther(branch, depth) {
			possible++
			meant = branch
		}
	}
	switch {
	case len(e.Causes) == 0: // more than one branch fits
		c.addMembers(e, nil)
	case byType == len(e.Causes):
		slices.Sort(types)
		c.addMembers(&jsonschema.ValidationError{
			InstanceLocation: e.InstanceLocation, ErrorKind: &kind.Type{Want: slices.Compact(types)},
		}, nil)
	case possible == 1:
		first := collector{limit: 1}
		first.add(meant)
		for _, fault := range first.faults {
			c.insert(fault)
		}
	default:
		c.addMembers(e, nil)
	}
}

// typeOf returns the error of a branch that is for values of another type.
func typeOf(e *jsonschema.ValidationError, depth int) *kind.Type {
	switch k := e.ErrorKind.(type) {
	case *kind.Type:
		if len(e.InstanceLocation) == depth {
			return k
		}
	case *kind.Reference:
		if len(e.Causes) == 1 {
			return typeOf(e.Causes[0], depth)
		}
	}
	return nil
}

// isOther reports whether a branch is for other values: one of its constants, here or in a member, is not what was sent.
func isOther(e *jsonschema.ValidationError, depth int) bool {
	if len(e.InstanceLocation) > depth+1 {
		return false
	}
	switch e.ErrorKind.(type) {
	case *kind.Const, *kind.Enum:
		return true
	case *kind.Type, *kind.FalseSchema:
		return len(e.InstanceLocation) == depth
	case *kind.Group, *kind.AllOf, *kind.Reference:
		return slices.ContainsFunc(e.Causes, func(cause *jsonschema.ValidationError) bool { return isOther(cause, depth) })
	}
	return false
}
