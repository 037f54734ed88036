package inspect

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"go.uber.org/fx/fxevent"
)

// Recorder hears what is wired below the assembly. The assembly installs it in its own module, so no logger at the root can silence it. It is safe
// for concurrent use.
type Recorder struct {
	mu       sync.Mutex
	provided []provided
	swaps    []swap
	runs     []run
}

// provided is a constructor that was listed.
type provided struct {
	module  string
	scope   scope
	name    string // import path and name of the function; of fx.Supply nothing
	gives   []key
	private bool
}

type swap struct {
	module, verb, by, at string
	types                []string
}

// run is a constructor or decorator that ran.
type run struct {
	kind, module, name string
	took               time.Duration
}

// LogEvent implements fxevent.Logger.
func (r *Recorder) LogEvent(e fxevent.Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch e := e.(type) {
	case *fxevent.Provided:
		if e.Err == nil {
			r.provided = append(r.provided, provided{
				e.ModuleName, scopeOf(e.ModuleTrace), bare(e.ConstructorName), outputs(e.OutputTypeNames), e.Private,
			})
		}
	case *fxevent.Supplied:
		if e.Err == nil {
			r.provided = append(r.provided, provided{module: e.ModuleName, scope: scopeOf(e.ModuleTrace), gives: []key{{typ: e.TypeName}}})
		}
	case *fxevent.Replaced:
		r.swaps = append(r.swaps, swap{e.ModuleName, "replaces", "fx.Replace", first(e.StackTrace), e.OutputTypeNames})
	case *fxevent.Decorated:
		r.swaps = append(r.swaps, swap{e.ModuleName, "decorates", e.DecoratorName, first(e.StackTrace), e.OutputTypeNames})
	case *fxevent.Run:
		r.runs = append(r.runs, run{e.Kind, e.ModuleName, bare(e.Name), e.Runtime})
	}
}

// outputs reads T, T[name = "n"] and T[group = "g"].
func outputs(names []string) []key {
	out := make([]key, 0, len(names))
	for _, text := range names {
		k := key{typ: text}
		if i := strings.LastIndex(text, "[name = "); i >= 0 {
			k.typ = text[:i]
			k.name, _ = unquote(text[i+len("[name = "):])
		} else if i := strings.LastIndex(text, "[group = "); i >= 0 {
			k.typ = text[:i]
			k.group, _ = unquote(text[i+len("[group = "):])
		}
		out = append(out, k)
	}
	return out
}

// bare is the name of a function without the parentheses that Fx shows.
func bare(name string) string { return strings.TrimSuffix(name, "()") }

// scopeOf reads a module trace: the place of the option, then each module around it as "function (file:line) (name)", then the place of fx.New.
func scopeOf(trace []string) scope {
	var s scope
	for _, line := range slices.Backward(trace[min(1, len(trace)):max(1, len(trace)-1)]) {
		_, name, _ := strings.Cut(line, ") (")
		s = s.below(strings.TrimSuffix(name, ")"))
	}
	return s
}

func first(stack []string) string {
	if len(stack) == 0 {
		return "unknown place"
	}
	return stack[0]
}

// Swaps lists what modules below own replace or decorate. A replacement is named by its concrete type only, so each one counts; of the
// decorations those of guarded types count, unless a judging wrapper makes them.
func (r *Recorder) Swaps(own string, guarded []string) []error {
	r.mu.Lock()
	defer r.mu.Unlock()
	var out []error
	for _, s := range r.swaps {
		known := slices.ContainsFunc(s.types, func(t string) bool { return slices.Contains(guarded, t) })
		wrapper := strings.HasPrefix(s.by, "fxcell.dev/fxcell/durability.Wrap[") // the whole path: anybody can have a package durability
		if s.module != own && (s.verb == "replaces" || known && !wrapper) {
			out = append(out, fmt.Errorf("module %q %s %s at %s", s.module, s.verb, strings.Join(s.types, ", "), s.at))
		}
	}
	return out
}

// Unclaimed returns modules under one of the prefixes that provide something public and made no claim.
func (r *Recorder) Unclaimed(claimed func(string) bool, prefixes ...string) []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var out []string
	for _, p := range r.provided {
		under := slices.ContainsFunc(prefixes, func(prefix string) bool { return strings.HasPrefix(p.module, prefix) })
		if under && !p.private && p.name != "" && !claimed(p.module) {
			out = append(out, p.module)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}
