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
	mu      sync.Mutex
	running string
	took    []Timing
	slow    func(Timing)
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
		h.running = hookName(e.FunctionName, e.CallerName)
	case *fxevent.OnStopExecuting:
		h.running = hookName(e.FunctionName, e.CallerName)
	case *fxevent.OnStartExecuted:
		h.ended(e.FunctionName, e.CallerName, e.Runtime)
	case *fxevent.OnStopExecuted:
		h.ended(e.FunctionName, e.CallerName, e.Runtime)
	}
}

func hookName(function, caller string) string {
	return strings.TrimSuffix(bare(function), "-fm") + " (added by " + caller + ")"
}

func (h *Hooks) ended(function, caller string, took time.Duration) {
	t := Timing{hookName(function, caller), took}
	h.running = ""
	h.took = append(h.took, t)
	if h.slow != nil && took >= slowHook {
		h.slow(t)
	}
}

// Running names the hook that is running.
func (h *Hooks) Running() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return cmp.Or(h.running, "no hook")
}

// Slowest lists the hooks that have run, the longest first.
func (h *Hooks) Slowest() []Timing {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slowest(h.took)
}
