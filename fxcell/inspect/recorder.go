package inspect

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"go.uber.org/fx/fxevent"
)

// Recorder hears what is wired below the assembly. The assembly installs it in its own module, so no logger at the root can silence it.
type Recorder struct {
	mu        sync.Mutex
	providers map[string]bool // modules with a public provider
	swaps     []swap
	trace     []string // "module: constructor" in wiring order, for the start-up report
}

type swap struct {
	module, verb, by, at string
	types                []string
}

// LogEvent implements fxevent.Logger.
func (r *Recorder) LogEvent(e fxevent.Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch e := e.(type) {
	case *fxevent.Provided:
		if r.providers == nil {
			r.providers = map[string]bool{}
		}
		if !e.Private {
			r.providers[e.ModuleName] = true
		}
		r.trace = append(r.trace, e.ModuleName+": "+e.ConstructorName)
	case *fxevent.Replaced:
		r.swaps = append(r.swaps, swap{e.ModuleName, "replaces", "fx.Replace", first(e.StackTrace), e.OutputTypeNames})
	case *fxevent.Decorated:
		r.swaps = append(r.swaps, swap{e.ModuleName, "decorates", e.DecoratorName, first(e.StackTrace), e.OutputTypeNames})
	}
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
	for m := range r.providers {
		for _, p := range prefixes {
			if strings.HasPrefix(m, p) && !claimed(m) {
				out = append(out, m)
			}
		}
	}
	slices.Sort(out)
	return out
}
