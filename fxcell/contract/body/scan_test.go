package body

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"fxcell.dev/fxcell/problem"
)

func TestScanRefuses(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("n", 65)
	cases := map[string]struct {
		body string
		want problem.Fault
	}{
		"nothing":               {"", problem.Fault{Rule: "syntax", Message: "is empty"}},
		"spaces only":           {" \r\n\t", problem.Fault{Rule: "syntax", Message: "is empty"}},
		"a byte order mark":     {"\ufeff{}", problem.Fault{Rule: "syntax", Message: "starts with a byte order mark"}},
		"a cut object":          {`{"a":1`, problem.Fault{Rule: "syntax", Message: "is not JSON: it ends too early, after byte 6"}},
		"a cut string":          {`{"a":"secret`, problem.Fault{Rule: "syntax", Message: "is not JSON: it ends too early, after byte 12"}},
		"a cut number":          {`-`, problem.Fault{Rule: "syntax", Message: "is not JSON: it ends too early, after byte 1"}},
		"a cut literal":         {`tru`, problem.Fault{Rule: "syntax", Message: "is not JSON: it ends too early, after byte 3"}},
		"a bare word":           {`{"a":secret}`, problem.Fault{Rule: "syntax", Message: "is not JSON at byte 5"}},
		"a comma at the end":    {`{"a":1,}`, problem.Fault{Rule: "syntax", Message: "is not JSON at byte 6"}},
		"a missing comma":       {`[1 2]`, problem.Fault{Rule: "syntax", Message: "is not JSON at byte 3"}},
		"a name that is none":   {`{1:2}`, problem.Fault{Rule: "syntax", Message: "is not JSON at byte 1"}},
		"a wrong bracket":       {`[}`, problem.Fault{Rule: "syntax", Message: "is not JSON at byte 1"}},
		"an unknown escape":     {`"\x"`, problem.Fault{Rule: "syntax", Message: "is not JSON at byte 1"}},
		"a short escape":        {`"\u12"`, problem.Fault{Rule: "syntax", Message: "is not JSON at byte 1"}},
		"a control character":   {"[\"\x01\"]", problem.Fault{Rule: "syntax", Message: "is not JSON at byte 2"}},
		"NaN":                   {`NaN`, problem.Fault{Rule: "syntax", Message: "is not JSON at byte 0"}},
		"a second value":        {`{} {}`, problem.Fault{Rule: "syntax", Message: "has something after its end, at byte 3"}},
		"words after the value": {`{"a":1} x`, problem.Fault{Rule: "syntax", Message: "has something after its end, at byte 8"}},
		"a number with a zero":  {`01`, problem.Fault{Rule: "syntax", Message: "has something after its end, at byte 1"}},
		"invalid UTF-8":         {"{\"a\":\"b\xff\"}", problem.Fault{Rule: "utf8", Message: "is not UTF-8 at byte 7"}},
		"invalid UTF-8 outside": {"\xff", problem.Fault{Rule: "utf8", Message: "is not UTF-8 at byte 0"}},
		"an encoded surrogate":  {"\"\xed\xa0\x80\"", problem.Fault{Rule: "utf8", Message: "is not UTF-8 at byte 1"}},
		"a lone surrogate":      {`{"a":"\ud800"}`, problem.Fault{Rule: "utf8", Message: "has half a surrogate pair at byte 6"}},
		"a second half alone":   {`"\udc00 and more"`, problem.Fault{Rule: "utf8", Message: "has half a surrogate pair at byte 1"}},
		"a surrogate in a name": {`{"\ud800":1}`, problem.Fault{Rule: "utf8", Message: "has half a surrogate pair at byte 2"}},
		"a member twice":        {`{"o":{"b":1,"b":2}}`, problem.Fault{Pointer: "/o/b", Rule: "duplicate", Message: "is there more than once"}},
		"twice, once escaped":   {`{"a":1,"\u0061":2}`, problem.Fault{Pointer: "/a", Rule: "duplicate", Message: "is there more than once"}},
		"twice in an array":     {`[0,{"x/~":1,"x/~":2}]`, problem.Fault{Pointer: "/1/x~1~0", Rule: "duplicate", Message: "is there more than once"}},
		"twice a long name": {
			fmt.Sprintf(`{%q:1,%q:2}`, long, long),
			problem.Fault{Pointer: "/" + long[:64] + "…", Rule: "duplicate", Message: "is there more than once"},
		},
		"65 levels": {strings.Repeat("[", 65) + strings.Repeat("]", 65), problem.Fault{Pointer: strings.Repeat("/0", 64), Rule: "depth", Message: "is more than 64 levels deep"}},
		"65 levels, objects": {
			strings.Repeat(`{"a":`, 65) + "1" + strings.Repeat("}", 65),
			problem.Fault{Pointer: strings.Repeat("/a", 64), Rule: "depth", Message: "is more than 64 levels deep"},
		},
		"10,001 values":        {list("1", 10_000), problem.Fault{Rule: "values", Message: "has more than 10000 values"}},
		"10,001 strings":       {list(`"a"`, 10_000), problem.Fault{Rule: "values", Message: "has more than 10000 values"}},
		"10,001 arrays":        {list(`[]`, 10_000), problem.Fault{Rule: "values", Message: "has more than 10000 values"}},
		"10,001 with members":  {members(10_000), problem.Fault{Rule: "values", Message: "has more than 10000 values"}},
		"25 digits":            {`{"n":1234567890123456789012345}`, problem.Fault{Pointer: "/n", Rule: "number", Message: "is a number of more than 24 characters"}},
		"many digits":          {strings.Repeat("1", 1000), problem.Fault{Rule: "number", Message: "is a number of more than 24 characters"}},
		"an exponent of 309":   {`[1,1e309]`, problem.Fault{Pointer: "/1", Rule: "number", Message: "is a number with an exponent beyond 308"}},
		"an exponent of -309":  {`{"n":-1E-309}`, problem.Fault{Pointer: "/n", Rule: "number", Message: "is a number with an exponent beyond 308"}},
		"an exponent of int64": {`1e9223372036854775808`, problem.Fault{Rule: "number", Message: "is a number with an exponent beyond 308"}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := Scan([]byte(tc.body))
			if got == nil {
				t.Fatalf("%.60q passed", tc.body)
			}
			if got.Code != problem.Invalid {
				t.Errorf("code = %v, want %v", got.Code, problem.Invalid)
			}
			if diff := cmp.Diff([]problem.Fault{tc.want}, got.Faults); diff != "" {
				t.Errorf("faults (-want +got):\n%s", diff)
			}
		})
	}
}

func TestScanLetsThrough(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{
		"each kind":             `{"a":[1,-2.5,"x",true,false,null,{}],"b":[]}`,
		"a bare value":          ` "x" `,
		"an empty name":         `{"":1}`,
		"a surrogate pair":      `"\ud83d\ude00"`,
		"same names, elsewhere": `[{"a":{"a":1}},{"a":1}]`,
		"names that differ":     `{"a":1,"A":2}`,
		"64 levels":             strings.Repeat("[", 64) + strings.Repeat("]", 64),
		"10,000 values":         list("1", 9_999),
		"10,000 with members":   members(9_999),
		"24 characters":         "123456789012345678901234",
		"the largest exponents": `[1e308,1E+308,-1e-308,1e0000000000000000000008]`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if err := Scan([]byte(body)); err != nil {
				t.Errorf("refused: %v", err.Faults)
			}
		})
	}
}

func TestScanLetsThroughOnlyWhatTheStandardLibraryReads(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		pieces := rapid.SliceOfN(rapid.SampledFrom([]string{
			"{", "}", "[", "]", ",", ":", `"a"`, `"\u0061"`, `"b"`, "1", "-0", "1e5", "0.5", "true", "null", " ", `"\ud800"`, "\xff",
		}), 1, 12).Draw(t, "pieces")
		text := []byte(strings.Join(pieces, ""))
		before := slices.Clone(text)
		if Scan(text) == nil && !json.Valid(text) {
			t.Fatalf("%q passed and is no JSON", text)
		}
		if !slices.Equal(text, before) {
			t.Fatalf("%q was changed", before)
		}
	})
}

func TestScanOfALongPathCutsThePointer(t *testing.T) {
	t.Parallel()
	name := strings.Repeat("ü", 100)
	body := strings.Repeat(fmt.Sprintf(`{%q:`, name), 60) + "1e999" + strings.Repeat("}", 60)
	got := Scan([]byte(body))
	if got == nil {
		t.Fatal("passed")
	}
	pointer := got.Faults[0].Pointer
	if len(pointer) > 1300 || !strings.HasSuffix(pointer, "/…") {
		t.Errorf("pointer has %d bytes and ends in %q", len(pointer), pointer[len(pointer)-8:])
	}
}

// list returns an array of n times item.
func list(item string, n int) string {
	return "[" + strings.Repeat(item+",", n-1) + item + "]"
}

// members returns an object of n members.
func members(n int) string {
	var s strings.Builder
	for i := range n {
		fmt.Fprintf(&s, `,"m%d":"v"`, i)
	}
	return "{" + s.String()[1:] + "}"
}
