package body

import (
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"math/big"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
	"golang.org/x/text/message"
)

// planted stands where the library keeps what a client sent.
const planted = "hunter2-planted"

var (
	errPlanted = errors.New(planted)
	bound      = big.NewRat(3, 2)
)

// texts has each kind of error that the library knows, with what becomes of it.
var texts = []struct {
	kind          jsonschema.ErrorKind
	rule, message string
}{
	{&kind.InvalidJsonValue{Value: planted}, "schema", "cannot be checked: it is no JSON value"},
	{&kind.Schema{Location: "a.json"}, "schema", "does not fit the contract"},
	{&kind.Group{}, "schema", "does not fit the contract"},
	{&kind.Not{}, "not", "has a form that is not allowed"},
	{&kind.AllOf{}, "allOf", "does not fit the contract"},
	{&kind.AnyOf{}, "anyOf", "has none of the forms that are allowed"},
	{&kind.OneOf{}, "oneOf", "has none of the forms that are allowed"},
	{&kind.OneOf{Subschemas: []int{0, 1}}, "oneOf", "has more than one of the forms of which only one is allowed"},
	{&kind.FalseSchema{}, "false", "is not allowed here"},
	{&kind.RefCycle{URL: "a.json"}, "schema", "cannot be checked: the contract's schema refers to itself"},
	{&kind.Type{Got: "null", Want: []string{"integer", "array"}}, "type", "must be a whole number or an array"},
	{&kind.Enum{Got: planted, Want: []any{"a"}}, "enum", "must be one of the values that the contract lists"},
	{&kind.Const{Got: planted, Want: "a"}, "const", "must be the one value that the contract allows"},
	{&kind.Format{Got: planted, Want: "uuid", Err: errPlanted}, "format", "must have the format uuid"},
	{&kind.Reference{Keyword: "$ref", URL: "a.json"}, "$ref", "does not fit the contract"},
	{&kind.MinProperties{Got: 4711, Want: 1}, "minProperties", "must have at least 1 member"},
	{&kind.MaxProperties{Got: 4711, Want: 2}, "maxProperties", "must have at most 2 members"},
	{&kind.MinItems{Got: 4711, Want: 2}, "minItems", "must have at least 2 items"},
	{&kind.MaxItems{Got: 4711, Want: 1}, "maxItems", "must have at most 1 item"},
	{&kind.AdditionalItems{Count: 4711}, "additionalItems", "has more items than are allowed"},
	{&kind.Required{Missing: []string{"a"}}, "required", "is required"},
	{&kind.Dependency{Prop: "a", Missing: []string{"b"}}, "dependency", "is required beside another member that was sent"},
	{&kind.DependentRequired{Prop: "a", Missing: []string{"b"}}, "dependentRequired", "is required beside another member that was sent"},
	{&kind.AdditionalProperties{Properties: []string{planted}}, "additionalProperties", "is not allowed here"},
	{&kind.PropertyNames{Property: planted}, "propertyNames", "has a name that is not allowed"},
	{&kind.UniqueItems{Duplicates: [2]int{3, 7}}, "uniqueItems", "has equal items, at 3 and 7"},
	{&kind.Contains{}, "contains", "must have an item of the form that the contract asks for"},
	{&kind.MinContains{Got: []int{4711}, Want: 2}, "minContains", "must have at least 2 items of the form that the contract asks for"},
	{&kind.MaxContains{Got: []int{4711}, Want: 1}, "maxContains", "must have at most 1 item of the form that the contract limits"},
	{&kind.MinLength{Got: 4711, Want: 2}, "minLength", "must have at least 2 characters"},
	{&kind.MaxLength{Got: 4711, Want: 1}, "maxLength", "must have at most 1 character"},
	{&kind.Pattern{Got: planted, Want: "^a$"}, "pattern", "must match ^a$"},
	{&kind.ContentEncoding{Want: "base64", Err: errPlanted}, "contentEncoding", "must be encoded as base64"},
	{&kind.ContentMediaType{Got: []byte(planted), Want: "text/plain", Err: errPlanted}, "contentMediaType", "must be of the media type text/plain"},
	{&kind.ContentSchema{}, "contentSchema", "must hold what the contract describes"},
	{&kind.Minimum{Got: big.NewRat(4711, 1), Want: bound}, "minimum", "must be at least 1.5"},
	{&kind.Maximum{Got: big.NewRat(4711, 1), Want: bound}, "maximum", "must be at most 1.5"},
	{&kind.ExclusiveMinimum{Got: big.NewRat(4711, 1), Want: bound}, "exclusiveMinimum", "must be more than 1.5"},
	{&kind.ExclusiveMaximum{Got: big.NewRat(4711, 1), Want: bound}, "exclusiveMaximum", "must be less than 1.5"},
	{&kind.MultipleOf{Got: big.NewRat(4711, 1), Want: bound}, "multipleOf", "must be a multiple of 1.5"},
	{newKind{}, "future", "does not fit the contract"},
	{nil, "schema", "does not fit the contract"},
}

// newKind is a kind that a later version of the library may bring.
type newKind struct{}

func (newKind) KeywordPath() []string                   { return []string{"future", planted} }
func (newKind) LocalizedString(*message.Printer) string { return planted }

func TestEachKindOfErrorHasATextOfOurs(t *testing.T) {
	t.Parallel()
	for _, tc := range texts {
		rule, message := describe(&jsonschema.ValidationError{SchemaURL: "schema:///-/a.json#", ErrorKind: tc.kind})
		if rule != tc.rule || message != tc.message {
			t.Errorf("%T\ngot  %s: %s\nwant %s: %s", tc.kind, rule, message, tc.rule, tc.message)
		}
		if strings.Contains(rule+message, planted) || strings.Contains(message, "4711") {
			t.Errorf("%T: %s: %s holds what was sent", tc.kind, rule, message)
		}
	}
}

func TestTheTextsKnowAllKindsOfTheLibrary(t *testing.T) {
	t.Parallel()
	dir, err := exec.CommandContext(t.Context(), "go", "list", "-f", "{{.Dir}}", reflect.TypeFor[kind.Type]().PkgPath()).Output()
	if err != nil {
		t.Fatal(err)
	}
	source, err := parser.ParseFile(token.NewFileSet(), filepath.Join(strings.TrimSpace(string(dir)), "kind.go"), nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{}
	for _, tc := range texts {
		if tc.kind != nil {
			known[strings.TrimPrefix(reflect.TypeOf(tc.kind).String(), "*kind.")] = true
		}
	}
	found := 0
	ast.Inspect(source, func(n ast.Node) bool {
		if spec, ok := n.(*ast.TypeSpec); ok {
			found++
			if !known[spec.Name.Name] {
				t.Errorf("kind %s has no text", spec.Name.Name)
			}
		}
		return true
	})
	if found < 30 {
		t.Errorf("found %d kinds in the library's source, want all", found)
	}
}
