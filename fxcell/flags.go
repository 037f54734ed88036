package fxcell

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"fxcell.dev/fxcell/config"
)

// flags are what the command line says.
type flags struct {
	assembly string
	version  bool
	args     config.Args
	verb     []string // with what follows it
	looks
}

// looks are the flags that ask what an assembly is, and start nothing.
type looks struct {
	graphs                       []string // files, or - for stdout
	constructors                 bool
	modules, doctor, printConfig bool
}

func (l looks) any() bool { return len(l.graphs) > 0 || l.modules || l.doctor || l.printConfig }

func (p program) parse(args []string) (flags, error) {
	var f flags
	if len(p.choices) == 0 {
		return f, errors.New("there is no assembly to run")
	}
	set := flag.NewFlagSet(p.name, flag.ContinueOnError)
	set.SetOutput(io.Discard) // its messages are not ours
	set.StringVar(&f.assembly, "assembly", p.choices[0].Name, "")
	set.StringVar(&f.args.File, "config", "", "")
	set.Func("set", "", into(&f.args.Set))
	set.BoolVar(&f.version, "version", false, "")
	set.Func("graph", "", into(&f.graphs))
	set.BoolVar(&f.constructors, "constructors", false, "")
	set.BoolVar(&f.modules, "modules", false, "")
	set.BoolVar(&f.doctor, "doctor", false, "")
	set.BoolVar(&f.printConfig, "print-config", false, "")
	set.Usage = func() {}
	err := set.Parse(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		p.help(f)
	case err == nil && set.NArg() > 0 && (f.any() || f.version):
		err = fmt.Errorf("%q is one thing too many: a flag that only shows something takes no verb", set.Arg(0))
	case err == nil:
		f.verb = set.Args()
		err = f.check()
	}
	return f, err
}

// into collects the values of a flag that may be repeated.
func into(list *[]string) func(string) error {
	return func(s string) error {
		*list = append(*list, s)
		return nil
	}
}

func (l looks) check() error {
	for _, name := range l.graphs {
		if ext := filepath.Ext(name); name != "-" && ext != ".dot" && ext != ".mmd" {
			return fmt.Errorf("--graph %s: want a name that ends in .dot or .mmd, or - for the terminal", name)
		}
	}
	if l.constructors && len(l.graphs) == 0 {
		return errors.New("--constructors says what --graph draws, and there is none")
	}
	return nil
}

func (p program) help(f flags) {
	say(p.stdout, fmt.Sprintf(`Usage: %s [flags] [verb [arguments]]

  --assembly NAME    what to run: %s (default %s)
  --config FILE      a YAML file over the built-in configuration (or FXCELL_CONFIG)
  --set KEY=VALUE    one setting, e.g. httpserver.public.addr=:9090; may be repeated

These look at the assembly and start nothing; they need no server and no secret:
  --doctor           list everything that looks wrong, and exit with 1 if there is anything
  --modules          list the modules and what they provide, serve, publish and subscribe
  --graph FILE       draw the modules: FILE.mmd for Mermaid, FILE.dot for Graphviz, - for Mermaid on the terminal; may be repeated
  --constructors     with --graph: draw each constructor
  --print-config     list every setting with its value and where it comes from; secrets are not shown

  --version          print the version
  --help             print this, with the verbs of the assembly that stands before it

Verbs of %s, which start nothing either:
%s

Every setting can also come from the environment: FXCELL_HTTPSERVER__PUBLIC__ADDR is httpserver.public.addr.
Order: built-in configuration, --config, environment, --set.
Exit code: 0 after SIGTERM or SIGINT, 1 when it could not start or had to stop, or when a verb failed, 143 or 130 after a second signal.`,
		p.name, strings.Join(p.names(), ", "), p.choices[0].Name, f.assembly, strings.Join(p.verbLines(f), "\n")))
}
