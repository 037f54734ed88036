package inspect

import (
	"reflect"
	"runtime"
	"strings"

	"go.uber.org/fx"
)

// function is a constructor, an Invoke or a decorator.
type function struct {
	node

	module    string // the fx.Module that lists it, "" at the root
	scope     scope  // where that module stands
	known     bool   // module and scope are known: it stands in the assembly, or was given beside it
	private   bool
	decorator bool
	verb      string   // what it does with contracts, e.g. serves
	contracts []string // their ids
	reached   bool     // an Invoke needs it, by whatever way
}

// scope is the path of a module: the names of the modules around it and its own, outermost first, each behind a line break. Of the root it is empty.
type scope string

func (s scope) below(name string) scope { return s + scope("\n"+name) }

// within reports whether s is outer or stands in it.
func (s scope) within(outer scope) bool {
	return s == outer || strings.HasPrefix(string(s), string(outer)+"\n") || outer == ""
}

func (s scope) module() string { return string(s[strings.LastIndex(string(s), "\n")+1:]) }

// wires is what options hold, in the order in which Fx takes it: of each module its own, then that of its children.
type wires struct{ provides, decorates, invokes []*function }

// optionsOf reads what the graph's text does not tell: what Invokes and decorators take, and the packages of types. Fx has no way to ask an option
// for that, so it is read out of Fx's own types; a test falls when Fx changes them.
func optionsOf(options ...fx.Option) wires {
	var w wires
	w.module(reflect.ValueOf(options), "")
	return w
}

func (w *wires) module(options reflect.Value, at scope) {
	var children []reflect.Value
	w.option(options, at, &children)
	for _, c := range children {
		w.module(c.FieldByName("options"), at.below(c.FieldByName("name").String()))
	}
}

// option reads one option of the module; modules in it are left for later.
func (w *wires) option(v reflect.Value, at scope, children *[]reflect.Value) {
	for v.Kind() == reflect.Interface || v.Kind() == reflect.Pointer {
		v = v.Elem()
	}
	switch v.Kind() {
	case reflect.Slice:
		for i := range v.Len() {
			w.option(v.Index(i), at, children)
		}
	case reflect.Struct:
		switch v.Type().Name() {
		case "moduleOption":
			*children = append(*children, v)
		case "invokeOption":
			w.invokes = append(w.invokes, functionsOf(v, at)...)
		case "decorateOption":
			for _, f := range functionsOf(v, at) {
				f.decorator = true
				w.decorates = append(w.decorates, f)
			}
		case "provideOption", "supplyOption":
			w.provides = append(w.provides, functionsOf(v, at)...)
		default: // an option around options, as our own parts are
			for _, f := range v.Fields() {
				if f.Kind() == reflect.Interface && f.Type().Implements(optionType) {
					w.option(f, at, children)
				}
			}
		}
	default:
	}
}

var (
	optionType = reflect.TypeFor[fx.Option]()
	inType     = reflect.TypeFor[fx.In]()
	outType    = reflect.TypeFor[fx.Out]()
	errorType  = reflect.TypeFor[error]()
)

func functionsOf(option reflect.Value, at scope) []*function {
	targets := option.FieldByName("Targets")
	if !targets.IsValid() || targets.Kind() != reflect.Slice {
		return nil
	}
	var out []*function
	private := option.FieldByName("Private").IsValid() && option.FieldByName("Private").Bool()
	for i := range targets.Len() {
		target := targets.Index(i).Elem()
		if target.IsValid() && target.Type() == reflect.TypeOf(fx.Private) {
			private = true
			continue
		}
		out = append(out, functionOf(target, at))
	}
	for _, f := range out {
		f.private = private
	}
	return out
}

func functionOf(target reflect.Value, at scope) *function {
	f := &function{module: at.module(), scope: at, known: true}
	if target.Kind() != reflect.Func { // an annotated one: the graph's text has to do
		return f
	}
	f.name = runtime.FuncForPC(target.Pointer()).Name()
	t := target.Type()
	for i := range t.NumIn() {
		if !t.IsVariadic() || i < t.NumIn()-1 { // which dig leaves empty
			f.takes = append(f.takes, needsOf(t.In(i), "")...)
		}
	}
	for out := range t.Outs() {
		if out != errorType {
			f.gives = append(f.gives, keysOf(out, "")...)
		}
	}
	return f
}

// needsOf returns what a parameter or a field stands for: itself, or the fields of an fx.In struct.
func needsOf(t reflect.Type, tag reflect.StructTag) []need {
	if t.Kind() != reflect.Struct || !embeds(t, inType) {
		return []need{{keyOf(t, tag, true), tag.Get("optional") == "true"}}
	}
	var out []need
	for f := range t.Fields() {
		if f.Type != inType {
			out = append(out, needsOf(f.Type, f.Tag)...)
		}
	}
	return out
}

// keysOf is needsOf for results.
func keysOf(t reflect.Type, tag reflect.StructTag) []key {
	if t.Kind() != reflect.Struct || !embeds(t, outType) {
		return []key{keyOf(t, tag, strings.Contains(tag.Get("group"), "flatten"))}
	}
	var out []key
	for f := range t.Fields() {
		if f.Type != outType {
			out = append(out, keysOf(f.Type, f.Tag)...)
		}
	}
	return out
}

// keyOf reads the tags of a field. elements says that a field of a group holds several of its members.
func keyOf(t reflect.Type, tag reflect.StructTag, elements bool) key {
	group, _, _ := strings.Cut(tag.Get("group"), ",")
	if group != "" && elements && t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	return key{t.String(), tag.Get("name"), group, identity(t)}
}

func embeds(t, embedded reflect.Type) bool {
	for f := range t.Fields() {
		if f.Anonymous && (f.Type == embedded || f.Type.Kind() == reflect.Struct && embeds(f.Type, embedded)) {
			return true
		}
	}
	return false
}

// identity is the text of a type with whole import paths.
func identity(t reflect.Type) string {
	switch {
	case t.PkgPath() != "":
		return t.PkgPath() + "." + t.Name()
	case t.Name() != "":
		return t.Name()
	case t.Kind() == reflect.Pointer:
		return "*" + identity(t.Elem())
	case t.Kind() == reflect.Slice:
		return "[]" + identity(t.Elem())
	default:
		return t.String()
	}
}
