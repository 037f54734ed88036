package inspect

import (
	"fmt"
	"path"
	"slices"
	"strings"
)

// Built lists the constructors that have run, the longest first.
func (r *Recorder) Built() []Timing {
	r.mu.Lock()
	defer r.mu.Unlock()
	var out []Timing
	for _, run := range r.runs {
		if run.kind == "provide" && !isScaffold(run.function()) {
			out = append(out, Timing{run.function().where(), run.took})
		}
	}
	return slowest(out)
}

// NeverBuilt names the constructors that nothing has needed so far, sorted.
func (r *Recorder) NeverBuilt() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	listed, ran := map[run]int{}, map[run]int{}
	for _, p := range r.provided {
		if p.name != "" {
			listed[run{module: p.module, name: p.name}]++
		}
	}
	for _, r := range r.runs {
		if r.kind == "provide" {
			ran[run{module: r.module, name: r.name}]++
		}
	}
	var out []string
	for c, n := range listed {
		f := c.function()
		switch idle := n - ran[c]; {
		case idle <= 0 || isScaffold(f):
		case n > 1: // closures of one function in one module have one name
			out = append(out, fmt.Sprintf("%s (%d of %d)", f.where(), idle, n))
		default:
			out = append(out, f.where())
		}
	}
	slices.Sort(out)
	return out
}

// Modules counts the modules that provide something.
func (r *Recorder) Modules() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	names := map[string]bool{}
	for _, p := range r.provided {
		names[p.module] = true
	}
	return len(names)
}

func (r run) function() *function { return &function{node: node{name: r.name}, module: r.module} }

// where names a function by its last element, and its module.
func (f *function) where() string {
	return where(strings.TrimSuffix(path.Base(closure.ReplaceAllString(f.name, "")), "-fm"), f.module)
}
