package fxcelltest_test

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"go.uber.org/fx"
	"go.uber.org/zap"

	"fxcell.dev/fxcell"
	"fxcell.dev/fxcell/durability"
	"fxcell.dev/fxcell/fxcelltest"
)

// told is a test that remembers what it was told.
type told struct {
	testing.TB

	lines []string
}

func (*told) Helper() {}

func (f *told) Errorf(format string, args ...any) {
	f.lines = append(f.lines, fmt.Sprintf(format, args...))
}

func (f *told) Fatalf(format string, args ...any) {
	f.Errorf(format, args...)
	runtime.Goexit()
}

// complaint is what a test is told that holds the graph of app against the file.
func complaint(file string, app fxcell.App) string {
	var f told
	done := make(chan struct{})
	go func() {
		defer close(done)
		fxcelltest.Graph(&f, file, app)
	}()
	<-done
	return strings.Join(f.lines, "\n")
}

func TestGoldenFilesAreWrittenOnDemandAndHeldAgainstElse(t *testing.T) {
	t.Setenv("UPDATE_GOLDEN", "")
	dir := t.TempDir()
	file := filepath.Join(dir, "deep", "x.mmd")
	shop := fxcell.Assembly("shop", durability.Demo, fx.Module("modules/log", fx.Provide(zap.NewNop)))
	mall := fxcell.Assembly("mall", durability.Demo, fx.Module("modules/log", fx.Provide(zap.NewNop)))

	if got := complaint(file, shop); !strings.Contains(got, "UPDATE_GOLDEN=1 writes it") {
		t.Errorf("without a file: %q", got)
	}
	t.Setenv("UPDATE_GOLDEN", "1")
	if got := complaint(file, shop); got != "" {
		t.Errorf("writing: %q", got)
	}
	if text, err := os.ReadFile(file); err != nil || !strings.Contains(string(text), "modules/log") { //nolint:gosec // ours
		t.Errorf("written: %v\n%s", err, text)
	}
	t.Setenv("UPDATE_GOLDEN", "")
	if got := complaint(file, shop); got != "" {
		t.Errorf("unchanged: %q", got)
	}
	if got := complaint(file, mall); !strings.Contains(got, "apps/mall") {
		t.Errorf("changed: %q", got)
	}
	if got := complaint("x.svg", shop); !strings.Contains(got, ".mmd or .dot") {
		t.Errorf("of another kind: %q", got)
	}
}
