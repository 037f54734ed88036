package health_test

import (
	"context"
	"errors"
	"fmt"

	"go.uber.org/fx"
	"go.uber.org/zap"

	"fxcell.dev/fxcell"
	"fxcell.dev/fxcell/durability"
	"fxcell.dev/fxcell/health"
	"fxcell.dev/fxcell/level"
)

// mailer is a service that depends on something outside.
type mailer struct{ down bool }

func newMailer() *mailer { return &mailer{down: true} }

// Healthy tells operators whether mail can be sent.
func (m *mailer) Healthy(context.Context) error {
	if m.down {
		return errors.New("mailer: no server answers")
	}
	return nil
}

// A slice lists its probe; an app that lists modules/health asks it.
func ExampleProbe() {
	shop := fxcell.Cell(fxcell.CellMeta{ID: "shop", Level: level.L0},
		fxcell.Slice(fxcell.SliceMeta{ID: "receipt", Cell: "shop"},
			fxcell.Provide(newMailer),
			health.Probe("mail", false, (*mailer).Healthy),
		))
	app := fx.New(fxcell.Assembly("shop", durability.Demo, fx.Provide(zap.NewNop), shop), fx.NopLogger, fx.Invoke(func(in checksIn) {
		for _, c := range in.Checks {
			fmt.Println(c.Name, c.Critical, c.Probe(context.Background()))
		}
	}))
	fmt.Println(app.Err())
	// Output:
	// cells/shop/receipt/mail false mailer: no server answers
	// <nil>
}
