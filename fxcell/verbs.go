package fxcell

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os/signal"
	"regexp"
	"slices"
	"strings"
	"syscall"

	"go.uber.org/fx"
	"go.uber.org/fx/fxevent"

	"fxcell.dev/fxcell/app"
	"fxcell.dev/fxcell/config"
	"fxcell.dev/fxcell/inspect"
)

// verbsIn is read by an Invoke: nothing that a verb's constructor takes may read a group.
type verbsIn struct {
	fx.In

	Given []app.Command `group:"fxcell.commands"`
}

// verbPattern tells a verb from a flag and from a file.
var verbPattern = regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z0-9]+)*$`)

// given are the verbs that the modules of an assembly give, sorted, to be listed. Of the assembly no more is built than what their constructors take.
func (p program) given(assembly App, args config.Args) ([]app.Command, error) {
	var given []app.Command
	beside := fx.Provide(func() config.Args { return args })
	_, err := look(assembly, func(in verbsIn) error {
		given = slices.SortedStableFunc(slices.Values(in.Given), byName)
		return checkVerbs(append(slices.Clone(given), p.keygen()))
	}, beside)
	if err == nil {
		return given, nil
	}
	if w, blind := look(assembly, func(lookIn) {}, beside); blind == nil {
		return nil, cmp.Or(w.Missing(), err) // Fx names one thing at a time, and no cure
	}
	return nil, err
}

func byName(a, b app.Command) int { return strings.Compare(a.Name, b.Name) }

// checkVerbs refuses what nobody could call.
func checkVerbs(all []app.Command) error {
	var errs []error
	seen := map[string]bool{}
	for _, c := range all {
		switch {
		case !verbPattern.MatchString(c.Name) || c.Run == nil:
			errs = append(errs, fmt.Errorf("fxcell: the verb %q has no proper name, or nothing to run: a name is one word in lower case", c.Name))
		case seen[c.Name]:
			errs = append(errs, fmt.Errorf("fxcell: there are two verbs %s: give one of them another name, or leave its module out", c.Name))
		}
		seen[c.Name] = true
	}
	return errors.Join(errs...)
}

// do runs a verb to its end, or until a signal cancels its context; a second one ends the program at once.
func (p program) do(assembly App, f flags) int {
	name, args := f.verb[0], f.verb[1:]
	verbs := []app.Command{p.keygen()}
	if name != verbs[0].Name { // which needs no assembly
		given, err := p.given(assembly, f.args)
		if err != nil {
			return p.explain(assembly, err)
		}
		verbs = append(verbs, given...)
	}
	i := slices.IndexFunc(verbs, func(c app.Command) bool { return c.Name == name })
	if i < 0 {
		names := make([]string, 0, len(verbs))
		for _, c := range verbs {
			names = append(names, c.Name)
		}
		return p.fail(fmt.Errorf("there is no verb %q in assembly %s, only %s: see %s --help", name, f.assembly, strings.Join(names, ", "), p.name))
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	context.AfterFunc(ctx, stop) // from then on a signal does what it does to any program
	verb := verbs[i]
	if i > 0 {
		built, err := build(assembly, f.args)
		if err != nil {
			return p.explain(assembly, err)
		}
		verb = built[slices.IndexFunc(built, func(c app.Command) bool { return c.Name == name })]
	}
	if err := verb.Run(ctx, args, p.stdout); err != nil {
		return p.fail(err)
	}
	return 0
}

// build builds the assembly whole, as for a start, and returns its verbs: what they work with has been given all that the assembly feeds it.
func build(assembly App, args config.Args) (given []app.Command, err error) {
	built := fx.New(
		assembly,
		fx.Provide(func() config.Args { return args }),
		silent(func() fxevent.Logger { return fxevent.NopLogger }),
		fx.Invoke(func(in verbsIn) { given = in.Given }),
	)
	return given, built.Err()
}

// verbLines are the part of the help that tells of verbs. What an assembly cannot be built for is told there too: --help must not fail.
func (p program) verbLines(f flags) []string {
	verbs := []app.Command{p.keygen()}
	var faults []string
	for _, c := range p.choices {
		if c.Name != f.assembly {
			continue
		}
		given, err := p.given(c.App, f.args)
		if err != nil {
			faults = append(faults, "  and those of the assembly, which cannot be listed: "+inspect.Explain(err, hints(c.App.Mode))[0])
		}
		verbs = append(verbs, given...)
	}
	lines := make([]string, 0, len(verbs)+1)
	for _, c := range verbs {
		lines = append(lines, fmt.Sprintf("  %-18s %s", c.Name, c.Short))
	}
	return append(lines, faults...)
}
