package inspect_test

import (
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/fx/fxevent"

	"fxcell.dev/fxcell/inspect"
)

func TestHooksKnowWhatRunsAndWhatTookLong(t *testing.T) {
	t.Parallel()
	h := &inspect.Hooks{}
	var slow []string
	h.TellSlow(func(t inspect.Timing) { slow = append(slow, t.String()) })
	if name, err := h.LateStart(0); name != "no hook" || err != nil {
		t.Errorf("before a hook runs %q, %v", name, err)
	}
	h.LogEvent(&fxevent.OnStartExecuting{FunctionName: "a.(*pool).open-fm()", CallerName: "a.provide"})
	if name, err := h.LateStart(0); name != "a.(*pool).open (added by a.provide)" || err != nil {
		t.Errorf("while a hook runs %q, %v", name, err)
	}
	h.LogEvent(&fxevent.OnStartExecuted{Runtime: 999 * time.Millisecond, Err: errPlain})
	if name, err := h.LateStart(time.Hour); name != "a.(*pool).open (added by a.provide)" || !errors.Is(err, errPlain) {
		t.Errorf("after it has failed %q, %v", name, err)
	}
	h.LogEvent(&fxevent.OnStopExecuting{FunctionName: "b.stop()", CallerName: "b.run"})
	h.LogEvent(&fxevent.OnStopExecuted{Runtime: time.Second})
	if name, err := h.LateStop(time.Hour); name != "b.stop (added by b.run)" || err != nil {
		t.Errorf("after it has stopped %q, %v", name, err)
	}
	if want := []string{"b.stop (added by b.run) 1s"}; !slices.Equal(slow, want) {
		t.Errorf("told of %q, want %q", slow, want)
	}
	if got := h.Slowest(); len(got) != 2 || got[0].Name != "b.stop (added by b.run)" {
		t.Errorf("slowest %v", got)
	}
}

// The error of a hook comes a moment after Fx has given it up.
func TestLateWaitsForWhatAHookSays(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := &inspect.Hooks{}
		h.LogEvent(&fxevent.OnStartExecuting{FunctionName: "a.open()", CallerName: "a.provide"})
		go func() {
			<-time.After(time.Minute)
			h.LogEvent(&fxevent.OnStartExecuted{Err: errPlain})
		}()
		if _, err := h.LateStart(time.Second); err != nil {
			t.Errorf("after a second %v", err)
		}
		if _, err := h.LateStart(time.Hour); !errors.Is(err, errPlain) {
			t.Errorf("after a minute %v", err)
		}
	})
}
