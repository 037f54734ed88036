package inspect_test

import (
	"slices"
	"testing"
	"time"

	"go.uber.org/fx/fxevent"

	"fxcell.dev/fxcell/inspect"
)

func TestHooksKnowWhatRunsAndWhatTookLong(t *testing.T) {
	t.Parallel()
	h := &inspect.Hooks{}
	var slow []string
	h.TellSlow(func(t inspect.Timing) { slow = append(slow, t.String()) })
	if got := h.Running(); got != "no hook" {
		t.Errorf("before a hook runs %q", got)
	}
	h.LogEvent(&fxevent.OnStartExecuting{FunctionName: "a.(*pool).open-fm()", CallerName: "a.provide"})
	if got := h.Running(); got != "a.(*pool).open (added by a.provide)" {
		t.Errorf("while a hook runs %q", got)
	}
	h.LogEvent(&fxevent.OnStartExecuted{FunctionName: "a.(*pool).open-fm()", CallerName: "a.provide", Runtime: 999 * time.Millisecond})
	h.LogEvent(&fxevent.OnStopExecuting{FunctionName: "b.stop()", CallerName: "b.run"})
	if got := h.Running(); got != "b.stop (added by b.run)" {
		t.Errorf("while a stop hook runs %q", got)
	}
	h.LogEvent(&fxevent.OnStopExecuted{FunctionName: "b.stop()", CallerName: "b.run", Runtime: time.Second})
	if got := h.Running(); got != "no hook" {
		t.Errorf("after the hooks %q", got)
	}
	if want := []string{"b.stop (added by b.run) 1s"}; !slices.Equal(slow, want) {
		t.Errorf("told of %q, want %q", slow, want)
	}
	if got := h.Slowest(); len(got) != 2 || got[0].Name != "b.stop (added by b.run)" {
		t.Errorf("slowest %v", got)
	}
}
