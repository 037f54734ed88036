// Package inspect shows people what an assembly really is, and refuses graphs that Fx would die on.
package inspect

import (
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
	Hints    Hints
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

// isFx reports whether a constructor is one of Fx's own.
func isFx(f *function) bool { return strings.HasPrefix(f.name, "go.uber.org/fx.") }

// isHidden reports whether a function is no news to anybody: Fx's own, what the core puts everywhere, what looks at the app.
func isHidden(f *function) bool {
	return isFx(f) || isScaffold(f) || f.module == "" && strings.HasPrefix(f.name, "fxcell.dev/fxcell.")
}
