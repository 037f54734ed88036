package assembly_test

import (
	"os"
	"slices"
	"testing"

	"go.uber.org/fx"

	"fxcell.dev/apps/core/assembly"
	"fxcell.dev/fxcell/fxcelltest"
	"fxcell.dev/fxcell/inspect"
	"fxcell.dev/fxcell/metadata"
)

const root = "../../.."

func TestTheAssemblyHasTheCellsOfItsFile(t *testing.T) {
	t.Parallel()
	project, err := metadata.Load(os.DirFS(root), ".")
	if err != nil {
		t.Fatal(err)
	}
	file, ok := project.Assembly(assembly.Demo.ID)
	if !ok {
		t.Fatalf("no assembly.yaml has the id %q", assembly.Demo.ID)
	}
	var report *inspect.Report
	if err := fxcelltest.Fault(assembly.Demo, fx.Populate(&report)); err != nil {
		t.Fatal(err)
	}
	var cells []string
	for _, c := range report.Cells {
		cells = append(cells, c.ID)
	}
	if !slices.Equal(cells, file.Cells) {
		t.Errorf("the assembly has the cells %v, its file %v", cells, file.Cells)
	}
	if _, err := os.Stat(root + "/" + file.Build.Entrypoint); err != nil {
		t.Errorf("the entrypoint: %v", err)
	}
	for _, id := range file.Cells {
		if cell, ok := project.Cell(id); !ok || string(cell.DurabilityMode) != assembly.Demo.Mode.String() {
			t.Errorf("cell %s is declared %q, the assembly that lists it is %s", id, cell.DurabilityMode, assembly.Demo.Mode)
		}
	}
}
