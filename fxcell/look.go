package fxcell

import (
	"errors"

	"go.uber.org/fx"
	"go.uber.org/fx/fxevent"

	"fxcell.dev/fxcell/config"
	"fxcell.dev/fxcell/inspect"
)

// Inspect tells what an app is made of: app, and what a test or a user lists beside it. Nothing is started, and of what modules provide nothing is
// built, so that no secret and no server is needed. A wiring that has a cycle, or parts with a fault, is an error; what is missing is told by
// inspect.Wiring.Doctor.
func Inspect(app App, beside ...fx.Option) (*inspect.Wiring, error) {
	return look(app, func(lookIn) {}, append(beside, fx.Provide(func() config.Args { return config.Args{} }))...)
}

// mainReads stands for Main in what is looked at: beside the assembly it reads a group, which may be empty.
func mainReads(verbsIn) {}

// errSeen ends the building of an app that is only looked at.
var errSeen = errors.New("fxcell: seen")

type lookIn struct {
	fx.In

	Cells []inspect.Cell `group:"fxcell.cells"`
}

// look wires the app, and invokes see, which takes what it wants to see besides.
func look(app App, see any, beside ...fx.Option) (*inspect.Wiring, error) {
	var w *inspect.Wiring
	root := &inspect.Recorder{}
	first := fx.Options(
		fx.Invoke(func(in preflightIn) error {
			told := hints(app.Mode)
			told.Readers["fxcell.commands"] = "fxcell.Main"
			w = inspect.Wire(inspect.App{
				ID: app.ID, Mode: app.Mode.String(), Options: append([]fx.Option{app.Option, fx.Invoke(mainReads)}, beside...), Hints: told,
			}, in.Graph, in.Recorder, root)
			return w.Cycle()
		}),
		fx.Invoke(func(in lookIn) { w.Describe(in.Cells) }),
		fx.Invoke(see),
		fx.Invoke(func() error { return errSeen }),
	)
	options := append([]fx.Option{app.wired(first)}, beside...)
	err := fx.New(append(options, silent(func() fxevent.Logger { return root }))...).Err()
	if errors.Is(err, errSeen) {
		return w, nil
	}
	return nil, err
}

// nowhere is where Fx writes its events to when it cannot build a logger, as with a cycle: they are not for people.
type nowhere struct{}

// Printf implements fx.Printer.
func (nowhere) Printf(string, ...any) {}

// silent installs a logger at the root, behind which nothing is written to stderr.
func silent(logger func() fxevent.Logger) fx.Option {
	return fx.Options(
		fx.Logger(nowhere{}), //nolint:forbidigo // the runtime itself: without it Fx dumps events to stderr
		fx.WithLogger(logger),
		fx.RecoverFromPanics(),
	)
}
