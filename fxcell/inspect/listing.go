package inspect

import (
	"fmt"
	"slices"
	"strings"
)

// Listing tells what each module provides, feeds and reads, what each slice does with contracts, and what is never built, a line each.
func (w *Wiring) Listing() []string {
	modules := map[string]*entry{}
	idle := w.idle()
	count := 0
	for _, f := range w.functions() {
		if !f.known || f.module == "" || isHidden(f) {
			continue
		}
		module := f.module
		if w.own(f) {
			module = w.app.module()
		}
		if modules[module] == nil {
			modules[module] = &entry{lists: map[string][]string{}}
		}
		modules[module].add(f)
		if !f.decorator && slices.Contains(w.constructors, f) {
			count++
		}
	}
	for _, c := range w.cells {
		if modules["cells/"+c.ID] == nil {
			modules["cells/"+c.ID] = &entry{lists: map[string][]string{}}
		}
		modules["cells/"+c.ID].what = strings.TrimPrefix(c.title(), "cells/"+c.ID+" · ")
	}
	names := make([]string, 0, len(modules))
	width := 0
	for name := range modules {
		names = append(names, name)
		width = max(width, len(name))
	}
	slices.Sort(names)
	out := []string{fmt.Sprintf("%s in mode %s: %d modules, %d constructors, %d never built", w.app.module(), w.app.Mode, len(modules), count, len(idle))}
	for _, name := range names {
		out = append(out, strings.TrimRight(fmt.Sprintf("%-*s  %s", width, name, modules[name]), " "))
	}
	for _, name := range idle {
		out = append(out, "never built: "+name)
	}
	return out
}

// idle names the constructors that nothing needs.
func (w *Wiring) idle() []string {
	var out []string
	for _, c := range w.constructors {
		if c.known && !c.reached && !isHidden(c) {
			out = append(out, where(c.short(), c.module))
		}
	}
	slices.Sort(out)
	return out
}

// entry is what is told of a module.
type entry struct {
	what  string
	lists map[string][]string // verb → names
}

func (e *entry) add(f *function) {
	if f.verb != "" {
		e.lists[f.verb] = append(e.lists[f.verb], f.contracts...)
		return
	}
	for _, k := range f.gives {
		switch {
		case plumbing(k) && k.group != "" || k.group == "fxcell.cells":
		case strings.HasPrefix(f.name, guardName):
			e.lists["judges"] = append(e.lists["judges"], k.String())
		case f.decorator:
			e.lists["decorates"] = append(e.lists["decorates"], k.String())
		case k.group != "":
			e.lists["feeds"] = append(e.lists["feeds"], k.group)
		case !f.private:
			e.lists["provides"] = append(e.lists["provides"], k.String())
		}
	}
	for _, n := range f.takes {
		if n.group != "" {
			e.lists["reads"] = append(e.lists["reads"], n.group)
		}
	}
}

func (e *entry) String() string {
	var parts []string
	if e.what != "" {
		parts = append(parts, e.what)
	}
	for _, verb := range []string{"serves", "calls", "publishes", "subscribes", "provides", "judges", "decorates", "feeds", "reads"} {
		if names := e.lists[verb]; len(names) > 0 {
			slices.Sort(names)
			parts = append(parts, verb+" "+strings.Join(slices.Compact(names), ", "))
		}
	}
	return strings.Join(parts, "; ")
}
