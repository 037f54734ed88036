package inspect

import (
	"slices"
	"strings"

	"go.uber.org/fx"
)

// Wiring is what an app is made of and how it hangs together, known before anything is built.
type Wiring struct {
	app   App
	cells []Cell

	constructors []*function // in the order of the graph's text
	invokes      []*function
	decorators   []*function
	gives        map[key][]*function // by plain key
}

// App names what is inspected.
type App struct {
	ID, Mode string
	Options  []fx.Option // the assembly, and what is listed beside it
}

func (a App) module() string { return "apps/" + a.ID }

// Wire joins what is known of an app: the graph's text has constructors and their types, the recorders' events the modules and the real names, the
// options what Invokes and decorators take. The first recorder is the assembly's; others heard what stands beside it.
func Wire(app App, dot fx.DotGraph, recorders ...*Recorder) *Wiring {
	listed := optionsOf(app.Options...)
	w := &Wiring{app: app, invokes: listed.invokes, decorators: listed.decorates, gives: map[key][]*function{}}
	for _, n := range readDOT(dot) {
		if !isLogger(n) {
			w.constructors = append(w.constructors, &function{node: *n})
		}
	}
	for i, r := range recorders {
		w.place(r, i == 0)
	}
	w.identify(listed.provides)
	for _, c := range w.constructors {
		for _, k := range c.gives {
			w.gives[k.plain()] = append(w.gives[k.plain()], c)
		}
	}
	return w
}

// isLogger reports whether a node makes the logger of an fx.WithLogger, which Fx tells nobody of.
func isLogger(n *node) bool { return len(n.gives) == 1 && n.gives[0].typ == "fxevent.Logger" }

// place tells constructors their modules. Events and text have the same order, but for private ones, which the text has last; what one recorder heard
// stands together when it stands in one module, as an assembly does.
func (w *Wiring) place(r *Recorder, together bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	var public, private []provided
	for _, p := range r.provided {
		if p.private {
			private = append(private, p)
		} else {
			public = append(public, p)
		}
	}
	from := 0
	if together {
		from = w.anchor(public)
	}
	from = w.assign(public, from)
	if together {
		from = w.stretch(private, from)
	}
	w.assign(private, from)
}

// stretch returns where all that was heard stands one after the other, at or after from: a module beside the assembly may have the like before it.
func (w *Wiring) stretch(heard []provided, from int) int {
	for start := from; start+len(heard) <= len(w.constructors); start++ {
		fits := true
		for i := range heard {
			fits = fits && w.constructors[start+i].fits(heard[i])
		}
		if fits {
			return start
		}
	}
	return from
}

// anchor returns where the assembly's public constructors begin: the recorder is one of them, and there is one in an app.
func (w *Wiring) anchor(public []provided) int {
	for i, c := range w.constructors {
		if len(c.gives) != 1 || c.gives[0].typ != "*inspect.Recorder" {
			continue
		}
		for j, p := range public {
			if p.name == c.name {
				return max(0, i-j)
			}
		}
	}
	return 0
}

// assign gives each constructor from from on that fits the next one that was heard its place, and returns where it ended.
func (w *Wiring) assign(heard []provided, from int) int {
	for i := from; i < len(w.constructors) && len(heard) > 0; i++ {
		c, p := w.constructors[i], heard[0]
		if !c.fits(p) {
			continue
		}
		c.module, c.scope, c.known, c.private = p.module, p.scope, true, p.private
		if p.name != "" {
			c.name = p.name
		}
		heard, from = heard[1:], i+1
	}
	return from
}

// stub is how annotated and supplied constructors call themselves.
const stub = "reflect.makeFuncStub"

func (f *function) fits(p provided) bool { return !f.known && (f.name == p.name || f.name == stub) }

// identify tells the types of constructors apart that print alike. The options list a module's constructors in the order of the text.
func (w *Wiring) identify(listed []*function) {
	for _, c := range w.constructors {
		for i, l := range listed {
			if !c.known || l.scope != c.scope || l.private != c.private || l.name != c.name {
				continue
			}
			if alike(c.node, l.node) {
				c.takes, c.gives = l.takes, l.gives
				listed = append(listed[:i:i], listed[i+1:]...)
				break
			}
		}
	}
}

// alike reports whether both take and give the same, as far as text tells.
func alike(a, b node) bool {
	if len(a.takes) != len(b.takes) || len(a.gives) != len(b.gives) {
		return false
	}
	count := map[key]int{}
	for i := range a.takes {
		count[a.takes[i].plain()]++
		count[b.takes[i].plain()]--
	}
	for i := range a.gives {
		count[a.gives[i].plain()]++
		count[b.gives[i].plain()]--
	}
	for _, n := range count {
		if n != 0 {
			return false
		}
	}
	return true
}

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

// isFx reports whether a constructor is one of Fx's own.
func isFx(f *function) bool { return strings.HasPrefix(f.name, "go.uber.org/fx.") }
