package body

import (
	"fmt"
	"math/big"
	"strconv"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
)

// describe returns the rule that e broke and a text of ours. It may hold what the schema says, never what was sent: the library's own texts
// quote values and names.
func describe(e *jsonschema.ValidationError) (rule, message string) {
	for _, text := range []func(jsonschema.ErrorKind) string{valueText, objectText, arrayText, stringText, numberText, branchText} {
		if message := text(e.ErrorKind); message != "" {
			return ruleOf(e), message
		}
	}
	return ruleOf(e), "does not fit the contract"
}

// ruleOf returns the keyword that e is about.
func ruleOf(e *jsonschema.ValidationError) string {
	switch e.ErrorKind.(type) {
	case nil, *kind.RefCycle, *kind.InvalidJsonValue:
		return ruleSchema
	case *kind.Not:
		return "not"
	case *kind.PropertyNames:
		return "propertyNames"
	case *kind.FalseSchema:
		if i := strings.LastIndexByte(e.SchemaURL, '/'); strings.HasPrefix(e.SchemaURL[i+1:], "unevaluated") {
			return e.SchemaURL[i+1:]
		}
		return "false"
	}
	if path := e.ErrorKind.KeywordPath(); len(path) > 0 {
		return path[0]
	}
	return ruleSchema
}

func valueText(k jsonschema.ErrorKind) string {
	switch k := k.(type) {
	case *kind.Type:
		return "must be " + typesText(k.Want)
	case *kind.Enum:
		return "must be one of the values that the contract lists"
	case *kind.Const:
		return "must be the one value that the contract allows"
	case *kind.FalseSchema:
		return "is not allowed here"
	case *kind.RefCycle:
		return "cannot be checked: the contract's schema refers to itself"
	case *kind.InvalidJsonValue:
		return "cannot be checked: it is no JSON value"
	}
	return ""
}

func objectText(k jsonschema.ErrorKind) string {
	switch k := k.(type) {
	case *kind.Required:
		return "is required"
	case *kind.DependentRequired, *kind.Dependency:
		return "is required beside another member that was sent"
	case *kind.AdditionalProperties:
		return "is not allowed here"
	case *kind.PropertyNames:
		return "has a name that is not allowed"
	case *kind.MinProperties:
		return "must have at least " + count(k.Want, "member")
	case *kind.MaxProperties:
		return "must have at most " + count(k.Want, "member")
	}
	return ""
}

func arrayText(k jsonschema.ErrorKind) string {
	switch k := k.(type) {
	case *kind.MinItems:
		return "must have at least " + count(k.Want, "item")
	case *kind.MaxItems:
		return "must have at most " + count(k.Want, "item")
	case *kind.AdditionalItems:
		return "has more items than are allowed"
	case *kind.UniqueItems:
		return fmt.Sprintf("has equal items, at %d and %d", k.Duplicates[0], k.Duplicates[1])
	case *kind.Contains:
		return "must have an item of the form that the contract asks for"
	case *kind.MinContains:
		return "must have at least " + count(k.Want, "item") + " of the form that the contract asks for"
	case *kind.MaxContains:
		return "must have at most " + count(k.Want, "item") + " of the form that the contract limits"
	}
	return ""
}

func stringText(k jsonschema.ErrorKind) string {
	switch k := k.(type) {
	case *kind.MinLength:
		return "must have at least " + count(k.Want, "character")
	case *kind.MaxLength:
		return "must have at most " + count(k.Want, "character")
	case *kind.Pattern:
		if len(k.Want) > maxPattern {
			return "must match the contract's pattern"
		}
		return "must match " + k.Want
	case *kind.Format:
		return "must have the format " + k.Want
	case *kind.ContentEncoding:
		return "must be encoded as " + k.Want
	case *kind.ContentMediaType:
		return "must be of the media type " + k.Want
	case *kind.ContentSchema:
		return "must hold what the contract describes"
	}
	return ""
}

// maxPattern is the longest pattern that helps a reader.
const maxPattern = 120

func numberText(k jsonschema.ErrorKind) string {
	switch k := k.(type) {
	case *kind.Minimum:
		return "must be at least " + ratText(k.Want)
	case *kind.Maximum:
		return "must be at most " + ratText(k.Want)
	case *kind.ExclusiveMinimum:
		return "must be more than " + ratText(k.Want)
	case *kind.ExclusiveMaximum:
		return "must be less than " + ratText(k.Want)
	case *kind.MultipleOf:
		return "must be a multiple of " + ratText(k.Want)
	}
	return ""
}

func branchText(k jsonschema.ErrorKind) string {
	switch k := k.(type) {
	case *kind.Not:
		return "has a form that is not allowed"
	case *kind.AnyOf:
		return "has none of the forms that are allowed"
	case *kind.OneOf:
		if len(k.Subschemas) > 0 {
			return "has more than one of the forms of which only one is allowed"
		}
		return "has none of the forms that are allowed"
	}
	return ""
}

// typeNames are the types of JSON Schema for a reader.
var typeNames = map[string]string{
	"array": "an array", "boolean": "true or false", "integer": "a whole number", "null": "null", "number": "a number",
	"object": "an object", "string": "a string",
}

func typesText(types []string) string {
	names := make([]string, 0, len(types))
	for _, t := range types {
		names = append(names, typeNames[t])
	}
	return strings.Join(names, " or ")
}

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return strconv.Itoa(n) + " " + noun + "s"
}

// ratText writes a bound as the schema has it; a very long one is rounded.
func ratText(r *big.Rat) string {
	if digits, exact := r.FloatPrec(); exact && digits <= maxNumber {
		if text := r.FloatString(digits); len(text) <= 2*maxNumber {
			return text
		}
	}
	f, _ := r.Float64()
	return strconv.FormatFloat(f, 'g', -1, 64)
}
