package inspect

import "slices"

// visible returns the constructors that give the need to a function in its scope; of a group, its members. A place that is not known sees everything.
func (w *Wiring) visible(n need, at *function) []*function {
	var out []*function
	for _, p := range w.gives[n.plain()] {
		if p.private && p.known && at.known && !at.scope.within(p.scope) {
			continue
		}
		for _, k := range p.gives {
			if k.is(n.key) {
				out = append(out, p)
				break
			}
		}
	}
	return out
}

// given returns those that Fx takes: every member of a group, else the one of the nearest scope.
func (w *Wiring) given(n need, at *function) []*function {
	all := w.visible(n, at)
	if n.group != "" || len(all) < 2 {
		return all
	}
	best := all[0]
	for _, p := range all[1:] {
		if p.private && (!best.private || p.scope.within(best.scope)) {
			best = p
		}
	}
	return []*function{best}
}

// decorated returns the decorators that a value passes on its way to at.
func (w *Wiring) decorated(n need, at *function) []*function {
	var out []*function
	for _, d := range w.decorators {
		for _, k := range d.gives {
			if k.is(n.key) && at.scope.within(d.scope) && d != at {
				out = append(out, d)
				break
			}
		}
	}
	return out
}

// decorates reports whether f is a decorator of k: it does not run when nothing else takes k.
func (f *function) decorates(k key) bool {
	return f.decorator && slices.ContainsFunc(f.gives, k.is)
}

// reach marks what is built: what an Invoke or a logger takes, and what that takes.
func (w *Wiring) reach() {
	var visit func(f *function)
	visit = func(f *function) {
		if f.reached {
			return
		}
		f.reached = true
		for _, n := range f.takes {
			for _, next := range w.given(n, f) {
				visit(next)
			}
			for _, next := range w.decorated(n, f) {
				visit(next)
			}
		}
	}
	for _, i := range w.invokes {
		visit(i)
	}
	for _, c := range w.constructors {
		if len(c.gives) == 1 && c.gives[0].typ == "*inspect.Recorder" {
			visit(c) // the assembly's logger
		}
	}
}
