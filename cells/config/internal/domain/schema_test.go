package domain

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"fxcell.dev/cells/config/configapi"
	"fxcell.dev/fxcell/problem"
)

// nested is a schema whose arrays of types nest so deep.
func nested(levels int) string {
	return strings.Repeat(`{"items":`, levels-1) + `{}` + strings.Repeat(`}`, levels-1)
}

// fan is a schema of references that double so often.
func fan(levels int) string {
	var b strings.Builder
	b.WriteString(`{"$ref": "#/$defs/a0", "$defs": {`)
	for i := range levels {
		fmt.Fprintf(&b, `"a%d": {"allOf": [{"$ref": "#/$defs/a%d"}, {"$ref": "#/$defs/a%d"}]},`, i, i+1, i+1)
	}
	fmt.Fprintf(&b, `"a%d": {}}}`, levels)
	return b.String()
}

func TestSchemasThatCannotBeUsedAreRefused(t *testing.T) {
	t.Parallel()
	cases := []struct{ name, schema, rule string }{
		{"no JSON", `{`, "syntax"},
		{"a member twice", `{"type": "string", "type": "number"}`, "duplicate"},
		{"too large", `{"description": "` + strings.Repeat("x", maxSchemaBytes) + `"}`, "size"},
		{"too deep", nested(maxSchemaDepth + 1), "depth"},
		{"an unknown type", `{"type": "strin"}`, "schema"},
		{"a keyword of the wrong kind", `{"properties": {"a": {"minLength": "1"}}}`, "schema"},
		{"no regular expression", `{"pattern": "(a"}`, "schema"},
		{"lookahead", `{"pattern": "(?=a)"}`, "schema"},
		{"another draft", `{"$schema": "http://json-schema.org/draft-07/schema#"}`, "schema"},
		{"an unknown draft", `{"$schema": "urn:mine"}`, "schema"},
		{"a remote reference", `{"$ref": "https://example.com/schema.json"}`, "ref"},
		{"a remote reference that is hidden", `{"properties": {"$ref": {"anyOf": [{"$ref": "//example.com"}]}}}`, "ref"},
		{"a file", `{"$ref": "file:///etc/passwd"}`, "ref"},
		{"a neighbour", `{"$ref": "request.schema.json"}`, "ref"},
		{"an anchor", `{"$ref": "#a", "$defs": {"a": {"$anchor": "a"}}}`, "ref"},
		{"a dynamic reference", `{"$dynamicAnchor": "a", "items": {"$dynamicRef": "#a"}}`, "ref"},
		{"a base inside", `{"items": {"$id": "https://example.com/", "$ref": "#/$defs/a"}}`, "ref"},
		{"a reference to nothing", `{"$ref": "#/$defs/a"}`, "schema"},
		{"a reference to itself", `{"$ref": "#"}`, "work"},
		{"a circle of references", `{"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"allOf": [{"$ref": "#/$defs/a"}]}}}`, "work"},
		{"references that fan out", fan(40), "work"},
		{"a large regular expression", `{"pattern": "(` + strings.Repeat("a", 100) + `){1000}"}`, "pattern"},
		{"one that stands there often", `{"allOf": [` + strings.Repeat(`{"pattern": "a{1000}"},`, 100) + `{}]}`, "pattern"},
		{"large ones where none is used", `{"$defs": {"a": {"patternProperties": {"(` + strings.Repeat("a", 100) + `){1000}": {}}}}}`, "pattern"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			err := check(Rules{Type: TypeString, Schema: c.schema}, "x")
			if !problem.Has(err, configapi.ErrSchemaInvalid) {
				t.Fatalf("got %v, want an invalid schema", err)
			}
			if f := problem.From(err).Faults[0]; f.Pointer != "/schema" || f.Rule != c.rule {
				t.Errorf("got fault %+v, want rule %s", f, c.rule)
			}
		})
	}
}

func TestSchemasThatCanBeUsed(t *testing.T) {
	t.Parallel()
	for name, schema := range map[string]string{
		"any":                  `{}`,
		"of this draft":        `{"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": "https://example.com/port.json", "type": "string"}`,
		"with definitions":     `{"$ref": "#/$defs/a~1b%20c", "$defs": {"a/b c": {"minLength": 1}}}`,
		"as deep as they may":  nested(maxSchemaDepth),
		"that fan out a bit":   fan(8),
		"with a property $ref": `{"properties": {"$ref": {"type": "string"}, "pattern": {"type": "string"}}}`,
		"with a small pattern": `{"pattern": "^(a+)+$|x"}`,
	} {
		if err := check(Rules{Type: TypeString, Schema: schema}, "x"); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestTheFaultOfASchemaSaysWhereToLook(t *testing.T) {
	t.Parallel()
	err := check(Rules{Type: TypeString, Schema: `{"properties": {"a": {"minLength": "s3cret"}}}`}, "x")
	message := problem.From(err).Faults[0].Message
	if !strings.Contains(message, "/properties/a/minLength") || strings.Contains(message, "s3cret") || strings.Contains(err.Error(), "s3cret") {
		t.Errorf("got %q", message)
	}
}

func TestNoSchemaIsFetched(t *testing.T) {
	t.Parallel()
	asked := make(chan string, 10)
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { asked <- r.URL.Path }))
	defer server.Close()
	for _, schema := range []string{`{"$ref": %q}`, `{"$schema": %q}`, `{"$id": %q, "$ref": "other"}`, `{"$id": %q, "$ref": "#/a"}`, `{"allOf": [{"$schema": %q, "$ref": "#/$defs/x"}]}`} {
		if err := check(Rules{Type: TypeString, Schema: fmt.Sprintf(schema, server.URL+"/s.json")}, "x"); !problem.Has(err, configapi.ErrSchemaInvalid) {
			t.Errorf("%s: got %v, want an invalid schema", schema, err)
		}
	}
	select {
	case path := <-asked:
		t.Errorf("%s was fetched", path)
	default:
	}
}

// Each of these made a validator work for seconds, or allocate without end: what costs too much is refused before it is tried.
func TestASchemaThatCostsTooMuchIsRefused(t *testing.T) {
	t.Parallel()
	many := func(one string, n int) string { return strings.TrimSuffix(strings.Repeat(one+",", n), ",") }
	values := `[` + many("1", 9000) + `]`
	text := strings.Repeat("a", MaxValueBytes-1) + "!"
	cases := []struct {
		name  string
		rules Rules
		value string
	}{
		{"fan", Rules{Type: TypeString, Schema: fan(60)}, "x"},
		{"fan of items", Rules{Type: TypeJSON, Schema: `{"items": ` + fan(12) + `}`}, values},
		{"many alternatives of many items", Rules{Type: TypeJSON, Schema: `{"items": {"oneOf": [` + many(`{"type":"string"}`, 3000) + `]}}`}, values},
		{"patterns on a long text", Rules{Type: TypeString, Schema: `{"allOf": [` + many(`{"pattern": "^(a?b?){50}$"}`, 2000) + `]}`}, text},
		{"one pattern by many references", Rules{Type: TypeString, Schema: `{"$defs": {"p": {"pattern": "(a|a?)+$"}}, "allOf": [` + many(`{"$ref": "#/$defs/p"}`, 2500) + `]}`}, text},
		{"lengths of a long text", Rules{Type: TypeString, Schema: `{"allOf": [` + many(`{"minLength": 1}`, 3000) + `]}`}, text},
		{"unique items", Rules{Type: TypeJSON, Schema: `{"allOf": [` + many(`{"uniqueItems": true}`, 2500) + `]}`}, values},
		{"patterns of names", Rules{Type: TypeJSON, Schema: `{"allOf": [` + many(`{"patternProperties": {"(a|b)*c$": {}}}`, 1500) + `]}`}, `{"` + text[:60000] + `": 1}`},
		{"a tree that doubles", Rules{Type: TypeJSON, Schema: `{"oneOf": [{"properties": {"a": {"$ref": "#"}}}, {"properties": {"a": {"$ref": "#"}}}]}`}, strings.Repeat(`{"a":`, 60) + `1` + strings.Repeat(`}`, 60)},
	}
	for _, c := range cases {
		if err := check(c.rules, c.value); !problem.Has(err, configapi.ErrSchemaInvalid) {
			t.Errorf("%s: got %v, want the schema refused", c.name, err)
		}
	}
}
