package faults

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// core is the binary of the product: what is killed is what is shipped.
var core string

func TestMain(m *testing.M) { os.Exit(build(m)) } //nolint:forbidigo // the tests' own end

func build(m *testing.M) int {
	dir, err := os.MkdirTemp("", "faults")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer func() { _ = os.RemoveAll(dir) }() // what stays is in the temporary folder
	core = filepath.Join(dir, "core")
	cmd := exec.CommandContext(context.Background(), "go", "build", "-o", core, "./apps/core") //nolint:gosec // our own binary
	cmd.Dir = "../.."
	if out, err := cmd.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "%v\n%s", err, out)
		return 1
	}
	return m.Run()
}
