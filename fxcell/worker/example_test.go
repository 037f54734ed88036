package worker_test

import (
	"context"
	"fmt"
	"time"

	"go.uber.org/fx"
	"go.uber.org/zap"

	"fxcell.dev/fxcell"
	"fxcell.dev/fxcell/durability"
	"fxcell.dev/fxcell/level"
	"fxcell.dev/fxcell/worker"
)

// carts is a service that throws old carts away.
type carts struct{}

func newCarts() *carts { return &carts{} }

// Expire works until the app stops.
func (*carts) Expire(ctx context.Context) error {
	hourly := time.NewTicker(time.Hour)
	defer hourly.Stop()
	for {
		select {
		case <-hourly.C: // throw away what is old; an error would be returned, and Expire be called again later
		case <-ctx.Done():
			return nil
		}
	}
}

// A slice lists its worker; an app that lists modules/worker runs it.
func ExampleRun() {
	shop := fxcell.Cell(fxcell.CellMeta{ID: "shop", Level: level.L0},
		fxcell.Slice(fxcell.SliceMeta{ID: "cart", Cell: "shop"},
			fxcell.Provide(newCarts),
			worker.Run("expiry", (*carts).Expire),
		))
	app := fx.New(fxcell.Assembly("shop", durability.Demo, fx.Provide(zap.NewNop), shop), fx.NopLogger, fx.Invoke(func(in workersIn) {
		for _, w := range in.Workers {
			fmt.Println(w.Name)
		}
	}))
	fmt.Println(app.Err())
	// Output:
	// cells/shop/cart/expiry
	// <nil>
}
