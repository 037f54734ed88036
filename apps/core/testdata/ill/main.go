// Command ill runs assemblies of the product's parts that each lack something, or have it twice.
package main

import (
	"context"
	"fmt"

	"go.uber.org/fx"

	"fxcell.dev/cells/access"
	"fxcell.dev/cells/audit"
	"fxcell.dev/cells/config"
	"fxcell.dev/configs"
	"fxcell.dev/fxcell"
	"fxcell.dev/fxcell/durability"
	"fxcell.dev/infra/memory"
	"fxcell.dev/modules/auth"
	configmodule "fxcell.dev/modules/config"
	"fxcell.dev/modules/consumer"
	"fxcell.dev/modules/health"
	"fxcell.dev/modules/httpserver"
	"fxcell.dev/modules/logging"
	"fxcell.dev/modules/logsource"
	"fxcell.dev/modules/worker"
)

func main() {
	runtime := fx.Options(configs.Core, configmodule.Module, auth.Module)
	cells := fx.Options(access.Module, audit.Module, config.Module)
	stores := fx.Options(access.Memory, audit.Memory, config.Memory)
	events := fx.Options(logsource.Module, consumer.Module)
	serving := fx.Options(health.Module, worker.Module, httpserver.Module)
	ill := func(name string, modules ...fx.Option) fxcell.Choice {
		return fxcell.Choice{Name: name, App: fxcell.Assembly("ill", durability.Demo, modules...)}
	}
	fxcell.Main(
		ill("no-logging", memory.Module, stores, runtime, cells, events, serving),
		ill("no-source", memory.Module, stores, runtime, logging.Module, cells, consumer.Module, serving),
		ill("no-store", memory.Module, audit.Memory, config.Memory, runtime, logging.Module, cells, events, serving),
		ill("no-consumer", memory.Module, stores, runtime, logging.Module, cells, logsource.Module, serving),
		ill("no-server", memory.Module, stores, runtime, logging.Module, cells, events, health.Module),
		ill("logging-twice", memory.Module, stores, runtime, logging.Module, cells, events, serving, logging.Module),
		ill("cycle", memory.Module, stores, runtime, logging.Module, cells, events, serving, fx.Module("modules/ring", fx.Provide(newEgg, newHen))),
		ill("hung", memory.Module, stores, runtime, logging.Module, cells, events, serving, fx.Module("modules/hung", fx.Invoke(run))),
	)
}

type (
	egg struct{}
	hen struct{}
)

func newEgg(*hen) *egg { return &egg{} }
func newHen(*egg) *hen { return &hen{} }

// run adds a hook that says when it is stopped, and one that starts for as long as it may.
func run(lc fx.Lifecycle) {
	lc.Append(fx.StopHook(func() { fmt.Println("stopped what had started") }))
	lc.Append(fx.StartHook(wait))
}

func wait(ctx context.Context) error {
	fmt.Println("waits")
	<-ctx.Done()
	return ctx.Err()
}
