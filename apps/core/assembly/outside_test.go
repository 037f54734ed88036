package assembly_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// A product in a module of its own lists the Demo assembly with its own cell, a partial configuration, a decorated port and a replaced one.
func TestAProductOfItsOwnModule(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS("testdata/outside")); err != nil {
		t.Fatal(err)
	}
	root, err := filepath.Abs("../../..")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"go.mod", "go.sum"} {
		text, err := os.ReadFile(filepath.Join(root, name)) //nolint:gosec // our own module
		if err != nil {
			t.Fatal(err)
		}
		own := strings.Replace(string(text), "module fxcell.dev\n", "module outside\n\nrequire fxcell.dev v0.0.0\n\nreplace fxcell.dev => "+root+"\n", 1)
		if err := os.WriteFile(filepath.Join(dir, name), []byte(own), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.CommandContext(t.Context(), "go", "run", ".")
	cmd.Dir, cmd.Env = dir, append(os.Environ(), "GOWORK=off", "GOFLAGS=-mod=mod", "GOPROXY=off")
	got, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, got)
	}
	for _, want := range []string{
		"created tomorrow: true\n",          // the replaced clock
		"greeting: hello ada 1\n",           // served, called access, heard event.config.changed.v1
		"events written: true\n",            // the decorated writer
		"status of a 100 KiB header: 431\n", // the partial configuration kept its other defaults: 64 KiB of header
	} {
		if !strings.Contains(string(got), want) {
			t.Errorf("output\n%s\nhas no line %q", got, want)
		}
	}
}
