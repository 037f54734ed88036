package body

import (
	"bytes"
	"encoding/json"
	"errors"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"fxcell.dev/fxcell/problem"
)

// ruleSchema is the rule of a fault that lies with the contract's schema or the library, not with the value.
const ruleSchema = "schema"

// Validate returns what is wrong with a body that Scan let through: at most 100 faults, sorted by pointer, then rule.
// A fault with the rule "schema" says that the body could not be checked.
func (s *Schema) Validate(b []byte) []problem.Fault {
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(b))
	if err != nil {
		return []problem.Fault{{Rule: ruleSyntax, Message: "is not JSON"}}
	}
	return s.check(v, len(b))
}

// ValidateValue is Validate for the value of a parameter that was parsed already: a string, a number, a bool, or an []any of such.
// The pointers of its faults are relative to the value; the caller adds where the parameter stands.
func (s *Schema) ValidateValue(v any) []problem.Fault {
	if number, ok := v.(json.Number); ok { // no Scan has seen it
		if scan([]byte(number)) != nil {
			return []problem.Fault{{Rule: ruleNumber, Message: "is no number that can be worked with"}}
		}
	}
	return s.check(v, 0)
}

func (s *Schema) check(v any, size int) (faults []problem.Fault) {
	defer func() {
		// Scan keeps away what is known to crash the library; a request must not end the process for what is not.
		if recover() != nil {
			faults = []problem.Fault{{Rule: ruleSchema, Message: "could not be checked"}}
		}
	}()
	err := s.run(v, size)
	if err == nil {
		return nil
	}
	if failed, ok := errors.AsType[*jsonschema.ValidationError](err); ok {
		c := collector{limit: maxFaults}
		c.add(failed)
		return c.faults
	}
	return []problem.Fault{{Rule: ruleValues, Message: "takes too many steps to check"}}
}

func (s *Schema) run(v any, size int) error {
	if s.guard != nil {
		return s.guard.validate(s.root, v, size)
	}
	return s.root.Validate(v)
}
