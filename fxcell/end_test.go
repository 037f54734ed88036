package fxcell

import (
	"slices"
	"testing"
	"time"

	"go.uber.org/fx"

	"fxcell.dev/fxcell/durability"
	"fxcell.dev/fxcell/inspect"
)

// endsWith asks for the end of the process as soon as it runs.
func endsWith(code int) fx.Option {
	return fx.Module("modules/end", fx.Invoke(func(lc fx.Lifecycle, s fx.Shutdowner) {
		lc.Append(fx.StartHook(func() error { return s.Shutdown(fx.ExitCode(code)) }))
	}))
}

func TestTheExitCodeOfAShutdownIsThatOfTheProcess(t *testing.T) {
	t.Parallel()
	for _, want := range []int{0, 7} {
		if code, _, stderr := ran(time.Minute, []fx.Option{endsWith(want), fx.Provide(newLog)}); code != want || stderr != "" {
			t.Errorf("exit code %d, stderr %q, want %d", code, stderr, want)
		}
	}
}

// A notice may show a one-time token: it is for the person in front of a demo, not for the log of a product.
func TestNoticesAreForTheDemo(t *testing.T) {
	t.Parallel()
	for mode, want := range map[durability.Mode]bool{durability.Demo: true, durability.Durable: false} {
		report := &inspect.Report{Notices: []inspect.Notice{{Name: "x", Lines: func(string) []string { return []string{"token"} }}}}
		if got := slices.Contains(lines(mode, report), "token"); got != want {
			t.Errorf("mode %v shows the notice: %v, want %v", mode, got, want)
		}
	}
}
