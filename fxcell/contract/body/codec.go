package body

import (
	"errors"
	"fmt"
	"reflect"
	"strconv"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"fxcell.dev/fxcell/problem"
)

// Decode decodes a validated body into the value that into points to. Members match fields by case, and one without a field is refused.
// What the schema let through and the Go type cannot hold (2^63 or 1.0 in an int64) is a fault like those of Validate.
func Decode(b []byte, into any) []problem.Fault {
	err := json.Unmarshal(b, into, json.RejectUnknownMembers(true))
	if err == nil {
		return nil
	}
	failed, ok := errors.AsType[*json.SemanticError](err)
	if !ok {
		return []problem.Fault{*syntaxFault(b, err)}
	}
	return []problem.Fault{decodeFault(failed)}
}

func decodeFault(e *json.SemanticError) problem.Fault {
	f := problem.Fault{Pointer: pointerTo(e.JSONPointer), Rule: "type", Message: "does not have the type that is expected here"}
	switch {
	case errors.Is(e.Err, json.ErrUnknownName):
		f.Rule, f.Message = "additionalProperties", "is not allowed here"
	case errors.Is(e.Err, strconv.ErrRange):
		f.Rule, f.Message = "range", "is beyond the numbers that fit here"
	case e.JSONKind == jsontext.KindNumber && isInteger(e.GoType):
		f.Message = "must be a whole number of the kind that fits here, without fraction or exponent"
	case e.Err != nil: // from a type's own decoding: times, bytes
		f.Rule, f.Message = "format", "does not have the format that is expected here"
	}
	return f
}

func isInteger(t reflect.Type) bool {
	if t == nil {
		return false
	}
	switch t.Kind() {
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		return true
	default:
		return false
	}
}

// Encode encodes an answer or a payload. Equal values have equal bytes: members of maps are sorted, fields keep their order, times are
// RFC 3339.
func Encode(v any) ([]byte, error) {
	b, err := json.Marshal(v, json.Deterministic(true))
	if err != nil {
		return nil, fmt.Errorf("body: encode: %w", err)
	}
	return b, nil
}
