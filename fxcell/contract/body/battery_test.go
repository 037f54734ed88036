package body

import (
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"fxcell.dev/fxcell/problem"
)

// maxAllocated is what one hostile body may cost, in bytes allocated, whatever the schema.
const maxAllocated = 64 << 20

// battery holds bodies that were made to crash, stall or flood the validator. want is the one rule of all faults, or "" for a good body.
var battery = map[string]struct {
	schema, body, want string
}{
	"an exponent that is a nil dereference":     {`{"minimum":0,"maximum":1,"multipleOf":2}`, `1e1000001`, "number"},
	"a hundred integers of a million digits":    {`{"items":{"type":"integer"}}`, list("1e999999", 100), "number"},
	"half a million faults":                     {`{"items":{"type":"string"}}`, list("1", 1<<19), "values"},
	"as many faults as there can be":            {`{"items":{"type":"string","minLength":1}}`, list("1", 9_999), "type"},
	"as many faults, far down":                  {`{"additionalProperties":{"$ref":"#"},"items":{"type":"string"}}`, deepFaults(), "type"},
	"as many unknown members":                   {`{"additionalProperties":false}`, members(9_999), "additionalProperties"},
	"10,000 arrays in each other":               {`{"items":{"$ref":"#"}}`, strings.Repeat("[", 10_000) + strings.Repeat("]", 10_000), "depth"},
	"a million open brackets":                   {`{}`, strings.Repeat("[", 1<<20), "depth"},
	"a million digits":                          {`{"type":"integer"}`, strings.Repeat("1", 1<<20), "number"},
	"a mebibyte that matches no pattern":        {`{"pattern":"^(a+)+$"}`, `"` + strings.Repeat("a", 1<<20) + `!"`, "pattern"},
	"the costliest integers":                    {`{"items":{"type":"integer","minimum":0}}`, list("1e308", 9_999), ""},
	"the costliest fractions":                   {`{"items":{"type":"integer"}}`, list("1234567890123456789e-308", 9_999), "type"},
	"the costliest numbers, in no enum":         {`{"items":{"enum":[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20]}}`, list("7e307", 9_999), "enum"},
	"items that hash alike":                     {`{"uniqueItems":true}`, alike("7e307"), ""},
	"texts that hash alike":                     {`{"uniqueItems":true}`, `[["a\u0004","b"],["a","\u0004b"]]`, ""},
	"alternatives that go down the same member": {twoWays, strings.Repeat(`{"op":"x","c":`, 60) + `{"op":"x"}` + strings.Repeat("}", 60), "values"},
	"a deep tree that is good":                  {twoWays, strings.Repeat(`{"op":"a","c":`, 3) + `{"op":"b"}` + strings.Repeat("}", 3), ""},
	"a large tree that is good":                 {`{"properties":{"c":{"items":{"$ref":"#"}}}}`, `{"c":` + list(`{"c":[{},{}]}`, 2_400) + `}`, ""},
}

// twoWays is a schema that validates the same member in two branches, on each level.
const twoWays = `{"oneOf":[
	{"properties":{"op":{"const":"a"},"c":{"$ref":"#"}},"required":["op"]},
	{"properties":{"op":{"const":"b"},"c":{"$ref":"#"}},"required":["op"]}]}`

// alike returns arrays that differ in signs only, which the library's hash does not see.
func alike(number string) string {
	var items []string
	for i := range 909 {
		var signs []string
		for j := range 10 {
			sign := ""
			if i>>j&1 == 1 {
				sign = "-"
			}
			signs = append(signs, sign+number)
		}
		items = append(items, "["+strings.Join(signs, ",")+"]")
	}
	return "[" + strings.Join(items, ",") + "]"
}

// deepFaults returns as many faults as there can be, each with the longest pointer.
func deepFaults() string {
	open := fmt.Sprintf(`{%q:`, strings.Repeat("n", 1000))
	return strings.Repeat(open, 62) + list("1", 9_900) + strings.Repeat("}", 62)
}

func TestNoBodyCostsMuch(t *testing.T) { //nolint:paralleltest // what is measured is the whole process
	for name, tc := range battery { //nolint:paralleltest // as above
		t.Run(name, func(t *testing.T) {
			s := schemaOf(t, tc.schema)
			var faults []problem.Fault
			cost := allocated(func() { faults = pipeline(s, []byte(tc.body)) })
			t.Logf("allocated %d KiB", cost>>10)
			if cost > maxAllocated {
				t.Errorf("allocated %d MiB", cost>>20)
			}
			var rules []string
			for _, fault := range faults {
				if len(rules) == 0 || rules[len(rules)-1] != fault.Rule {
					rules = append(rules, fault.Rule)
				}
			}
			if got := strings.Join(rules, " "); got != tc.want || len(faults) > maxFaults {
				t.Errorf("%d faults, rules %q, want %q", len(faults), got, tc.want)
			}
		})
	}
}

func TestRecursiveAlternativesEndWithOneFault(t *testing.T) {
	t.Parallel()
	tc := battery["alternatives that go down the same member"]
	want := []problem.Fault{{Rule: "values", Message: "takes too many steps to check"}}
	if diff := cmp.Diff(want, validate(t, schemaOf(t, tc.schema), tc.body)); diff != "" {
		t.Errorf("faults (-want +got):\n%s", diff)
	}
}

// pipeline is a body's way up to the handler.
func pipeline(s *Schema, b []byte) []problem.Fault {
	if err := Scan(b); err != nil {
		return err.Faults
	}
	return s.Validate(b)
}

func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}
