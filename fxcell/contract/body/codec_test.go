package body

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"fxcell.dev/fxcell/problem"
)

type request struct {
	Param  string            `json:"-" path:"param"`
	Key    string            `json:"key"`
	Value  string            `json:"value"`
	Open   bool              `json:"sensitive"`
	Count  int64             `json:"count"`
	Small  uint8             `json:"small"`
	Ratio  float64           `json:"ratio"`
	At     time.Time         `json:"at"`
	Bytes  []byte            `json:"bytes"`
	Items  []item            `json:"items"`
	Labels map[string]string `json:"labels"`
}

type item struct {
	N int `json:"n"`
}

func TestDecodeFillsTheValue(t *testing.T) {
	t.Parallel()
	var got request
	body := `{"key":"k","sensitive":true,"count":9223372036854775807,"ratio":1e2,"at":"2026-11-24T22:00:00Z","items":[{"n":1}],"labels":{"Key":"x"}}`
	if faults := Decode([]byte(body), &got); faults != nil {
		t.Fatal(faults)
	}
	want := request{
		Key: "k", Open: true, Count: 9223372036854775807, Ratio: 100, At: time.Date(2026, 11, 24, 22, 0, 0, 0, time.UTC),
		Items: []item{{N: 1}}, Labels: map[string]string{"Key": "x"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("value (-want +got):\n%s", diff)
	}
}

func TestDecodeRefuses(t *testing.T) {
	t.Parallel()
	const (
		whole = "must be a whole number of the kind that fits here, without fraction or exponent"
		kind  = "does not have the type that is expected here"
	)
	cases := map[string]struct {
		body string
		want problem.Fault
	}{
		"2^63":                      {`{"count":9223372036854775808}`, problem.Fault{Pointer: "/count", Rule: "range", Message: "is beyond the numbers that fit here"}},
		"a fraction":                {`{"count":1.0}`, problem.Fault{Pointer: "/count", Rule: "type", Message: whole}},
		"an exponent":               {`{"items":[{"n":1},{"n":1e2}]}`, problem.Fault{Pointer: "/items/1/n", Rule: "type", Message: whole}},
		"too large for a byte":      {`{"small":256}`, problem.Fault{Pointer: "/small", Rule: "range", Message: "is beyond the numbers that fit here"}},
		"negative for a uint":       {`{"small":-1}`, problem.Fault{Pointer: "/small", Rule: "type", Message: whole}},
		"too large for a float64":   {`{"ratio":9e308}`, problem.Fault{Pointer: "/ratio", Rule: "range", Message: "is beyond the numbers that fit here"}},
		"a string for a number":     {`{"count":"secret"}`, problem.Fault{Pointer: "/count", Rule: "type", Message: kind}},
		"a number for a string":     {`{"key":4711}`, problem.Fault{Pointer: "/key", Rule: "type", Message: kind}},
		"an array for an object":    {`[]`, problem.Fault{Rule: "type", Message: kind}},
		"no time":                   {`{"at":"secret"}`, problem.Fault{Pointer: "/at", Rule: "format", Message: "does not have the format that is expected here"}},
		"no base64":                 {`{"bytes":"secret!"}`, problem.Fault{Pointer: "/bytes", Rule: "format", Message: "does not have the format that is expected here"}},
		"an unknown member":         {`{"items":[{"x/y":"secret"}]}`, problem.Fault{Pointer: "/items/0/x~1y", Rule: "additionalProperties", Message: "is not allowed here"}},
		"a member of another case":  {`{"KEY":"k"}`, problem.Fault{Pointer: "/KEY", Rule: "additionalProperties", Message: "is not allowed here"}},
		"a field of a parameter":    {`{"Param":"p"}`, problem.Fault{Pointer: "/Param", Rule: "additionalProperties", Message: "is not allowed here"}},
		"a long unknown member":     {`{"` + strings.Repeat("n", 65) + `":1}`, problem.Fault{Pointer: "/" + strings.Repeat("n", 64) + "…", Rule: "additionalProperties", Message: "is not allowed here"}},
		"a member twice, unscanned": {`{"key":"a","key":"b"}`, problem.Fault{Pointer: "/key", Rule: "duplicate", Message: "is there more than once"}},
		"no JSON, unscanned":        {`{"key":secret}`, problem.Fault{Rule: "syntax", Message: "is not JSON at byte 7"}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var into request
			if diff := cmp.Diff([]problem.Fault{tc.want}, Decode([]byte(tc.body), &into)); diff != "" {
				t.Errorf("faults (-want +got):\n%s", diff)
			}
		})
	}
}

func TestEncodeIsDeterministic(t *testing.T) {
	t.Parallel()
	value := struct {
		B  map[string]any `json:"b"`
		A  []int          `json:"a"`
		At time.Time      `json:"at"`
		In string         `json:"-" header:"ETag"`
		P  *int           `json:"p"`
	}{
		B: map[string]any{"z": 1, "a": "<&>", "m": map[int]bool{2: true, 10: false}}, In: "tag",
		At: time.Date(2026, 11, 24, 22, 0, 0, 500_000_000, time.FixedZone("", 3600)),
	}
	want := `{"b":{"a":"<&>","m":{"10":false,"2":true},"z":1},"a":[],"at":"2026-11-24T22:00:00.5+01:00","p":null}`
	for range 20 {
		got, err := Encode(value)
		if err != nil {
			t.Fatal(err)
		}
		if string(got) != want {
			t.Fatalf("encoded\ngot  %s\nwant %s", got, want)
		}
	}
}

var errBroken = errors.New("broken")

type broken struct{}

func (broken) MarshalText() ([]byte, error) { return nil, errBroken }

func TestEncodeTellsWhatWentWrong(t *testing.T) {
	t.Parallel()
	_, err := Encode(map[string]any{"a": broken{}})
	if !errors.Is(err, errBroken) || !strings.HasPrefix(err.Error(), "body: encode: ") {
		t.Errorf("error = %v", err)
	}
}
