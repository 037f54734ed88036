package fxcell

import (
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
	ctx, cancel := context.WithTimeout(context.Background(), p.startTimeout)
	defer cancel()
	if err := run.Start(ctx); err != nil {
		return p.abandon(run, hooks, err)
	}
	started := hooks.Slowest()
	log.Debug("hooks", zap.Stringers("slowest", started[:min(mostTimings, len(started))]))
	for _, line := range lines(app.Mode, in.Report) {
		say(p.stdout, line)
	}
	shutdown := <-run.Wait()
	return p.stop(run, hooks, shutdown)
}

// lines is the report as a person gets to see it: notices are for the demo, they show what must not stand in a log.
func lines(mode durability.Mode, report *inspect.Report) []string {
	if mode != durability.Demo {
		report.Notices = nil
	}
	return report.Lines()
}

// abandon stops what has started after a start that failed, which fx does not do after a timeout.
func (p program) abandon(run *fx.App, hooks *inspect.Hooks, err error) int {
	if strings.Contains(err.Error(), "goroutine exited without returning") {
		<-time.After(p.stopTimeout) // a hook panicked in a goroutine of fx: the runtime is about to end the process and tell why
	}
	if errors.Is(err, context.DeadlineExceeded) {
		err = fmt.Errorf("%s: not started within %s: %w", hooks.Running(), p.startTimeout, err)
	}
	code := p.fail(err)
	ctx, cancel := context.WithTimeout(context.Background(), p.stopTimeout)
	defer cancel()
	if err := run.Stop(ctx); err != nil {
		p.fail(err)
	}
	return code
}

// stop ends the app in order; another signal ends it at once.
func (p program) stop(run *fx.App, hooks *inspect.Hooks, shutdown fx.ShutdownSignal) int {
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
			err = fmt.Errorf("%s: not stopped within %s: %w", hooks.Running(), p.stopTimeout, err)
		}
		if err != nil {
			return p.fail(fmt.Errorf("stop: %w", err))
		}
		return shutdown.ExitCode
	case s := <-again:
		if number, ok := s.(syscall.Signal); ok {
			return 128 + int(number)
		}
		return 1
	}
}
