package fxcell

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"runtime/debug"
	"strings"
	"syscall"
	"time"

	"go.uber.org/dig"
	"go.uber.org/fx"
	"go.uber.org/fx/fxevent"

	"fxcell.dev/fxcell/config"
	"fxcell.dev/fxcell/durability"
	"fxcell.dev/fxcell/inspect"
)

// How long hooks may take in all.
const (
	startTimeout = 30 * time.Second
	stopTimeout  = 30 * time.Second
)

// Choice is one assembly that a binary can run.
type Choice struct {
	Name string
	App  App
}

// Main runs the program: the first choice, or the one that --assembly names, until a signal or fx.Shutdowner ends it. It does not return. What ends
// the start is told in a line on stderr that names module and cure, with exit code 1; SIGTERM and SIGINT drain and exit 0, a second one ends at
// once with 128 plus its number.
func Main(choices ...Choice) {
	p := program{name: filepath.Base(os.Args[0]), stdout: os.Stdout, stderr: os.Stderr, choices: choices}
	os.Exit(p.run(os.Args[1:])) //nolint:forbidigo // the one place that ends a process
}

type program struct {
	name           string
	stdout, stderr io.Writer
	choices        []Choice
}

type flags struct {
	assembly string
	version  bool
	args     config.Args
}

func (p program) run(args []string) int {
	f, err := p.parse(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		return p.fail(fmt.Errorf("%w: see %s --help", err, p.name))
	case f.version:
		say(p.stdout, p.name+" "+version())
		return 0
	}
	for _, c := range p.choices {
		if c.Name == f.assembly {
			return p.start(c.App, f.args)
		}
	}
	return p.fail(fmt.Errorf("--assembly %s is none of %s", f.assembly, strings.Join(p.names(), ", ")))
}

func (p program) names() []string {
	names := make([]string, 0, len(p.choices))
	for _, c := range p.choices {
		names = append(names, c.Name)
	}
	return names
}

func (p program) parse(args []string) (flags, error) {
	var f flags
	if len(p.choices) == 0 {
		return f, errors.New("there is no assembly to run")
	}
	set := flag.NewFlagSet(p.name, flag.ContinueOnError)
	set.SetOutput(io.Discard) // its messages are not ours
	set.StringVar(&f.assembly, "assembly", p.choices[0].Name, "")
	set.StringVar(&f.args.File, "config", "", "")
	set.Func("set", "", func(s string) error {
		f.args.Set = append(f.args.Set, s)
		return nil
	})
	set.BoolVar(&f.version, "version", false, "")
	set.Usage = func() {}
	err := set.Parse(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		p.help()
	case err == nil && set.NArg() > 0:
		err = fmt.Errorf("unknown argument %q", set.Arg(0))
	}
	return f, err
}

func (p program) help() {
	say(p.stdout, fmt.Sprintf(`Usage: %s [flags]

  --assembly NAME    what to run: %s (default %s)
  --config FILE      a YAML file over the built-in configuration (or FXCELL_CONFIG)
  --set KEY=VALUE    one setting, e.g. httpserver.public.addr=:9090; may be repeated
  --version          print the version
  --help             print this

Every setting can also come from the environment: FXCELL_HTTPSERVER__PUBLIC__ADDR is httpserver.public.addr.
Order: built-in configuration, --config, environment, --set.`, p.name, strings.Join(p.names(), ", "), p.choices[0].Name))
}

// say prints a line for a person. When nobody can read it there is nobody left to tell.
func say(w io.Writer, line string) { _, _ = fmt.Fprintln(w, line) }

// version returns the version of the main module as the build recorded it.
func version() string {
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "(devel)"
}

// fail prints err, each of its lines under the program's name.
func (p program) fail(err error) int {
	for line := range strings.SplitSeq(err.Error(), "\n") {
		say(p.stderr, p.name+": "+line)
	}
	return 1
}

func (p program) start(app App, args config.Args) int {
	var report *inspect.Report
	hooks := &inspect.Hooks{}
	run := fx.New(
		app,
		fx.Provide(func() config.Args { return args }),
		fx.WithLogger(func() fxevent.Logger { return hooks }),
		fx.RecoverFromPanics(),
		fx.Populate(&report),
	)
	if err := run.Err(); err != nil {
		return p.fail(dig.RootCause(err))
	}
	ended := run.Wait() // before anything starts: from here on a signal drains
	ctx, cancel := context.WithTimeout(context.Background(), startTimeout)
	defer cancel()
	if err := run.Start(ctx); err != nil {
		return p.abandon(run, hooks, err)
	}
	for _, line := range lines(app.Mode, report) {
		say(p.stdout, line)
	}
	return p.stop(run, <-ended)
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
		<-time.After(stopTimeout) // a hook panicked in a goroutine of fx: the runtime is about to end the process and tell why
	}
	if errors.Is(err, context.DeadlineExceeded) {
		err = fmt.Errorf("%s: not started within %s: %w", hooks.Running(), startTimeout, err)
	}
	code := p.fail(err)
	ctx, cancel := context.WithTimeout(context.Background(), stopTimeout)
	defer cancel()
	if err := run.Stop(ctx); err != nil {
		p.fail(err)
	}
	return code
}

func (p program) stop(run *fx.App, shutdown fx.ShutdownSignal) int {
	again := make(chan os.Signal, 1)
	signal.Notify(again, syscall.SIGTERM, syscall.SIGINT)
	defer signal.Stop(again)
	ctx, cancel := context.WithTimeout(context.Background(), stopTimeout)
	defer cancel()
	stopped := make(chan error, 1)
	go func() { stopped <- run.Stop(ctx) }()
	select {
	case err := <-stopped:
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
