package domain

import (
	"strings"
	"testing"

	"fxcell.dev/cells/config/configapi"
	"fxcell.dev/fxcell/problem"
	"fxcell.dev/fxcell/secret"
)

func check(r Rules, value string) error { return r.Check(secret.NewText(value)) }

func TestValuesAreReadByTheirType(t *testing.T) {
	t.Parallel()
	cases := []struct {
		typ        Type
		fits, fail []string
	}{
		{TypeString, []string{"", "x", "true", "ä \n \u0000", strings.Repeat("x", MaxValueBytes)}, []string{"\xff"}},
		{
			TypeInteger,
			[]string{"0", "-1", "42", "9223372036854775807", "-9223372036854775808"},
			[]string{"", "x", "1.0", "1e2", "+1", "01", "-0", " 1", "1 ", "0x1", "1_000", "9223372036854775808", "true", `"1"`},
		},
		{
			TypeNumber,
			[]string{"0", "-0", "1.5", "-1e3", "1E+2", "1e308"},
			[]string{"", "x", "NaN", "Infinity", "+1", "01", ".5", "1.", " 1", "1 ", "0x1", "9e308", "1e309", "1e1000001", "true", `"1"`, "[1]", strings.Repeat("1", 25)},
		},
		{TypeBoolean, []string{"true", "false"}, []string{"", "True", "1", "yes", " true", "null", `"true"`}},
		{
			TypeJSON,
			[]string{"null", "1", `"x"`, "[]", `{"a": [1, {"b": null}]}`, " {} "},
			[]string{"", "{", "{} {}", `{"a": 1, "a": 2}`, "[1e1000001]", strings.Repeat("[", 65) + strings.Repeat("]", 65), "'x'", "\ufeff{}"},
		},
	}
	for _, c := range cases {
		t.Run(string(c.typ), func(t *testing.T) {
			t.Parallel()
			for _, value := range c.fits {
				if err := check(Rules{Type: c.typ}, value); err != nil {
					t.Errorf("%.30q: %v", value, err)
				}
			}
			for _, value := range c.fail {
				err := check(Rules{Type: c.typ}, value)
				if !problem.Has(err, configapi.ErrValueInvalid) {
					t.Errorf("%.30q: got %v, want an invalid value", value, err)
					continue
				}
				if got := problem.From(err).Faults[0].Pointer; got != "/value" && got != "/value/0" && got != "/value/a" && !strings.HasPrefix(got, "/value/0/0") {
					t.Errorf("%.30q: pointer %q", value, got)
				}
			}
		})
	}
}

func TestAValueHasAtMostSoManyBytes(t *testing.T) {
	t.Parallel()
	err := check(Rules{Type: TypeString}, strings.Repeat("ä", MaxValueBytes/2)+"x")
	if !problem.Has(err, configapi.ErrValueInvalid) || problem.From(err).Faults[0].Rule != "maxBytes" {
		t.Errorf("got %v, want a fault of maxBytes", err)
	}
}

func TestAnUnknownTypeIsNoValue(t *testing.T) {
	t.Parallel()
	if err := check(Rules{Type: "date"}, "2026-01-01"); !problem.Has(err, configapi.ErrValueInvalid) {
		t.Errorf("got %v, want an invalid value", err)
	}
}

func TestAValueFitsItsSchema(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name    string
		rules   Rules
		value   string
		pointer string // of the fault; "" when the value fits
		rule    string
	}{
		{"a string", Rules{Type: TypeString, Schema: `{"pattern": "^https://"}`}, "https://a", "", ""},
		{"a string that does not", Rules{Type: TypeString, Schema: `{"pattern": "^https://"}`}, "http://a", "/value", "pattern"},
		{"a string is no integer", Rules{Type: TypeString, Schema: `{"type": "integer"}`}, "1", "/value", "type"},
		{"an integer", Rules{Type: TypeInteger, Schema: `{"maximum": 10}`}, "10", "", ""},
		{"an integer beyond", Rules{Type: TypeInteger, Schema: `{"maximum": 10}`}, "11", "/value", "maximum"},
		{"a boolean", Rules{Type: TypeBoolean, Schema: `{"const": true}`}, "false", "/value", "const"},
		{"a format", Rules{Type: TypeString, Schema: `{"format": "email"}`}, "nobody", "/value", "format"},
		{"a place inside", Rules{Type: TypeJSON, Schema: `{"properties": {"ports": {"items": {"maximum": 9}}}}`}, `{"ports": [1, 10]}`, "/value/ports/1", "maximum"},
		{"a missing member", Rules{Type: TypeJSON, Schema: `{"required": ["a/b"]}`}, `{}`, "/value/a~1b", "required"},
		{"a tree", Rules{Type: TypeJSON, Schema: `{"properties": {"sub": {"items": {"$ref": "#"}}}, "required": ["name"]}`}, `{"name": 1, "sub": [{"sub": []}]}`, "/value/sub/0/name", "required"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			err := check(c.rules, c.value)
			if c.pointer == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			if !problem.Has(err, configapi.ErrValueInvalid) {
				t.Fatalf("got %v, want an invalid value", err)
			}
			if f := problem.From(err).Faults[0]; f.Pointer != c.pointer || f.Rule != c.rule {
				t.Errorf("got fault %+v, want %s at %s", f, c.rule, c.pointer)
			}
		})
	}
}

func TestFaultsOfASensitiveValueTellNoPlace(t *testing.T) {
	t.Parallel()
	rules := Rules{Type: TypeJSON, Sensitive: true, Schema: `{"additionalProperties": false, "properties": {"a": {"const": 1}}}`}
	for _, value := range []string{`{"hunter2": 1}`, `{"a": 2, "b": 3}`, `{"hunter2": 1, "hunter2": 2}`} {
		err := check(rules, value)
		if !problem.Has(err, configapi.ErrValueInvalid) {
			t.Fatalf("got %v, want an invalid value", err)
		}
		faults := problem.From(err).Faults
		if len(faults) != 1 || faults[0].Pointer != "/value" || strings.Contains(err.Error()+faults[0].Message, "hunter2") {
			t.Errorf("got faults %+v", faults)
		}
	}
}

func TestTheMaskIsNoSensitiveValue(t *testing.T) {
	t.Parallel()
	if err := check(Rules{Type: TypeString, Sensitive: true}, Mask); !problem.Has(err, configapi.ErrValueInvalid) {
		t.Errorf("sensitive: got %v, want an invalid value", err)
	}
	if err := check(Rules{Type: TypeString}, Mask); err != nil {
		t.Errorf("plain: %v", err)
	}
}
