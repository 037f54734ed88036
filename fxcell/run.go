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
	ctx := &startContext{}
	defer ctx.end()
	if err := p.open(ctx, run, hooks); err != nil {
		code := p.fail(err)
		return max(code, p.close(hooks, func(ctx context.Context) error { // a second signal has a code of its own
			return errors.Join(hooks.Undone(ctx, moment), run.Stop(ctx))
		}))
	}
	started := hooks.Slowest()
	log.Debug("hooks", zap.Stringers("slowest", started[:min(mostTimings, len(started))]))
	for _, line := range lines(app.Mode, in.Report) {
		say(p.stdout, line)
	}
	shutdown := <-done
	return cmp.Or(p.close(hooks, run.Stop), shutdown.ExitCode)
}

// open starts the app, unless a signal comes before it has.
func (p program) open(ctx *startContext, run *fx.App, hooks *inspect.Hooks) error {
	limited, cancel := context.WithTimeout(context.Background(), p.startTimeout)
	defer cancel()
	limited, heard := signal.NotifyContext(limited, syscall.SIGTERM, syscall.SIGINT)
	defer heard()
	ctx.begin(limited)
	hooks.BeforeUndo(func() { ctx.renew(p.stopTimeout) })
	err := run.Start(ctx)
	switch {
	case err == nil && hooks.StartError() == nil: // Fx may ask the renewed context why it gave the start up
		return nil
	case err != nil && strings.Contains(err.Error(), "goroutine exited without returning"):
		<-time.After(p.stopTimeout) // a hook panicked in a goroutine of fx: the runtime is about to end the process and tell why
		return err
	case errors.Is(limited.Err(), context.DeadlineExceeded):
		name, own := hooks.LateStart(moment)
		return late(name, fmt.Sprintf("not started within %s", p.startTimeout), cmp.Or(own, limited.Err()))
	case limited.Err() != nil:
		name, _ := hooks.LateStart(moment)
		return late(name, "not started", context.Cause(limited))
	default:
		return cmp.Or(hooks.StartError(), err)
	}
}

// moment is how long a hook may take to end after its deadline, before it is named without its error.
const moment = 500 * time.Millisecond

// late names the hook that is to blame for what did not end in time.
func late(hook, what string, err error) error { return fmt.Errorf("%s: %s: %w", hook, what, err) }

// lines is the report as a person gets to see it: notices are for the demo, they show what must not stand in a log.
func lines(mode durability.Mode, report *inspect.Report) []string {
	if mode != durability.Demo {
		report.Notices = nil
	}
	return report.Lines()
}

// close ends the app in order by stop, also one that has started only in part, and returns the exit code; another signal ends it at once.
func (p program) close(hooks *inspect.Hooks, stop func(context.Context) error) int {
	again := make(chan os.Signal, 1)
	signal.Notify(again, syscall.SIGTERM, syscall.SIGINT)
	defer signal.Stop(again)
	ctx, cancel := context.WithTimeout(context.Background(), p.stopTimeout)
	defer cancel()
	stopped := make(chan error, 1)
	go func() { stopped <- stop(ctx) }()
	select {
	case err := <-stopped:
		if errors.Is(err, context.DeadlineExceeded) {
			name, own := hooks.LateStop(moment)
			err = late(name, fmt.Sprintf("not stopped within %s", p.stopTimeout), cmp.Or(own, err))
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
