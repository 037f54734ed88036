// Package maven fetches jars.
package maven

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// ErrMissing is the answer of a machine without Maven.
var ErrMissing = errors.New("there is no mvn in the PATH")

// Keep returns the folder of the name in the cache. When it is not there, Maven fetches the jars of a pom into an empty folder, make turns them into the
// content of another one, and that becomes the folder at once: whoever finds it finds all of it.
func Keep(ctx context.Context, cache, name string, pom []byte, properties []string, make func(jars, to string) error) (string, error) {
	kept := filepath.Join(cache, name)
	if _, err := os.Stat(kept); err == nil {
		return kept, nil
	}
	mvn, err := exec.LookPath("mvn")
	if err != nil {
		return "", ErrMissing
	}
	work, err := os.MkdirTemp(cache, "fetch-")
	if err != nil {
		return "", err
	}
	defer func() { _ = os.RemoveAll(work) }()
	file, jars, made := filepath.Join(work, "pom.xml"), filepath.Join(work, "jars"), filepath.Join(work, "made")
	if err := os.WriteFile(file, pom, 0o600); err != nil {
		return "", err
	}
	args := append([]string{"-q", "-B", "-f", file, "dependency:copy-dependencies", "-DoutputDirectory=" + jars}, properties...)
	if out, err := exec.CommandContext(ctx, mvn, args...).CombinedOutput(); err != nil { //nolint:gosec // mvn of the PATH
		return "", fmt.Errorf("mvn: %w\n%s", err, out)
	}
	if err := os.Mkdir(made, 0o755); err != nil { //nolint:gosec // the server's user reads it
		return "", err
	}
	if err := make(jars, made); err != nil {
		return "", err
	}
	if err := os.Rename(made, kept); err != nil && !errors.Is(err, os.ErrExist) { // another run may have been faster
		return "", err
	}
	return kept, nil
}
