package fxcell

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"time"
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
// once with 128 plus its number. The flags --doctor, --modules, --graph and --print-config look at the assembly and start nothing. A word after the
// flags is a verb, of every program keygen, of modules what they feed into the group fxcell.commands (app.Command): it runs on the assembly, which is
// built as far as it needs, and is not started. --help lists all.
func Main(choices ...Choice) {
	p := program{
		name: filepath.Base(os.Args[0]), stdout: os.Stdout, stderr: os.Stderr, choices: choices,
		startTimeout: startTimeout, stopTimeout: stopTimeout,
	}
	os.Exit(p.run(os.Args[1:])) //nolint:forbidigo // the one place that ends a process
}

type program struct {
	name                      string
	stdout, stderr            io.Writer
	choices                   []Choice
	startTimeout, stopTimeout time.Duration
}

// run returns the exit code.
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
		switch {
		case c.Name != f.assembly:
		case f.any():
			return p.tell(c.App, f)
		case len(f.verb) > 0:
			return p.do(c.App, f)
		default:
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
