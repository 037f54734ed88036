package inspect

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"go.uber.org/fx/fxevent"
)

// slowHook is how long a hook may take before somebody should know.
const slowHook = time.Second

// Timing is how long something took.
type Timing struct {
	Name string
	Took time.Duration
}

func (t Timing) String() string {
	return fmt.Sprintf("%s %s", t.Name, t.Took.Round(10*time.Microsecond))
}

// slowest sorts timings, the longest first.
func slowest(t []Timing) []Timing {
	return slices.SortedStableFunc(slices.Values(t), func(a, b Timing) int { return cmp.Compare(b.Took, a.Took) })
}

// Hooks hears the lifecycle of an app, at its root: it knows which hook is running, and how long the others took. It is safe for concurrent use.
type Hooks struct {
	mu       sync.Mutex
	starting *hook // the last one that was started
	stopping *hook // the last one that was stopped: it may run beside a start that was given up
	took     []Timing
	slow     func(Timing)
	undo     undo
}

// hook is one that was run.
type hook struct {
	name  string
	ended chan struct{}
	err   error
}

// TellSlow calls fn for each hook that takes a second or more, once it has ended.
func (h *Hooks) TellSlow(fn func(Timing)) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.slow = fn
}

// LogEvent implements fxevent.Logger.
func (h *Hooks) LogEvent(e fxevent.Event) {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch e := e.(type) {
	case *fxevent.OnStartExecuting:
		h.starting = newHook(e.FunctionName, e.CallerName)
	case *fxevent.OnStopExecuting:
		h.stopping = newHook(e.FunctionName, e.CallerName)
	case *fxevent.OnStartExecuted:
		h.ended(h.starting, e.Runtime, e.Err)
	case *fxevent.OnStopExecuted:
		h.ended(h.stopping, e.Runtime, e.Err)
	case *fxevent.RollingBack:
		h.undo.begin(e.StartErr)
	case *fxevent.RolledBack:
		h.undo.end(e.Err)
	}
}

func newHook(function, caller string) *hook {
	return &hook{name: strings.TrimSuffix(bare(function), "-fm") + " (added by " + caller + ")", ended: make(chan struct{})}
}

func (h *Hooks) ended(ran *hook, took time.Duration, err error) {
	if ran == nil {
		return
	}
	t := Timing{ran.name, took}
	ran.err = err
	close(ran.ended)
	h.took = append(h.took, t)
	if h.slow != nil && took >= slowHook {
		h.slow(t)
	}
}

// LateStart names the start hook that a deadline has caught, after Fx has given it up: Fx says only that the deadline is over. A hook that keeps to its
// context ends a moment later, with an error that says more; LateStart waits that long for it. A hook that does not is named without one.
func (h *Hooks) LateStart(moment time.Duration) (name string, err error) {
	h.mu.Lock()
	last := h.starting
	h.mu.Unlock()
	return h.wait(last, moment)
}

// LateStop is LateStart for the stop hooks.
func (h *Hooks) LateStop(moment time.Duration) (name string, err error) {
	h.mu.Lock()
	last := h.stopping
	h.mu.Unlock()
	return h.wait(last, moment)
}

func (h *Hooks) wait(last *hook, moment time.Duration) (name string, err error) {
	if last == nil {
		return "no hook", nil
	}
	select {
	case <-last.ended:
	case <-time.After(moment):
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	return last.name, last.err
}

// Slowest lists the hooks that have run, the longest first.
func (h *Hooks) Slowest() []Timing {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slowest(h.took)
}
