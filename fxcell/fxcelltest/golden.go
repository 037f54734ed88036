package fxcelltest

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/fx"

	"fxcell.dev/fxcell"
	"fxcell.dev/fxcell/inspect"
)

// updateGolden is the variable under which Golden writes its files.
const updateGolden = "UPDATE_GOLDEN"

// Golden holds text against a file that is kept beside the test, such as testdata/help.txt, and shows what differs. With UPDATE_GOLDEN=1 in the
// environment it writes the file instead.
func Golden(tb testing.TB, file, text string) {
	tb.Helper()
	if os.Getenv(updateGolden) == "1" {
		if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o750), os.WriteFile(file, []byte(text), 0o600)); err != nil {
			tb.Fatalf("fxcelltest: %v", err)
		}
		return
	}
	want, err := os.ReadFile(file) //nolint:gosec // a file of the test
	switch {
	case errors.Is(err, fs.ErrNotExist):
		tb.Errorf("fxcelltest: %s does not exist: %s=1 writes it", file, updateGolden)
	case err != nil:
		tb.Fatalf("fxcelltest: %v", err)
	case string(want) != text:
		tb.Errorf("%s, which %s=1 writes, differs (-want +got):\n%s", file, updateGolden, cmp.Diff(string(want), text))
	}
}

// Graph holds the graph of an app's modules, with what is listed beside it, against a file as Golden does: FILE.mmd in Mermaid, FILE.dot for Graphviz.
// A change of the wiring then shows as a change of a picture.
func Graph(tb testing.TB, file string, app fxcell.App, beside ...fx.Option) {
	tb.Helper()
	w, err := fxcell.Inspect(app, beside...)
	if err != nil {
		tb.Fatalf("fxcelltest: the graph of the app: %v", err)
	}
	g := w.Graph(inspect.Modules)
	switch filepath.Ext(file) {
	case ".mmd":
		Golden(tb, file, g.Mermaid())
	case ".dot":
		Golden(tb, file, g.DOT())
	default:
		tb.Fatalf("fxcelltest: %s: a graph is a file .mmd or .dot", file)
	}
}
