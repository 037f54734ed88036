package canary

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"go.uber.org/dig"
	"go.uber.org/fx"
)

const crashText = "crash in the canary"

func crash() { panic(crashText) } //nolint:forbidigo // what Fx makes of a panic is the subject

// Falls with it: Main recovers what is built, hooks and background loops must not panic (style.md section 5).
func TestCanary24PanicIsAnErrorWithRecoverFromPanics(t *testing.T) {
	t.Parallel()
	for name, wiring := range map[string]fx.Option{
		"constructor": fx.Options(fx.Provide(func() port { crash(); return nil }), fx.Invoke(func(port) {})),
		"decorator":   fx.Options(provide("pg"), fx.Decorate(func(port) port { crash(); return nil }), fx.Invoke(func(port) {})),
		"invoke":      fx.Invoke(crash),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := build(fx.RecoverFromPanics(), fx.Module("cell", wiring))
			if p := (dig.PanicError{}); !errors.As(err, &p) || p.Panic != crashText {
				t.Errorf("err = %v, want the panic as an error", err)
			}

			got := func() (r any) {
				defer func() { r = recover() }()
				return build(fx.Module("cell", wiring))
			}()
			expectString(t, "without the option, recovered", got, crashText)
		})
	}
}

func crashingHook() fx.Option {
	return fx.Options(fx.NopLogger, fx.RecoverFromPanics(), fx.Invoke(func(lc fx.Lifecycle) { lc.Append(fx.StartHook(crash)) }))
}

func panicInStart() {
	if err := fx.New(crashingHook()).Start(context.Background()); err != nil {
		select {} // Start comes back early, see below; the panic is on its way
	}
}

func panicInRun() { fx.New(crashingHook()).Run() }

// Falls with it: Main cannot recover a start hook, so every adapter's must not panic; and Main must not hurry to exit when
// Start says "goroutine exited without returning", or the panic's text is lost (style.md section 5).
func TestCanary24PanicInOnStartKillsTheProcess(t *testing.T) {
	t.Parallel()
	got := runChild(t, "panic: in start")
	if got.code != 2 || !strings.Contains(got.stderr, "panic: "+crashText) {
		t.Errorf("exit code %d, stderr %.300q; want 2 and the panic", got.code, got.stderr)
	}

	// While the panic unwinds, Fx hands "goroutine exited without returning" to Start, and Run exits with 1 if it is quicker than the panic.
	got = runChild(t, "panic: in run")
	if got.code != 2 && got.code != 1 {
		t.Errorf("Run: exit code %d, stderr %.300q; want 2, or 1 when Run was quicker", got.code, got.stderr)
	}
	if got.code == 2 && !strings.Contains(got.stderr, "panic: "+crashText) {
		t.Errorf("Run: stderr %.300q, want the panic", got.stderr)
	}
}

// run is a main function: what it defers tells whether Run came back.
func run(opts ...fx.Option) {
	defer fmt.Print("deferred")
	fx.New(append(opts, fx.NopLogger)...).Run()
}

// down asks for the end once the app has started.
func down(opts ...fx.ShutdownOption) fx.Option {
	return fx.Invoke(func(lc fx.Lifecycle, s fx.Shutdowner) {
		lc.Append(fx.StartHook(func() error { return s.Shutdown(opts...) }))
	})
}

func failStop() fx.Option {
	return fx.Invoke(func(lc fx.Lifecycle) { lc.Append(fx.StopHook(func() error { return errStop })) })
}

func stopNoted() fx.Option {
	return fx.Invoke(func(lc fx.Lifecycle) { lc.Append(fx.StopHook(func() { fmt.Print("stopped ") })) })
}

func runShutdown()   { run(stopNoted(), down()) }
func runExitCode()   { run(stopNoted(), down(fx.ExitCode(7))) }
func runFailedStop() { run(failStop(), down(fx.ExitCode(7))) }
func runFailedNew()  { run(fx.Invoke(func() error { return errNoop })) }

func runFailedStart() {
	run(stopNoted(), fx.Invoke(func(lc fx.Lifecycle) { lc.Append(fx.StartHook(func() error { return errStart })) }))
}

func runLateStart() {
	run(stopNoted(), fx.StartTimeout(10*time.Millisecond), fx.Invoke(func(lc fx.Lifecycle) {
		lc.Append(fx.StartHook(func(context.Context) { <-make(chan struct{}) }))
	}))
}

func runShutdownTwice() { run(down(fx.ExitCode(3)), down(fx.ExitCode(4))) }

func runShutdownByInvoke() {
	run(fx.Invoke(func(s fx.Shutdowner) error { return s.Shutdown(fx.ExitCode(5)) }))
}

// Falls with it: Main chooses the exit code itself: 0 after a clean end, the supervisor's code when a worker failed, 1 when the start failed, and it
// runs the stops that Run leaves out (fx.md section 5, rows 14, 17).
func TestCanary25ExitCodesOfRun(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, stdout string
		code         int
	}{
		{"run: shutdown", "stopped deferred", 0},
		{"run: exit code", "stopped ", 7},
		{"run: failed stop", "", 1},
		{"run: failed new", "", 1},
		{"run: failed start", "stopped ", 1},
		{"run: late start", "", 1},
		{"run: shutdown twice", "", 4},
		{"run: shutdown by an invoke", "", 5},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := runChild(t, tt.name)
			if got.code != tt.code || got.stdout != tt.stdout {
				t.Errorf("exit code %d, printed %q, want %d, %q\n%s", got.code, got.stdout, tt.code, tt.stdout, got.stderr)
			}
		})
	}
}
