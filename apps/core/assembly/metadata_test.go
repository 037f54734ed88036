package assembly_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"go.uber.org/fx"

	"fxcell.dev/apps/core/assembly"
	"fxcell.dev/fxcell/config"
	"fxcell.dev/fxcell/fxcelltest"
	"fxcell.dev/fxcell/inspect"
	"fxcell.dev/fxcell/metadata"
)

const root = "../../.."

// assemblies are both modes of the product, with what the Durable one needs to be built: nothing is reached before a start.
func assemblies() map[string][]fx.Option {
	nowhere := fx.Provide(func() config.Args {
		return config.Args{Set: []string{"postgres.dsn=postgres://nobody@127.0.0.1:1/nowhere", "keyfile.file=nowhere"}}
	})
	beyond := fx.Provide(func() config.Args {
		return config.Args{Set: []string{
			"postgres.dsn=postgres://nobody@127.0.0.1:1/nowhere", "keyfile.file=nowhere", "kafka.brokers=127.0.0.1:1", "redis.addrs=127.0.0.1:1",
		}}
	})
	return map[string][]fx.Option{
		"demo": {assembly.Demo}, "durable": {assembly.Durable, nowhere}, "durable over Kafka": {assembly.DurableKafka, beyond},
	}
}

// modeOf is the mode of an assembly by its name above.
func modeOf(name string) string {
	mode, _, _ := strings.Cut(name, " ")
	return mode
}

func TestEachAssemblyHasTheCellsOfItsFile(t *testing.T) {
	t.Parallel()
	project, err := metadata.Load(os.DirFS(root), ".")
	if err != nil {
		t.Fatal(err)
	}
	file, ok := project.Assembly(assembly.Demo.ID)
	if !ok {
		t.Fatalf("no assembly.yaml has the id %q", assembly.Demo.ID)
	}
	if _, err := os.Stat(root + "/" + file.Build.Entrypoint); err != nil {
		t.Errorf("the entrypoint: %v", err)
	}
	for name, options := range assemblies() {
		mode := modeOf(name)
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var report *inspect.Report
			if err := fxcelltest.Fault(append(options, fx.Populate(&report))...); err != nil {
				t.Fatal(err)
			}
			var cells []string
			for _, c := range report.Cells {
				cells = append(cells, c.ID)
			}
			if !slices.Equal(cells, file.Cells) || report.App != file.ID || report.Mode != mode {
				t.Errorf("%s in mode %s has the cells %v, its file %v", report.App, report.Mode, cells, file.Cells)
			}
			for _, id := range file.Cells { // the least mode that the cell asks for
				if cell, ok := project.Cell(id); !ok || cell.DurabilityMode == metadata.DurabilityDurable && mode == "demo" {
					t.Errorf("cell %s asks for mode %q", id, cell.DurabilityMode)
				}
			}
		})
	}
}

// What the Durable product keeps, it keeps for good; the Demo product says what ends with it.
func TestNothingOfTheDurableProductEndsWithItsProcess(t *testing.T) {
	t.Parallel()
	for name, options := range assemblies() {
		var report *inspect.Report
		if err := fxcelltest.Fault(append(options, fx.Populate(&report))...); err != nil {
			t.Fatal(err)
		}
		if volatile := len(report.Volatile) > 0; volatile != (name == "demo") {
			t.Errorf("%s: volatile are %v", name, report.Volatile)
		}
	}
}
