package body

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"fxcell.dev/fxcell/problem"
)

func schemaOf(tb testing.TB, text string) *Schema {
	tb.Helper()
	s, err := CompileText(fstest.MapFS{}, "test.json", text)
	if err != nil {
		tb.Fatal(err)
	}
	return s
}

// validate scans and validates, as the pipeline does.
func validate(tb testing.TB, s *Schema, body string) []problem.Fault {
	tb.Helper()
	if err := Scan([]byte(body)); err != nil {
		tb.Fatalf("scan of %.60q: %v", body, err.Faults)
	}
	return s.Validate([]byte(body))
}

func TestValidateNamesEachFault(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		schema, body string
		want         []problem.Fault
	}{
		"nothing": {`{"type":"object"}`, `{}`, nil},
		"type":    {`{"type":"string"}`, `42`, []problem.Fault{{Rule: "type", Message: "must be a string"}}},
		"types":   {`{"type":["object","null"]}`, `42`, []problem.Fault{{Rule: "type", Message: "must be null or an object"}}},
		"required, one a member": {`{"required":["a","b/~","c"]}`, `{"a":1}`, []problem.Fault{
			{Pointer: "/b~1~0", Rule: "required", Message: "is required"},
			{Pointer: "/c", Rule: "required", Message: "is required"},
		}},
		"unknown, one a member": {`{"items":{"additionalProperties":false,"properties":{"a":{}}}}`, `[{"a":1,"z":1,"x/y~":1}]`, []problem.Fault{
			{Pointer: "/0/x~1y~0", Rule: "additionalProperties", Message: "is not allowed here"},
			{Pointer: "/0/z", Rule: "additionalProperties", Message: "is not allowed here"},
		}},
		"unevaluated":       {`{"unevaluatedProperties":false}`, `{"a":1}`, []problem.Fault{{Pointer: "/a", Rule: "unevaluatedProperties", Message: "is not allowed here"}}},
		"unevaluated items": {`{"unevaluatedItems":false}`, `[1]`, []problem.Fault{{Pointer: "/0", Rule: "unevaluatedItems", Message: "is not allowed here"}}},
		"false":             {`{"properties":{"a":false}}`, `{"a":1}`, []problem.Fault{{Pointer: "/a", Rule: "false", Message: "is not allowed here"}}},
		"dependentRequired": {`{"dependentRequired":{"a":["b"]}}`, `{"a":1}`, []problem.Fault{{Pointer: "/b", Rule: "dependentRequired", Message: "is required beside another member that was sent"}}},
		"propertyNames of each object": {
			`{"additionalProperties":{"propertyNames":{"pattern":"^[a-z]+$"}}}`, `{"a":{"BAD":1},"b":{"ok":1},"c":{"ok":1}}`,
			[]problem.Fault{{Pointer: "/a/BAD", Rule: "propertyNames", Message: "has a name that is not allowed"}},
		},
		"minProperties":    {`{"minProperties":1}`, `{}`, []problem.Fault{{Rule: "minProperties", Message: "must have at least 1 member"}}},
		"maxProperties":    {`{"maxProperties":0}`, `{"a":1}`, []problem.Fault{{Rule: "maxProperties", Message: "must have at most 0 members"}}},
		"minItems":         {`{"minItems":2}`, `[1]`, []problem.Fault{{Rule: "minItems", Message: "must have at least 2 items"}}},
		"maxItems":         {`{"maxItems":1}`, `[1,2]`, []problem.Fault{{Rule: "maxItems", Message: "must have at most 1 item"}}},
		"uniqueItems":      {`{"uniqueItems":true}`, `["a",{"x":1,"y":[2]},{"y":[2.0],"x":10e-1}]`, []problem.Fault{{Rule: "uniqueItems", Message: "has equal items, at 1 and 2"}}},
		"contains":         {`{"contains":{"type":"string"}}`, `[1,2]`, []problem.Fault{{Rule: "contains", Message: "must have an item of the form that the contract asks for"}}},
		"minContains":      {`{"contains":{"type":"string"},"minContains":2}`, `["a",2]`, []problem.Fault{{Rule: "minContains", Message: "must have at least 2 items of the form that the contract asks for"}}},
		"maxContains":      {`{"contains":{"type":"string"},"maxContains":1}`, `["a","b"]`, []problem.Fault{{Rule: "maxContains", Message: "must have at most 1 item of the form that the contract limits"}}},
		"minLength":        {`{"minLength":2}`, `"ü"`, []problem.Fault{{Rule: "minLength", Message: "must have at least 2 characters"}}},
		"maxLength":        {`{"maxLength":1}`, `"üü"`, []problem.Fault{{Rule: "maxLength", Message: "must have at most 1 character"}}},
		"pattern":          {`{"pattern":"^a$"}`, `"b"`, []problem.Fault{{Rule: "pattern", Message: "must match ^a$"}}},
		"a long pattern":   {`{"pattern":"^a{1,1}` + strings.Repeat("b", 120) + `$"}`, `"b"`, []problem.Fault{{Rule: "pattern", Message: "must match the contract's pattern"}}},
		"format":           {`{"format":"date-time"}`, `"today"`, []problem.Fault{{Rule: "format", Message: "must have the format date-time"}}},
		"enum":             {`{"enum":["a","b"]}`, `"c"`, []problem.Fault{{Rule: "enum", Message: "must be one of the values that the contract lists"}}},
		"enum of numbers":  {`{"enum":[1,"x",[2]]}`, `2`, []problem.Fault{{Rule: "enum", Message: "must be one of the values that the contract lists"}}},
		"enum by value":    {`{"items":{"enum":[1,2.50,{"a":[10]},null]}}`, `[1.0,25e-1,{"a":[1e1]},null]`, nil},
		"const":            {`{"const":1}`, `2`, []problem.Fault{{Rule: "const", Message: "must be the one value that the contract allows"}}},
		"minimum":          {`{"minimum":0.5}`, `0`, []problem.Fault{{Rule: "minimum", Message: "must be at least 0.5"}}},
		"maximum":          {`{"maximum":9223372036854775807}`, `9223372036854775808`, []problem.Fault{{Rule: "maximum", Message: "must be at most 9223372036854775807"}}},
		"exclusiveMinimum": {`{"exclusiveMinimum":0}`, `0`, []problem.Fault{{Rule: "exclusiveMinimum", Message: "must be more than 0"}}},
		"exclusiveMaximum": {`{"exclusiveMaximum":1e300}`, `1e300`, []problem.Fault{{Rule: "exclusiveMaximum", Message: "must be less than 1e+300"}}},
		"multipleOf":       {`{"multipleOf":0.01}`, `0.005`, []problem.Fault{{Rule: "multipleOf", Message: "must be a multiple of 0.01"}}},
		"not":              {`{"not":{"type":"string"}}`, `"a"`, []problem.Fault{{Rule: "not", Message: "has a form that is not allowed"}}},
		"then":             {`{"if":{"required":["a"]},"then":{"required":["b"]},"else":{"required":["c"]}}`, `{"a":1}`, []problem.Fault{{Pointer: "/b", Rule: "required", Message: "is required"}}},
		"else":             {`{"if":{"required":["a"]},"then":{"required":["b"]},"else":{"required":["c"]}}`, `{}`, []problem.Fault{{Pointer: "/c", Rule: "required", Message: "is required"}}},
		"allOf and $ref, each once": {
			`{"$defs":{"a":{"required":["a"]}},"allOf":[{"$ref":"#/$defs/a"},{"required":["b"]},{"required":["a"]}]}`, `{}`,
			[]problem.Fault{{Pointer: "/a", Rule: "required", Message: "is required"}, {Pointer: "/b", Rule: "required", Message: "is required"}},
		},
		"sorted by pointer, then rule": {
			`{"properties":{"b":{"minLength":3,"pattern":"^x"},"a":{"type":"null"}},"required":["c"],"maxProperties":1}`, `{"b":"b","a":1}`,
			[]problem.Fault{
				{Rule: "maxProperties", Message: "must have at most 1 member"},
				{Pointer: "/a", Rule: "type", Message: "must be null"},
				{Pointer: "/b", Rule: "minLength", Message: "must have at least 3 characters"},
				{Pointer: "/b", Rule: "pattern", Message: "must match ^x"},
				{Pointer: "/c", Rule: "required", Message: "is required"},
			},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tc.want, validate(t, schemaOf(t, tc.schema), tc.body)); diff != "" {
				t.Errorf("faults (-want +got):\n%s", diff)
			}
		})
	}
}

func TestValidateTellsOneFaultOfAlternatives(t *testing.T) {
	t.Parallel()
	shapes := `{"oneOf":[
		{"type":"object","properties":{"kind":{"const":"circle"},"radius":{"type":"integer"}},"required":["kind","radius"]},
		{"type":"object","properties":{"kind":{"const":"line"},"from":{"type":"integer"},"to":{"type":"integer"}},"required":["kind","from","to"]}]}`
	cases := map[string]struct {
		schema, body string
		want         problem.Fault
	}{
		"the branch that was meant":      {shapes, `{"kind":"line","to":"x"}`, problem.Fault{Pointer: "/from", Rule: "required", Message: "is required"}},
		"no branch is near":              {shapes, `{"kind":"dot"}`, problem.Fault{Rule: "oneOf", Message: "has none of the forms that are allowed"}},
		"both could be meant":            {shapes, `{}`, problem.Fault{Rule: "oneOf", Message: "has none of the forms that are allowed"}},
		"wrong type for all":             {shapes, `[]`, problem.Fault{Rule: "type", Message: "must be an object"}},
		"more than one fits":             {`{"oneOf":[{"minimum":1},{"maximum":5}]}`, `3`, problem.Fault{Rule: "oneOf", Message: "has more than one of the forms of which only one is allowed"}},
		"types only":                     {`{"properties":{"a":{"anyOf":[{"type":"string"},{"$ref":"#/$defs/n"}]}},"$defs":{"n":{"type":["null","boolean"]}}}`, `{"a":1}`, problem.Fault{Pointer: "/a", Rule: "type", Message: "must be true or false or null or a string"}},
		"null or else":                   {`{"anyOf":[{"type":"null"},{"$ref":"#/$defs/s"}],"$defs":{"s":{"type":"string","maxLength":1}}}`, `"long"`, problem.Fault{Rule: "maxLength", Message: "must have at most 1 character"}},
		"anyOf, no branch is near":       {`{"anyOf":[{"required":["a"]},{"required":["b"]}]}`, `{}`, problem.Fault{Rule: "anyOf", Message: "has none of the forms that are allowed"}},
		"alternatives in an alternative": {`{"anyOf":[{"type":"null"},{"items":{"anyOf":[{"type":"null"},{"type":"string","minLength":2}]}}]}`, `["long","s"]`, problem.Fault{Pointer: "/1", Rule: "minLength", Message: "must have at least 2 characters"}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff([]problem.Fault{tc.want}, validate(t, schemaOf(t, tc.schema), tc.body)); diff != "" {
				t.Errorf("faults (-want +got):\n%s", diff)
			}
		})
	}
}

func TestValidateKeepsTheFirstHundredFaults(t *testing.T) {
	t.Parallel()
	s := schemaOf(t, `{"additionalProperties":false}`)
	var body strings.Builder
	for i := range 9_000 {
		fmt.Fprintf(&body, `,"m%04d":1`, i)
	}
	var want []problem.Fault
	for i := range 100 {
		want = append(want, problem.Fault{Pointer: fmt.Sprintf("/m%04d", i), Rule: "additionalProperties", Message: "is not allowed here"})
	}
	if diff := cmp.Diff(want, validate(t, s, "{"+body.String()[1:]+"}")); diff != "" {
		t.Errorf("faults (-want +got):\n%s", diff)
	}
}

func TestValidateCutsNamesThatWereSent(t *testing.T) {
	t.Parallel()
	s := schemaOf(t, `{"additionalProperties":false}`)
	got := validate(t, s, fmt.Sprintf(`{%q:1,%q:2}`, strings.Repeat("ü", 64), strings.Repeat("~", 65)))
	want := []problem.Fault{
		{Pointer: "/" + strings.Repeat("~0", 64) + "…", Rule: "additionalProperties", Message: "is not allowed here"},
		{Pointer: "/" + strings.Repeat("ü", 64), Rule: "additionalProperties", Message: "is not allowed here"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("faults (-want +got):\n%s", diff)
	}
}

func TestValidateValueChecksParameters(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		schema string
		value  any
		want   []problem.Fault
	}{
		"a string":               {`{"type":"string","maxLength":2}`, "abc", []problem.Fault{{Rule: "maxLength", Message: "must have at most 2 characters"}}},
		"an int64":               {`{"type":"integer","maximum":10}`, int64(11), []problem.Fault{{Rule: "maximum", Message: "must be at most 10"}}},
		"a float64":              {`{"type":"number","enum":[0.5,2]}`, 2.0, nil},
		"a float64, not in enum": {`{"enum":[0.5,2]}`, 1e300, []problem.Fault{{Rule: "enum", Message: "must be one of the values that the contract lists"}}},
		"a bool":                 {`{"const":true}`, false, []problem.Fault{{Rule: "const", Message: "must be the one value that the contract allows"}}},
		"a list":                 {`{"items":{"type":"string"}}`, []any{"a", int64(1)}, []problem.Fault{{Pointer: "/1", Rule: "type", Message: "must be a string"}}},
		"a good number":          {`{"minimum":1}`, json.Number("2"), nil},
		"a number for no scan":   {`{"minimum":1}`, json.Number("1e1000001"), []problem.Fault{{Rule: "number", Message: "is no number that can be worked with"}}},
		"no number":              {`{"minimum":1}`, json.Number("secret"), []problem.Fault{{Rule: "number", Message: "is no number that can be worked with"}}},
		"NaN":                    {`{"minimum":1}`, math.NaN(), []problem.Fault{{Rule: "schema", Message: "cannot be checked: it is no JSON value"}}},
		"another type":           {`{"type":"string"}`, []string{"a"}, []problem.Fault{{Rule: "schema", Message: "cannot be checked: it is no JSON value"}}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tc.want, schemaOf(t, tc.schema).ValidateValue(tc.value)); diff != "" {
				t.Errorf("faults (-want +got):\n%s", diff)
			}
		})
	}
}

func TestAPanicOfTheLibraryIsAFault(t *testing.T) {
	t.Parallel()
	want := []problem.Fault{{Rule: "schema", Message: "could not be checked"}}
	for _, schema := range []string{`{"minimum":1}`, `{"minimum":1,"properties":{"a":{"$ref":"#"}}}`} {
		s := schemaOf(t, schema)
		for range 2 { // a recursive schema's turn ends with the panic
			if diff := cmp.Diff(want, s.Validate([]byte("1e1000001"))); diff != "" {
				t.Errorf("%s: faults (-want +got):\n%s", schema, diff)
			}
		}
	}
}

func TestValidateOfWhatWasNotScannedIsAFault(t *testing.T) {
	t.Parallel()
	want := []problem.Fault{{Rule: "syntax", Message: "is not JSON"}}
	if diff := cmp.Diff(want, schemaOf(t, `{}`).Validate([]byte(`{"a":`))); diff != "" {
		t.Errorf("faults (-want +got):\n%s", diff)
	}
}

func TestValidateIsSafeForConcurrentUse(t *testing.T) {
	t.Parallel()
	for _, schema := range []string{
		`{"properties":{"a":{"uniqueItems":true,"items":{"enum":[1,2]}}},"additionalProperties":false}`,
		`{"properties":{"a":{"uniqueItems":true,"items":{"enum":[1,2]}},"b":{"$ref":"#"}},"additionalProperties":false}`,
	} {
		s := schemaOf(t, schema)
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				for range 50 {
					if got := s.Validate([]byte(`{"a":[1,2]}`)); got != nil {
						t.Errorf("faults of a good body = %v", got)
					}
					if got := s.Validate([]byte(`{"a":[1,1,3],"c":0}`)); len(got) != 3 {
						t.Errorf("faults = %v, want 3", got)
					}
				}
			})
		}
		wg.Wait()
	}
}

func TestDynamicReferencesAreBoundedToo(t *testing.T) {
	t.Parallel()
	s := schemaOf(t, `{"$dynamicAnchor":"node","properties":{"v":{"type":"integer"},"c":{"items":{"$dynamicRef":"#node"}}}}`)
	if s.guard == nil {
		t.Error("not taken for recursive")
	}
	want := []problem.Fault{{Pointer: "/c/0/v", Rule: "type", Message: "must be a whole number"}}
	if diff := cmp.Diff(want, validate(t, s, `{"v":1,"c":[{"v":"x"}]}`)); diff != "" {
		t.Errorf("faults (-want +got):\n%s", diff)
	}
}
