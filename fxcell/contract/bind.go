package contract

import (
	"encoding"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"

	"fxcell.dev/fxcell/contract/body"
	"fxcell.dev/fxcell/page"
	"fxcell.dev/fxcell/problem"
	"fxcell.dev/fxcell/secret"
)

// ErrBinding is the fault of a request or response type that does not fit its contract's parameters and headers.
var ErrBinding = errors.New("the Go type and the contract disagree")

// Values are the parameters of a request, by place (path, query, header) and name.
type Values map[string]map[string][]string

// binding moves parameters between Values and the tagged fields of a struct.
type binding struct {
	fields  []boundField
	wrapped []int // index path of the field that is the body (`body:"*"`), nil when the struct itself is
}

type boundField struct {
	Parameter

	index  []int
	schema *body.Schema
}

var places = []string{"path", "query", "header"}

// bind finds the tagged fields of struct type t. Every field needs a declared parameter, and the other way round.
func bind(t reflect.Type, declared []Parameter, compileParameter func(Parameter) (*body.Schema, error)) (binding, error) {
	var b binding
	if t.Kind() != reflect.Struct {
		return b, fmt.Errorf("%w: %v is no struct", ErrBinding, t)
	}
	var errs []error
	found := map[string]bool{}
	for _, f := range reflect.VisibleFields(t) {
		if f.Tag.Get("body") == "*" {
			b.wrapped = f.Index
			continue
		}
		for _, in := range places {
			name, tagged := f.Tag.Lookup(in)
			if !tagged {
				continue
			}
			if in == "header" { // canonical, as the declared names are: ETag and Etag are one field
				name = http.CanonicalHeaderKey(name)
			}
			i := slices.IndexFunc(declared, func(p Parameter) bool { return p.In == in && p.Name == name })
			switch {
			case i < 0:
				errs = append(errs, fmt.Errorf("%w: field %s.%s binds %s %s, which contract.yaml does not list", ErrBinding, t, f.Name, in, name))
				continue
			case !bindable(f.Type):
				errs = append(errs, fmt.Errorf("%w: field %s.%s of type %v cannot hold a parameter", ErrBinding, t, f.Name, f.Type))
				continue
			}
			schema, err := compileParameter(declared[i])
			errs = append(errs, err)
			p := declared[i]
			p.Required = p.Required || in == "path"
			b.fields = append(b.fields, boundField{p, f.Index, schema})
			found[in+" "+name] = true
		}
	}
	for _, p := range declared {
		if !found[p.In+" "+p.Name] {
			errs = append(errs, fmt.Errorf("%w: contract.yaml lists %s %s, no field of %v binds it", ErrBinding, p.In, p.Name, t))
		}
	}
	return b, errors.Join(errs...)
}

var textUnmarshaler = reflect.TypeFor[encoding.TextUnmarshaler]()

func bindable(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.String, reflect.Int, reflect.Int64, reflect.Bool:
		return true
	default:
		return reflect.PointerTo(t).Implements(textUnmarshaler)
	}
}

// read fills the tagged fields of the struct v from values and returns what is wrong with them.
func (b binding) read(v reflect.Value, values Values) []problem.Fault {
	var faults []problem.Fault
	for _, f := range b.fields {
		sent := values[f.In][f.Name]
		switch {
		case len(sent) == 0:
			if f.Required {
				faults = append(faults, f.fault("required", "is required"))
			}
		case len(sent) > 1:
			faults = append(faults, f.fault("single", "must be given once"))
		default:
			faults = append(faults, f.set(v.FieldByIndex(f.index), sent[0])...)
		}
	}
	return faults
}

func (f boundField) fault(rule, message string) problem.Fault {
	return problem.Fault{In: f.In, Name: f.Name, Rule: rule, Message: message}
}

// set validates text as the field's kind of JSON value, then stores it.
func (f boundField) set(field reflect.Value, text string) []problem.Fault {
	if !utf8.ValidString(text) {
		return []problem.Fault{f.fault("utf8", "must be UTF-8")}
	}
	value, store, wrong := parse(field, text)
	if wrong != "" {
		return []problem.Fault{f.fault("type", wrong)}
	}
	if f.schema != nil {
		if faults := f.schema.ValidateValue(value); len(faults) > 0 {
			for i := range faults {
				faults[i].Pointer, faults[i].In, faults[i].Name = "", f.In, f.Name
			}
			return faults
		}
	}
	if store() != nil { // its error may quote the value
		return []problem.Fault{f.fault("format", "must be "+formatOf(field.Type()))}
	}
	return nil
}

// parse returns text as the JSON value that its schema judges, and what stores it in the field.
func parse(field reflect.Value, text string) (value any, store func() error, wrong string) {
	if u, ok := reflect.TypeAssert[encoding.TextUnmarshaler](field.Addr()); ok {
		return text, func() error { return u.UnmarshalText([]byte(text)) }, ""
	}
	switch field.Kind() {
	case reflect.Int, reflect.Int64:
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil || strconv.FormatInt(n, 10) != text {
			return nil, nil, "must be an integer"
		}
		return json.Number(text), func() error { field.SetInt(n); return nil }, ""
	case reflect.Bool:
		if text != "true" && text != "false" {
			return nil, nil, "must be true or false"
		}
		return text == "true", func() error { field.SetBool(text == "true"); return nil }, ""
	default:
		return text, func() error { field.SetString(text); return nil }, ""
	}
}

func formatOf(t reflect.Type) string {
	if t == reflect.TypeFor[time.Time]() {
		return "a date and time as in RFC 3339"
	}
	return "well formed"
}

// write is the opposite of read: it puts the tagged fields of v that are not zero into values.
func (b binding) write(v reflect.Value, values Values) error {
	for _, f := range b.fields {
		field := v.FieldByIndex(f.index)
		if field.IsZero() && !f.Required {
			continue
		}
		text, err := textOf(field)
		if err != nil {
			return fmt.Errorf("%s %s: %w", f.In, f.Name, err)
		}
		if values[f.In] == nil {
			values[f.In] = map[string][]string{}
		}
		values[f.In][f.Name] = []string{text}
	}
	return nil
}

func textOf(field reflect.Value) (string, error) {
	switch v := field.Interface().(type) {
	case secret.Text:
		return v.Reveal(), nil
	case time.Time:
		return v.Format(time.RFC3339Nano), nil
	case encoding.TextMarshaler:
		text, err := v.MarshalText()
		return string(text), err
	default:
		return fmt.Sprint(v), nil
	}
}

// bodyOf returns what of the struct v is the body.
func (b binding) bodyOf(v reflect.Value) reflect.Value {
	if b.wrapped != nil {
		return v.FieldByIndex(b.wrapped)
	}
	return v
}

// listParameters are the parameters that every contract that lists has.
func listParameters() []Parameter {
	return []Parameter{
		{Name: "cursor", In: "query", Schema: `{"type": "string", "minLength": 1, "maxLength": 1024}`},
		{Name: "limit", In: "query", Schema: fmt.Sprintf(`{"type": "integer", "minimum": 1, "maximum": %d}`, page.MaxLimit)},
	}
}
