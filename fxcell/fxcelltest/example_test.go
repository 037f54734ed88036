package fxcelltest_test

import (
	"fmt"

	"go.uber.org/fx"
	"go.uber.org/zap"

	"fxcell.dev/fxcell"
	"fxcell.dev/fxcell/durability"
	"fxcell.dev/fxcell/fxcelltest"
)

type port interface{ Name() string }

// An override of something that nobody provides is a mistake, and says so.
func ExampleOverride() {
	app := fxcell.Assembly("shop", durability.Demo, fx.Provide(zap.NewNop))
	fmt.Println(fxcelltest.Fault(app) == nil)
	fmt.Println(fxcelltest.Fault(app, fxcelltest.Override[port](nil)) == nil)
	// Output:
	// true
	// false
}
