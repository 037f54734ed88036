package body

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"fxcell.dev/fxcell/problem"
)

// fuzzSchemas use each keyword that a contract may.
var fuzzSchemas = []string{
	`{"type":"object","additionalProperties":false,"required":["key","value"],"dependentRequired":{"key":["count"]},
		"properties":{"key":{"type":"string","pattern":"^[a-z]+$","minLength":2,"maxLength":8},"value":{"enum":["a",1,[2],null]},
		"count":{"type":"integer","minimum":0,"maximum":9223372036854775807,"multipleOf":2},"at":{"format":"date-time"},
		"ratio":{"exclusiveMinimum":0.1,"exclusiveMaximum":1e300},"items":{"type":"array","items":{"type":"integer"},"uniqueItems":true}}}`,
	`{"anyOf":[{"type":"null"},{"type":"array","uniqueItems":true,"contains":{"const":1},"maxContains":2,"minItems":1,"maxItems":9},
		{"type":"object","propertyNames":{"maxLength":3},"minProperties":1,"maxProperties":3,"unevaluatedProperties":false,
		"patternProperties":{"^k":{"type":["string","number"]}}}]}`,
	`{"oneOf":[{"properties":{"op":{"const":"a"},"c":{"$ref":"#"}},"required":["op"]},
		{"properties":{"op":{"const":"b"},"c":{"items":{"$ref":"#"}}},"required":["op"]}]}`,
	`{"if":{"type":"object"},"then":{"additionalProperties":{"$ref":"#"}},"else":{"not":{"enum":[0,"x"]},"allOf":[{"multipleOf":0.01},{"format":"uuid"}]},
		"prefixItems":[{"type":"string","format":"email"},{"format":"ipv6"}],"items":{"format":"uri"},"unevaluatedItems":false}`,
	`{"additionalProperties":{"format":"duration"},"items":{"anyOf":[{"format":"date"},{"format":"time"},{"format":"hostname"},{"format":"ipv4"},
		{"format":"json-pointer"},{"format":"regex"},{"format":"uri-reference"},{"format":"uri-template"},{"format":"semver"},{"format":"period"}]}}`,
}

// fuzzBodies are tried against each schema; "x" becomes a secret.
var fuzzBodies = []string{
	`{"key":"app","value":"a","count":42,"at":"2026-11-24T22:00:00Z","ratio":0.5,"items":[1,2]}`,
	`{"key":"x","value":"x","count":-1.5,"at":"x","ratio":1e308,"items":["x","x"],"x":"x"}`,
	`{"op":"a","c":{"op":"b","c":[{"op":"a"},{"op":"x"}]}}`,
	`[1,"x",1.0,[1e308,-1e-308],{"k":"x","kk":true}]`,
	`["x","::1","urn:x",1e308]`, `"x"`, `null`, `1e-308`, `{}`, `[]`, `-0`, `[[[[["x"]]]]]`,
	`1e1000001`, `[1e999999,1e999999]`, `{"a":1,"\u0061":2}`, `"\ud800"`, "\xff", `{} {}`, `{"count":9223372036854775808}`,
	`{"a":"P1Y2M","b":"P1W","c":"PT"}`, `["23:59:60Z","2026-02-30","a..b","1.2.3.4","/~2","(?=","%zz","1.2.3-a+b","P1D/2026-11-24T22:00:00Z"]`,
}

// FuzzScanAndValidate holds the scan and the validator together: what the one lets through the other survives, at a bounded cost,
// and no text of ours holds what was sent.
func FuzzScanAndValidate(f *testing.F) {
	for _, b := range fuzzBodies {
		f.Add([]byte(b))
	}
	for _, tc := range battery {
		if len(tc.body) < 4096 {
			f.Add([]byte(tc.body))
		}
	}
	schemas := make([]*Schema, 0, len(fuzzSchemas))
	for _, text := range fuzzSchemas {
		schemas = append(schemas, schemaOf(f, text))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		b = bytes.ReplaceAll(b, []byte(`"x"`), []byte(`"`+planted+`"`))
		for _, s := range schemas {
			var faults []problem.Fault
			if cost := allocated(func() { faults = pipeline(s, b) }); len(b) <= 1<<20 && cost > maxAllocated {
				t.Errorf("allocated %d MiB", cost>>20)
			}
			checkFaults(t, faults)
		}
		var into request
		if Scan(b) == nil {
			checkFaults(t, Decode(b, &into))
		}
	})
}

func checkFaults(t *testing.T, faults []problem.Fault) {
	t.Helper()
	if len(faults) > maxFaults || !slices.IsSortedFunc(faults, compareFaults) {
		t.Errorf("%d faults, sorted %v", len(faults), slices.IsSortedFunc(faults, compareFaults))
	}
	for _, fault := range faults {
		if fault.Rule == ruleSchema || fault.Rule == "" || fault.Message == "" {
			t.Errorf("fault %+v: the validator failed or has no word for it", fault)
		}
		if strings.Contains(fault.Rule+fault.Message, planted) {
			t.Errorf("fault %+v holds a value that was sent", fault)
		}
		if len(fault.Pointer) > 2*maxPointer || !utf8.ValidString(fault.Pointer) {
			t.Errorf("pointer of %d bytes: %q", len(fault.Pointer), fault.Pointer)
		}
	}
}
