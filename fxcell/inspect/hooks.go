package inspect

import (
	"cmp"
	"sync"

	"go.uber.org/fx/fxevent"
)

// Hooks hears the lifecycle of an app, at its root, and knows which hook is running. It is safe for concurrent use.
type Hooks struct {
	mu      sync.Mutex
	running string
}

// LogEvent implements fxevent.Logger.
func (h *Hooks) LogEvent(e fxevent.Event) {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch e := e.(type) {
	case *fxevent.OnStartExecuting:
		h.running = e.FunctionName + " (added by " + e.CallerName + ")"
	case *fxevent.OnStopExecuting:
		h.running = e.FunctionName + " (added by " + e.CallerName + ")"
	case *fxevent.OnStartExecuted, *fxevent.OnStopExecuted:
		h.running = ""
	}
}

// Running names the hook that is running.
func (h *Hooks) Running() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return cmp.Or(h.running, "no hook")
}
