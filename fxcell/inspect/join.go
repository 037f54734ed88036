package inspect

import "slices"

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

// fits reports whether a constructor is the one that was heard of, as far as can be told.
func (f *function) fits(p provided) bool {
	return !f.known && (f.name == p.name || f.name == stub) && slices.EqualFunc(f.gives, p.gives, func(a, b key) bool { return a.plain() == b })
}

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
