package fxcell

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"go.uber.org/fx"
	"go.uber.org/fx/fxevent"
	"go.uber.org/zap"

	"fxcell.dev/fxcell/config"
	"fxcell.dev/fxcell/durability"
	"fxcell.dev/fxcell/inspect"
)

type runIn struct {
	fx.In

	Report *inspect.Report
	Log    *zap.Logger `optional:"true"`
}

// start runs the app to its end and returns the exit code.
func (p program) start(app App, args config.Args) int {
	var in runIn
	hooks := &inspect.Hooks{}
	run := fx.New(
		app,
		fx.Provide(func() config.Args { return args }),
		silent(func() fxevent.Logger { return hooks }),
		fx.Invoke(func(got runIn) { in = got }),
	)
	if err := run.Err(); err != nil {
		return p.explain(app, err)
	}
	log := in.Log
	if log == nil {
		log = zap.NewNop()
	}
	hooks.TellSlow(func(t inspect.Timing) {
		log.Warn("slow hook", zap.String("hook", t.Name), zap.Duration("took", t.Took))
	})
	done := run.Wait() // from here on a signal is ours to answer
	if err := p.open(run, hooks); err != nil {
		return max(p.fail(err), p.close(run, hooks)) // a second signal has a code of its own
	}
	started := hooks.Slowest()
	log.Debug("hooks", zap.Stringers("slowest", started[:min(mostTimings, len(started))]))
	for _, line := range lines(app.Mode, in.Report) {
		say(p.stdout, line)
	}
	shutdown := <-done
	return cmp.Or(p.close(run, hooks), shutdown.ExitCode)
}

// open starts the app, unless a signal comes before it has.
func (p program) open(run *fx.App, hooks *inspect.Hooks) error {
	ctx, cancel := context.WithTimeout(context.Background(), p.startTimeout)
	defer cancel()
	ctx, heard := signal.NotifyContext(ctx, syscall.SIGTERM, syscall.SIGINT)
	defer heard()
	err := run.Start(ctx)
	switch {
	case err == nil:
		return nil
	case strings.Contains(err.Error(), "goroutine exited without returning"):
		<-time.After(p.stopTimeout) // a hook panicked in a goroutine of fx: the runtime is about to end the process and tell why
		return err
	case errors.Is(err, context.DeadlineExceeded):
		return late(hooks, fmt.Sprintf("not started within %s", p.startTimeout), err)
	case errors.Is(err, context.Canceled):
		name, _ := hooks.Late(moment)
		return fmt.Errorf("%s: not started: %w", name, context.Cause(ctx))
	default:
		return err
	}
}

// moment is how long a hook may take to end after its deadline, before it is named without its error.
const moment = 500 * time.Millisecond

// late names the hook that is to blame for a deadline, and what it says itself.
func late(hooks *inspect.Hooks, what string, err error) error {
	name, own := hooks.Late(moment)
	return fmt.Errorf("%s: %s: %w", name, what, cmp.Or(own, err))
}

// lines is the report as a person gets to see it: notices are for the demo, they show what must not stand in a log.
func lines(mode durability.Mode, report *inspect.Report) []string {
	if mode != durability.Demo {
		report.Notices = nil
	}
	return report.Lines()
}

// close ends the app in order, also one that has started only in part, and returns the exit code; another signal ends it at once.
func (p program) close(run *fx.App, hooks *inspect.Hooks) int {
	again := make(chan os.Signal, 1)
	signal.Notify(again, syscall.SIGTERM, syscall.SIGINT)
	defer signal.Stop(again)
	ctx, cancel := context.WithTimeout(context.Background(), p.stopTimeout)
	defer cancel()
	stopped := make(chan error, 1)
	go func() { stopped <- run.Stop(ctx) }()
	select {
	case err := <-stopped:
		if errors.Is(err, context.DeadlineExceeded) {
			err = late(hooks, fmt.Sprintf("not stopped within %s", p.stopTimeout), err)
		}
		if err != nil {
			return p.fail(fmt.Errorf("stop: %w", err))
		}
		return 0
	case s := <-again:
		if number, ok := s.(syscall.Signal); ok {
			return 128 + int(number)
		}
		return 1
	}
}
