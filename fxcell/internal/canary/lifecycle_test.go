package canary

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/fx"
)

var (
	errStart = errors.New("start failed")
	errStop  = errors.New("stop failed")
)

type (
	first  struct{}
	second struct{}
	third  struct{}
)

// chain is three things that need each other, listed against the order in which they are built; each has a hook.
func chain(j *journal, starts, stops map[string]error) fx.Option {
	hook := func(lc fx.Lifecycle, name string) { j.hook(lc, name, starts[name], stops[name]) }
	return fx.Options(
		fx.Provide(
			func(lc fx.Lifecycle, _ *second) *third { hook(lc, "third"); return nil },
			func(lc fx.Lifecycle, _ *first) *second { hook(lc, "second"); return nil },
			func(lc fx.Lifecycle) *first { hook(lc, "first"); return nil },
		),
		fx.Invoke(func(*third) {}),
	)
}

// Falls with it: adapters start before and stop after the cells that use them, and each start hook cleans up after its own failure (fx.md 1.8).
func TestCanary20HooksStartInConstructionOrderAndStopInReverse(t *testing.T) {
	t.Parallel()

	t.Run("all is well", func(t *testing.T) {
		t.Parallel()
		var j journal
		app := mustBuild(t, chain(&j, nil, nil))
		if err := errors.Join(app.Start(t.Context()), app.Stop(t.Context())); err != nil {
			t.Fatal(err)
		}
		j.expect(t, "start first", "start second", "start third", "stop third", "stop second", "stop first")
	})

	t.Run("a failing start stops the earlier ones and not itself", func(t *testing.T) {
		t.Parallel()
		var j journal
		app := mustBuild(t, chain(&j, map[string]error{"second": errStart}, nil))
		if err := app.Start(t.Context()); !errors.Is(err, errStart) {
			t.Errorf("Start: err = %v, want %v", err, errStart)
		}
		j.expect(t, "start first", "start second", "stop first")
	})

	t.Run("one failing stop does not stop the others", func(t *testing.T) {
		t.Parallel()
		var j journal
		app := mustBuild(t, chain(&j, nil, map[string]error{"second": errStop}))
		if err := app.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := app.Stop(t.Context()); !errors.Is(err, errStop) {
			t.Errorf("Stop: err = %v, want %v", err, errStop)
		}
		j.expect(t, "start first", "start second", "start third", "stop third", "stop second", "stop first")
	})

	t.Run("a stop that overruns the deadline keeps the rest from running", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			var j journal
			app := mustBuild(t, chain(&j, nil, nil), fx.Invoke(func(lc fx.Lifecycle) {
				lc.Append(fx.StopHook(func() { j.add("stop slow"); <-time.After(time.Minute) }))
			}))
			if err := app.Start(t.Context()); err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			if err := app.Stop(ctx); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("Stop: err = %v, want %v", err, context.DeadlineExceeded)
			}
			<-time.After(time.Hour)
			j.expect(t, "start first", "start second", "start third", "stop slow")
		})
	})
}

// Falls with it: Main calls Stop with a fresh deadline after a failed start, and names the hung hook itself (fx.md section 5, rows 12, 14).
func TestCanary21StartPastItsDeadlineRunsNoStopsUntilStopIsCalled(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var j journal
		release := make(chan struct{})
		app := mustBuild(t, chain(&j, nil, nil), fx.Invoke(func(lc fx.Lifecycle) {
			lc.Append(fx.Hook{
				OnStart: func(context.Context) error { j.add("start deaf"); <-release; return nil },
				OnStop:  func(context.Context) error { j.add("stop deaf"); return nil },
			})
		}))
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		err := app.Start(ctx)
		if err != context.DeadlineExceeded { //nolint:errorlint // that it is bare, without a name, is the fact
			t.Errorf("Start: err = %v, want %v and nothing more", err, context.DeadlineExceeded)
		}
		<-time.After(time.Hour)
		j.expect(t, "start first", "start second", "start third", "start deaf")

		if err := app.Stop(t.Context()); err != nil {
			t.Errorf("Stop: err = %v, want none", err)
		}
		j.expect(t, "start first", "start second", "start third", "start deaf", "stop third", "stop second", "stop first")
		close(release)
	})
}

// Falls with it: constructors do no I/O and start no goroutine (fx.md decision 7).
func TestCanary22NothingIsClosedWhenNewFails(t *testing.T) {
	t.Parallel()
	var j journal
	open := func(lc fx.Lifecycle) *service {
		j.add("open")
		lc.Append(fx.StartStopHook(func() { j.add("start") }, func() { j.add("close") }))
		return &service{}
	}
	app := newApp(fx.Provide(open), fx.Invoke(func(*service) {}), fx.Invoke(func() error { return errNoop }))
	for what, err := range map[string]error{"New": app.Err(), "Start": app.Start(t.Context())} {
		if !errors.Is(err, errNoop) {
			t.Errorf("%s: err = %v, want %v", what, err, errNoop)
		}
	}
	if err := app.Stop(t.Context()); err != nil {
		t.Errorf("Stop: err = %v, want none", err)
	}
	j.expect(t, "open")
}

// Falls with it: no background loop keeps the context of its start (style.md section 5).
func TestCanary23ContextOfOnStartEndsWithTheStartsOwn(t *testing.T) {
	t.Parallel()
	var kept context.Context
	app := mustBuild(t, fx.Invoke(func(lc fx.Lifecycle) {
		lc.Append(fx.StartHook(func(ctx context.Context) { kept = ctx }))
	}))
	ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
	if err := app.Start(ctx); err != nil {
		t.Fatal(err)
	}
	if want, _ := ctx.Deadline(); kept.Err() != nil {
		t.Errorf("context ended with Start itself: %v", kept.Err())
	} else if got, ok := kept.Deadline(); !ok || !got.Equal(want) {
		t.Errorf("deadline = %v, %v, want Start's %v", got, ok, want)
	}
	cancel()
	select {
	case <-kept.Done():
	case <-t.Context().Done():
		t.Error("context outlives the start's")
	}
	if err := app.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// Falls with it: hooks are appended while the app is built, never later (fx.md 1.8).
func TestCanary23AppendFromInsideARunningHookIsLost(t *testing.T) {
	t.Parallel()
	var j journal
	app := mustBuild(t, fx.Invoke(func(lc fx.Lifecycle) {
		lc.Append(fx.StartHook(func() { j.add("start outer"); j.hook(lc, "inner", nil, nil) }))
	}))
	if err := errors.Join(app.Start(t.Context()), app.Stop(t.Context())); err != nil {
		t.Fatal(err)
	}
	j.expect(t, "start outer")
}

// watched notes what is appended, and by its embedding hands it on.
type watched struct {
	fx.Lifecycle

	j *journal
}

// Append implements fx.Lifecycle.
func (w watched) Append(h fx.Hook) {
	w.j.add("append")
	w.Lifecycle.Append(fx.Hook{
		OnStart: func(ctx context.Context) error { w.j.add("watched"); return h.OnStart(ctx) },
		OnStop:  h.OnStop,
	})
}

// Falls with it: the assembly may name and time the hooks of what it lists, whatever logger the root has (fx.md decision 9).
func TestCanary33DecoratedLifecycleSeesTheHooksOfTheConstructorsBelowIt(t *testing.T) {
	t.Parallel()
	var j journal
	hooked := func(name string) fx.Option {
		return fx.Module(name, fx.Provide(func(lc fx.Lifecycle) *service { j.hook(lc, name, nil, nil); return nil }, fx.Private), fx.Invoke(func(*service) {}))
	}
	watch := fx.Decorate(func(lc fx.Lifecycle) fx.Lifecycle { return watched{lc, &j} })
	app := mustBuild(t, fx.Module("assembly", watch, fx.Module("cells", hooked("below"))), hooked("beside"))
	if err := errors.Join(app.Start(t.Context()), app.Stop(t.Context())); err != nil {
		t.Fatal(err)
	}
	j.expect(t, "append", "watched", "start below", "start beside", "stop beside", "stop below")
}
