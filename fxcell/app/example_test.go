package app_test

import (
	"context"
	"fmt"
	"io"
	"os"

	"go.uber.org/fx"

	"fxcell.dev/fxcell/app"
)

// result is what the module of an adapter shows.
type result struct {
	fx.Out

	Migrate app.Command `group:"fxcell.commands"`
}

func provideMigrate() result {
	return result{Migrate: app.Command{Name: "migrate", Short: "change the schema: up, down or status", Run: migrate}}
}

func migrate(_ context.Context, args []string, out io.Writer) error {
	if len(args) != 1 {
		return fmt.Errorf("infra/store: migrate: want up, down or status, got %d words", len(args))
	}
	_, err := fmt.Fprintln(out, "schema:", args[0])
	return err
}

// read is what fxcell.Main takes of the app: core migrate status.
type read struct {
	fx.In

	Verbs []app.Command `group:"fxcell.commands"`
}

func ExampleCommand() {
	built := fx.New(fx.Module("infra/store", fx.Provide(provideMigrate)), fx.NopLogger, fx.Invoke(func(in read) {
		for _, verb := range in.Verbs {
			fmt.Println(verb.Name+":", verb.Short)
			fmt.Println(verb.Run(context.Background(), []string{"status"}, os.Stdout))
			fmt.Println(verb.Run(context.Background(), nil, os.Stdout))
		}
	}))
	fmt.Println(built.Err())
	// Output:
	// migrate: change the schema: up, down or status
	// schema: status
	// <nil>
	// infra/store: migrate: want up, down or status, got 0 words
	// <nil>
}
