package domain

import (
	"fmt"
	"math"
	"strconv"

	"github.com/go-json-experiment/json/jsontext"

	"fxcell.dev/cells/config/configapi"
	"fxcell.dev/fxcell/contract/body"
	"fxcell.dev/fxcell/problem"
	"fxcell.dev/fxcell/secret"
)

// MaxValueBytes is how large a value may be.
const MaxValueBytes = 64 << 10

// Type says how a value is read.
type Type string

// The types of settings.
const (
	TypeString  Type = "string"
	TypeInteger Type = "integer" // fits 64 bits
	TypeNumber  Type = "number"  // a JSON number that fits a float64
	TypeBoolean Type = "boolean" // true or false
	TypeJSON    Type = "json"    // one JSON value, kept as it was sent
)

// Rules say what values a setting may have.
type Rules struct {
	Type      Type
	Schema    string // JSON Schema of the value as its type reads it, "" for none
	Sensitive bool   // the value is never shown
}

// Check returns a problem when the schema cannot be used or the value does not fit the rules. Its pointers are /schema, or /value and the place
// inside the value; of a sensitive value they tell no place, since names of members are part of it.
func (r Rules) Check(value secret.Text) error {
	text := value.Reveal()
	if len(text) > MaxValueBytes {
		return badValue(problem.Fault{Rule: "maxBytes", Message: fmt.Sprintf("must have at most %d bytes", MaxValueBytes)})
	}
	if r.Sensitive && text == Mask {
		return badValue(problem.Fault{Rule: "mask", Message: "is what answers show instead of the value of a sensitive setting"})
	}
	encoded, fault := r.Type.read(text)
	if fault != nil {
		return r.refuse([]problem.Fault{*fault})
	}
	if r.Schema == "" {
		return nil
	}
	schema, err := compileSchema(r.Schema)
	if err != nil {
		return err
	}
	faults, err := schema.validate(encoded)
	if err != nil {
		return err
	}
	return r.refuse(faults)
}

func (r Rules) refuse(faults []problem.Fault) error {
	switch {
	case len(faults) == 0:
		return nil
	case r.Sensitive:
		return badValue(problem.Fault{Rule: "rules", Message: "does not fit the type and schema of the setting"})
	default:
		return badValue(faults...)
	}
}

func badValue(faults ...problem.Fault) error {
	for i := range faults {
		faults[i].Pointer = "/value" + faults[i].Pointer
	}
	return problem.New(configapi.ErrValueInvalid, "The value does not fit the type and schema of the setting; pointers lead into the value.").
		With(faults...)
}

// read returns the value as JSON that body.Scan lets through, or what is wrong with it.
func (t Type) read(text string) ([]byte, *problem.Fault) {
	wrong := func(message string) ([]byte, *problem.Fault) {
		return nil, &problem.Fault{Rule: "type", Message: message}
	}
	switch t {
	case TypeString:
		encoded, err := jsontext.AppendQuote(nil, text)
		if err != nil { // its text quotes the value
			return wrong("must be UTF-8")
		}
		return encoded, nil
	case TypeInteger:
		if n, err := strconv.ParseInt(text, 10, 64); err != nil || strconv.FormatInt(n, 10) != text {
			return wrong("must be an integer of 64 bits in decimal")
		}
	case TypeNumber:
		if !isNumber(text) {
			return wrong("must be a number as JSON writes it")
		}
	case TypeBoolean:
		if text != "true" && text != "false" {
			return wrong("must be true or false")
		}
	case TypeJSON:
		if refused := body.Scan([]byte(text)); refused != nil {
			return nil, &refused.Faults[0]
		}
	default:
		return wrong("cannot be read: the setting has no type that is known")
	}
	return []byte(text), nil
}

func isNumber(text string) bool {
	if text == "" || text[0] != '-' && (text[0] < '0' || text[0] > '9') || text[len(text)-1] < '0' || body.Scan([]byte(text)) != nil {
		return false
	}
	f, err := strconv.ParseFloat(text, 64)
	return err == nil && !math.IsInf(f, 0)
}
