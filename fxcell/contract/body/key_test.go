package body

import (
	"encoding/json"
	"fmt"
	"math/big"
	"testing"

	"pgregory.net/rapid"
)

func TestKeysAreEqualAsJSONSchemaSaysOfValues(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		a, b string
		want bool
	}{
		"order of members":        {`{"a":1,"b":2}`, `{"b":2,"a":1}`, true},
		"order of items":          {`[1,2]`, `[2,1]`, false},
		"a number and its text":   {`1`, `"1"`, false},
		"null and its text":       {`null`, `"n"`, false},
		"true and false":          {`true`, `false`, false},
		"zeros":                   {`[0,-0,0.00,0e5]`, `[0e1,0,-0.0,0]`, true},
		"ways to write a number":  {`[100,1.50,-5e-1]`, `[1e2,15E-1,-0.5]`, true},
		"signs":                   {`[1,-1]`, `[-1,1]`, false},
		"texts that run together": {`["ab","c"]`, `["a","bc"]`, false},
		"brackets in texts":       {`["a","]["]`, `["a]","["]`, false},
		"quotes in texts":         {`["a\":b"]`, `["a","b"]`, false},
		"nesting":                 {`[[1],2]`, `[[1,2]]`, false},
		"empty kinds":             {`[]`, `{}`, false},
		"names and values":        {`{"a":"b"}`, `{"b":"a"}`, false},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := key(t, tc.a) == key(t, tc.b); got != tc.want {
				t.Errorf("%s and %s equal = %v, want %v", tc.a, tc.b, got, tc.want)
			}
		})
	}
}

func TestKeysOfNumbersAreEqualWhenTheirValuesAre(t *testing.T) {
	t.Parallel()
	number := rapid.Custom(func(t *rapid.T) string {
		text := fmt.Sprint(rapid.IntRange(-120, 120).Draw(t, "whole"))
		if rapid.Bool().Draw(t, "hasFraction") {
			text += rapid.StringMatching(`\.[0-2]{1,3}`).Draw(t, "fraction")
		}
		if rapid.Bool().Draw(t, "hasExponent") {
			text += rapid.SampledFrom([]string{"e", "E+", "e-"}).Draw(t, "e") + fmt.Sprint(rapid.IntRange(0, 4).Draw(t, "exponent"))
		}
		return text
	})
	rapid.Check(t, func(t *rapid.T) {
		a, b := number.Draw(t, "a"), number.Draw(t, "b")
		x, _ := new(big.Rat).SetString(a)
		y, _ := new(big.Rat).SetString(b)
		if got, want := string(appendNumber(nil, a)) == string(appendNumber(nil, b)), x.Cmp(y) == 0; got != want {
			t.Fatalf("%s and %s equal = %v, want %v", a, b, got, want)
		}
	})
}

func TestKeysOfParsedNumbersAreThoseOfTheirText(t *testing.T) {
	t.Parallel()
	for text, value := range map[string]any{"12": int64(12), "1e300": 1e300, "0.1": 0.1, "7": uint8(7)} {
		if got, want := string(appendKey(nil, value)), key(t, text); got != want {
			t.Errorf("key of %T = %q, want %q", value, got, want)
		}
	}
}

func key(t *testing.T, text string) string {
	t.Helper()
	v, err := readValue(text)
	if err != nil {
		t.Fatal(err)
	}
	return string(appendKey(nil, v))
}

func readValue(text string) (any, error) {
	v, err := parse("value", []byte(text))
	if err != nil {
		return nil, err
	}
	if _, ok := v.(float64); ok {
		return nil, fmt.Errorf("a number lost its text, want %T", json.Number(""))
	}
	return v, nil
}
