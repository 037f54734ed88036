package fxcelltest

import (
	"errors"
	"testing"

	"go.uber.org/fx"

	"fxcell.dev/fxcell/internal/relax"
)

// ErrNoTest fails an app that was relaxed outside a test.
var ErrNoTest = errors.New("fxcelltest: Relax is for tests only: it needs a test binary and a testing.TB that is not nil")

// Relax lets a Durable assembly take whatever states a grade, in tests only: tb alone proves none, a product can embed the interface.
//
//nolint:thelper // tb is a witness, nothing fails through it
func Relax(tb testing.TB) fx.Option {
	var err error
	if tb == nil || !testing.Testing() {
		err = ErrNoTest // told by the assembly, before it judges anything
	}
	return fx.Provide(func() *relax.Token { return &relax.Token{Err: err} })
}
