package durability_test

import (
	"errors"
	"fmt"

	"go.uber.org/fx"

	"fxcell.dev/fxcell"
	"fxcell.dev/fxcell/db"
	"fxcell.dev/fxcell/durability"
	"fxcell.dev/fxcell/outbox"
)

// The mode is the assembly's promise: the same modules that a Demo takes are refused where what was acknowledged must survive.
func ExampleMode() {
	for _, mode := range []durability.Mode{durability.Demo, durability.Durable} {
		app := fx.New(fxcell.Assembly("shop", mode, memory, logging), fx.NopLogger)
		var short *durability.ShortfallError
		fmt.Println(mode, errors.As(app.Err(), &short))
		if short != nil {
			fmt.Println(short.Grade, "in", short.Where)
		}
	}
	// Output:
	// demo false
	// durable true
	// volatile in module "infra/memory"
}

// counting is a wrapper: by embedding the port it keeps the grade of what it wraps.
type counting struct {
	db.Transactor
}

func ExampleStated() {
	fmt.Println(counting{memoryTx{adapter{durability.Volatile}}}.Durability())
	fmt.Println(outbox.Ports()[0].Name, "comes durably from", outbox.Ports()[0].Instead)
	// Output:
	// volatile
	// outbox.Writer comes durably from infra/postgres.Module
}
