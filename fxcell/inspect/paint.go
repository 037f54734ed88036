package inspect

import (
	"slices"
	"strings"
)

// plumbing is what nearly everybody takes: a picture of modules is clearer without it.
func plumbing(k key) bool {
	return k.typ == "*zap.Logger" || k.typ == "config.Source" || k.group == "fxcell.config"
}

// guardName is how the decorators begin that judge a port.
const guardName = "fxcell.dev/fxcell/durability.guard["

// isScaffold reports whether a function is one of those that the core puts into each cell and slice; stubs are the judges of what their constructors
// take.
func isScaffold(f *function) bool {
	core := strings.HasPrefix(f.name, "fxcell.dev/fxcell.") || strings.HasPrefix(f.name, "fxcell.dev/fxcell/internal/part.")
	return strings.HasPrefix(f.module, "cells/") && (core || f.name == stub)
}

// own reports whether a function is the assembly's, also one of its preflight or audit.
func (w *Wiring) own(f *function) bool {
	return f.module == w.app.module() || strings.HasPrefix(f.module, w.app.module()+"/")
}

func (w *Wiring) functions() []*function {
	return slices.Concat(w.constructors, w.invokes, w.decorators)
}

// modules draws a box for each module, and a frame around the slices of a cell.
func (p *painter) modules() {
	w := p.wiring
	cells := map[string]string{} // id → its frame
	for _, c := range w.cells {
		cells[c.ID] = p.id("cell " + c.ID)
		p.frames = append(p.frames, frame{id: cells[c.ID], label: c.title()})
	}
	built := map[scope]bool{}
	var scopes []scope
	for _, f := range w.functions() {
		if !f.known || f.module == "" || isHidden(f) {
			continue
		}
		if w.own(f) {
			f = &function{module: w.app.module(), scope: ownScope(f.scope, w.app.module()), reached: true}
		}
		if !slices.Contains(scopes, f.scope) {
			scopes = append(scopes, f.scope)
		}
		built[f.scope] = built[f.scope] || f.reached && !f.decorator
	}
	slices.Sort(scopes)
	for _, s := range scopes {
		b := box{id: p.id(s.module()), label: s.module(), faint: !built[s]}
		if cell, slice, ok := strings.Cut(strings.TrimPrefix(s.module(), "cells/"), "/"); strings.HasPrefix(s.module(), "cells/") && cells[cell] != "" {
			b.frame = cells[cell]
			if ok {
				b.label = slice
			}
		}
		p.boxes[s] = b.id
		p.Graph.boxes = append(p.Graph.boxes, b)
	}
	for _, f := range w.functions() {
		p.moduleEdges(f)
	}
	p.contractEdges()
}

// ownScope is the assembly's own scope for that of one of its parts.
func ownScope(s scope, own string) scope {
	head, _, _ := strings.Cut(string(s)+"\n", "\n"+own+"\n")
	return scope(head).below(own)
}

// moduleEdges draws what a function takes from other modules, or changes of theirs.
func (p *painter) moduleEdges(f *function) {
	w := p.wiring
	guard := strings.HasPrefix(f.name, guardName)
	if !f.known || isScaffold(f) || w.own(f) && !guard {
		return
	}
	for _, n := range f.takes {
		if plumbing(n.key) && !f.decorator {
			continue
		}
		for _, g := range w.given(n, f) {
			switch {
			case w.own(g) || isScaffold(g):
			case guard && f.decorates(n.key):
				p.connect(f.scope, g.scope, judges, n.String())
			case guard:
			case f.decorates(n.key):
				p.connect(f.scope, g.scope, decorates, n.String())
			case len(g.contracts) > 0 && n.group == "fxcell.routes":
				p.connect(f.scope, g.scope, contracts, g.contracts...)
			case n.group != "":
				p.connect(f.scope, g.scope, takes, n.group)
			default:
				p.connect(f.scope, g.scope, takes, n.String())
			}
		}
	}
}

// contractEdges draws who hears whose events, and who calls whom.
func (p *painter) contractEdges() {
	w := p.wiring
	at := map[string]scope{}
	for _, f := range w.functions() {
		at[f.module] = f.scope
	}
	w.pairs("publish", "subscribe", func(from, to, contract string) { p.connect(at[from], at[to], events, contract) })
	w.pairs("call", "serve", func(from, to, contract string) { p.connect(at[from], at[to], contracts, contract) })
}

// constructors draws a box for each function, in frames of modules.
func (p *painter) constructors() {
	w := p.wiring
	frames := map[scope]string{}
	for _, f := range w.functions() {
		if isHidden(f) {
			continue
		}
		b := box{id: p.id(f.module + " " + f.short()), label: f.short(), faint: !f.reached, frame: p.frame(f.scope, frames)}
		switch {
		case f.decorator:
			b.shape, b.label = angled, "decorates "+gives(f)
		case slices.Contains(w.invokes, f):
			b.shape = round
		}
		p.boxes[f] = b.id
		p.Graph.boxes = append(p.Graph.boxes, b)
	}
	for _, f := range w.functions() {
		for _, n := range f.takes {
			for _, g := range w.given(n, f) {
				if f.decorates(n.key) {
					p.connect(f, g, decorates)
				} else {
					p.connect(f, g, takes)
				}
			}
		}
	}
}

// frame returns the frame of a module, in that of the cell around it.
func (p *painter) frame(s scope, known map[scope]string) string {
	if s == "" {
		return ""
	}
	if id, ok := known[s]; ok {
		return id
	}
	within := ""
	outer := scope(strings.TrimSuffix(string(s), "\n"+s.module()))
	if strings.HasPrefix(outer.module(), "cells/") {
		within = p.frame(outer, known)
	}
	known[s] = p.id("module " + s.module())
	p.frames = append(p.frames, frame{known[s], s.module(), within})
	return known[s]
}
