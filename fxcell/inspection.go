package fxcell

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"go.uber.org/fx"

	"fxcell.dev/fxcell/config"
	"fxcell.dev/fxcell/inspect"
)

// tell looks at the app and prints what the flags ask for.
func (p program) tell(app App, f flags) int {
	code := 0
	args := fx.Provide(func() config.Args { return f.args })
	if f.printConfig {
		code = max(code, p.tellConfig(app, args))
	}
	if !f.doctor && !f.modules && len(f.graphs) == 0 {
		return code
	}
	w, err := look(app, func(lookIn) {}, args)
	if err != nil {
		return p.explain(app, err)
	}
	if f.modules {
		say(p.stdout, strings.Join(w.Listing(), "\n"))
	}
	detail := inspect.Modules
	if f.constructors {
		detail = inspect.Constructors
	}
	for _, file := range f.graphs {
		if err := p.draw(w.Graph(detail), file); err != nil {
			code = p.fail(err)
		}
	}
	if f.doctor {
		code = max(code, p.tellDoctor(w, configFaults(app, args)))
	}
	return code
}

func (p program) tellDoctor(w *inspect.Wiring, faults []string) int {
	found := append(w.Doctor(), faults...)
	if len(found) == 0 {
		say(p.stdout, "nothing looks wrong")
		return 0
	}
	say(p.stdout, strings.Join(found, "\n"))
	return 1
}

// configFaults lists what is wrong with the settings by themselves: what the parts of the app say to them, they say at a start.
func configFaults(app App, args fx.Option) []string {
	_, faults, err := settings(app, args)
	if err = errors.Join(err, faults); err == nil || errors.Is(err, errNoConfig) {
		return nil
	}
	return inspect.Explain(err, hints(app.Mode))
}

// draw writes a graph, whole or not at all.
func (p program) draw(g *inspect.Graph, file string) error {
	if file == "-" {
		say(p.stdout, strings.TrimSuffix(g.Mermaid(), "\n"))
		return nil
	}
	text := g.Mermaid()
	if filepath.Ext(file) == ".dot" {
		text = g.DOT()
	}
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil { //nolint:gosec // a picture, for everybody
		return fmt.Errorf("--graph %s cannot be written: %w", file, errors.Unwrap(err))
	}
	return nil
}

// effective is a config.Source that can tell what it says.
type effective interface {
	Effective(sections []config.Registered) ([]inspect.Setting, error)
}

type settingsIn struct {
	fx.In

	Source   config.Source       `optional:"true"`
	Sections []config.Registered `group:"fxcell.config"`
}

var errNoConfig = errors.New("this assembly has no configuration: list modules/config.Module")

// settings lists what an app is configured with, and what is wrong with that.
func settings(app App, args fx.Option) (list []inspect.Setting, faults, err error) {
	_, err = look(app, func(in settingsIn) error {
		source, ok := in.Source.(effective)
		if !ok {
			return errNoConfig
		}
		list, faults = source.Effective(in.Sections)
		return nil
	}, args)
	return list, faults, err
}

func (p program) tellConfig(app App, args fx.Option) int {
	list, faults, err := settings(app, args)
	if errors.Is(err, errNoConfig) {
		return p.fail(fmt.Errorf("fxcell: --print-config: %w", errNoConfig))
	}
	if err != nil {
		return p.explain(app, err)
	}
	width := 0
	for _, s := range list {
		width = max(width, len(s.Key)+len(s.Value)+len(": "))
	}
	for _, s := range list {
		say(p.stdout, fmt.Sprintf("%-*s  # %s", min(width, 60), s.Key+": "+s.Value, s.From))
	}
	if faults != nil {
		return p.fail(faults)
	}
	return 0
}

// explain prints what fx.New has returned.
func (p program) explain(app App, err error) int {
	return p.fail(errors.New(strings.Join(inspect.Explain(err, hints(app.Mode)), "\n")))
}
