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
	mu   sync.Mutex
	last hook
	took []Timing
	slow func(Timing)
}

// hook is the last one that was run.
type hook struct {
	name  string
	ended chan struct{} // nil when there was none
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
		h.last = hook{name: hookName(e.FunctionName, e.CallerName), ended: make(chan struct{})}
	case *fxevent.OnStopExecuting:
		h.last = hook{name: hookName(e.FunctionName, e.CallerName), ended: make(chan struct{})}
	case *fxevent.OnStartExecuted:
		h.ended(e.Runtime, e.Err)
	case *fxevent.OnStopExecuted:
		h.ended(e.Runtime, e.Err)
	}
}

func hookName(function, caller string) string {
	return strings.TrimSuffix(bare(function), "-fm") + " (added by " + caller + ")"
}

func (h *Hooks) ended(took time.Duration, err error) {
	if h.last.ended == nil {
		return
	}
	t := Timing{h.last.name, took}
	h.last.err = err
	close(h.last.ended)
	h.took = append(h.took, t)
	if h.slow != nil && took >= slowHook {
		h.slow(t)
	}
}

// Late names the hook that a deadline has caught, after Fx has given it up: Fx says only that the deadline is over. A hook that keeps to its context
// ends a moment later, with an error that says more; Late waits that long for it. A hook that does not is named without one.
func (h *Hooks) Late(moment time.Duration) (name string, err error) {
	h.mu.Lock()
	last := h.last
	h.mu.Unlock()
	if last.ended == nil {
		return "no hook", nil
	}
	select {
	case <-last.ended:
	case <-time.After(moment):
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	return last.name, h.last.err
}

// Slowest lists the hooks that have run, the longest first.
func (h *Hooks) Slowest() []Timing {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slowest(h.took)
}
