package fxcell

import (
	"errors"

	"go.uber.org/fx"

	"fxcell.dev/fxcell/durability"
	"fxcell.dev/fxcell/inspect"
)

// preflightIn takes no more than what is there before anything is built.
type preflightIn struct {
	fx.In

	Graph    fx.DotGraph
	Recorder *inspect.Recorder
	Relax    relaxIn
}

// preflight refuses what Fx would die on, or report one at a time, before anything is built.
func preflight(id string, mode durability.Mode, option fx.Option, in preflightIn) error {
	if in.Relax.Token != nil && in.Relax.Token.Err != nil {
		return in.Relax.Token.Err
	}
	w := inspect.Wire(inspect.App{ID: id, Mode: mode.String(), Options: []fx.Option{option}, Hints: hints(mode)}, in.Graph, in.Recorder)
	return errors.Join(w.Cycle(), w.Missing())
}
