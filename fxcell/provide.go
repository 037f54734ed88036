package fxcell

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"go.uber.org/fx"

	"fxcell.dev/fxcell/db"
	"fxcell.dev/fxcell/durability"
	"fxcell.dev/fxcell/internal/part"
	"fxcell.dev/fxcell/level"
)

// Part is what a cell or slice is made of, an fx.Option. Only packages under fxcell can make or read one; the zero Part is refused.
type Part = part.Part

var (
	stated     = reflect.TypeFor[durability.Stated]()
	errorType  = reflect.TypeFor[error]()
	transactor = reflect.TypeFor[db.Transactor]()
	paramsType = reflect.TypeFor[fx.In]()
)

// Provide gives a slice or cell its own values, private to it; every port that the constructors take is judged in that scope.
func Provide(constructors ...any) Part {
	f := inspectConstructors("Provide", constructors)
	return part.New(fx.Provide(append(slices.Clone(constructors), fx.Private)...), f) // a clone: the caller may still hold the slice
}

// Export offers a port to the whole assembly: the only public thing that a cell provides. Each result of the constructor, but for an error, is an
// interface that a package under fxcell/ declares.
func Export(constructor any) Part {
	f := inspectConstructors("Export", []any{constructor})
	if t := reflect.TypeOf(constructor); f.Err == nil {
		for out := range t.Outs() {
			if out != errorType && (out.Kind() != reflect.Interface || !strings.HasPrefix(out.PkgPath(), "fxcell.dev/fxcell/")) {
				f.Err = errors.Join(f.Err, fmt.Errorf("fxcell: Export offers ports, which packages under fxcell/ declare, got %v", out))
			}
		}
	}
	return part.New(fx.Provide(constructor), f)
}

func inspectConstructors(verb string, constructors []any) part.Facts {
	f := part.Facts{Needs: level.L0}
	for _, c := range constructors {
		t := reflect.TypeOf(c)
		if t == nil || t.Kind() != reflect.Func {
			f.Err = errors.Join(f.Err, fmt.Errorf("fxcell: %s takes constructors, got %T", verb, c))
			continue
		}
		for in := range t.Ins() {
			f.Err = errors.Join(f.Err, takes(&f, t, in))
		}
	}
	return f
}

// takes notes the ports in one parameter of a constructor, also those in the fields of an fx.In struct.
func takes(f *part.Facts, constructor, in reflect.Type) error {
	if in.Implements(stated) {
		f.Takes = append(f.Takes, in)
	}
	if in == transactor {
		f.Need(level.L1, fmt.Sprintf("%v takes %v", constructor, in))
	}
	if in.Kind() != reflect.Struct || !embedsParams(in) {
		return nil
	}
	var errs []error
	for field := range in.Fields() {
		if field.Type == paramsType {
			continue
		}
		_, named := field.Tag.Lookup("name")
		_, grouped := field.Tag.Lookup("group")
		_, optional := field.Tag.Lookup("optional")
		element := field.Type
		if grouped && element.Kind() == reflect.Slice {
			element = element.Elem()
		}
		if element.Implements(stated) && (named || grouped || optional) {
			errs = append(errs, fmt.Errorf("fxcell: %v takes %v by name, group or option: a port is taken plainly, or it escapes its judge", constructor, field.Type))
			continue
		}
		errs = append(errs, takes(f, constructor, field.Type))
	}
	return errors.Join(errs...)
}

func embedsParams(t reflect.Type) bool {
	for field := range t.Fields() {
		if field.Anonymous && (field.Type == paramsType || field.Type.Kind() == reflect.Struct && embedsParams(field.Type)) {
			return true
		}
	}
	return false
}

// judgeHere takes each port in the scope where it stands, exactly as the constructors there are given it, and judges it.
func judgeHere(scope string, ports []reflect.Type) fx.Option {
	if len(ports) == 0 {
		return fx.Options()
	}
	in := append([]reflect.Type{reflect.TypeFor[*durability.Judge]()}, ports...)
	check := reflect.MakeFunc(reflect.FuncOf(in, []reflect.Type{errorType}, false), func(args []reflect.Value) []reflect.Value {
		judge, _ := reflect.TypeAssert[*durability.Judge](args[0])
		var errs []error
		for i, v := range args[1:] {
			errs = append(errs, judge.Judge(ports[i].String(), scope, v.Interface()))
		}
		out := reflect.New(errorType).Elem()
		if err := errors.Join(errs...); err != nil {
			out.Set(reflect.ValueOf(err))
		}
		return []reflect.Value{out}
	})
	return fx.Invoke(check.Interface())
}
