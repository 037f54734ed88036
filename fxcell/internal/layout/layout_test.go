// Package layout holds the tree to its layout: imports point one way, and the top level is fixed.
package layout

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const module = "fxcell.dev/"

// layers lists, for each top-level folder, the folders of ours that it may import.
var layers = map[string][]string{
	"fxcell":     {"fxcell"},
	"cells":      {"fxcell", "cells"}, // of another cell, its api only
	"modules":    {"fxcell", "modules"},
	"infra":      {"fxcell", "infra"},
	"migrations": {"fxcell", "migrations"},
	"configs":    {"fxcell", "configs"},
	"journeys":   {"fxcell", "cells", "modules", "infra", "migrations", "configs", "apps"},
	"apps":       {"fxcell", "cells", "modules", "infra", "migrations", "configs", "apps"},
}

type pkg struct {
	ImportPath string
	Imports    []string
}

// violations returns every import that points the wrong way, sorted. Tests may import what they test against, but no layer below fxcell looks up.
func violations(packages []pkg) []string {
	var out []string
	for _, p := range packages {
		from, ok := strings.CutPrefix(p.ImportPath, module)
		if !ok {
			continue
		}
		for _, i := range p.Imports {
			to, ours := strings.CutPrefix(i, module)
			if ours && !allowed(from, to) {
				out = append(out, fmt.Sprintf("%s imports %s", from, to))
			}
		}
	}
	slices.Sort(out)
	return out
}

func allowed(from, to string) bool {
	fromTop, fromRest, _ := strings.Cut(from, "/")
	toTop, toRest, _ := strings.Cut(to, "/")
	if !slices.Contains(layers[fromTop], toTop) {
		return false
	}
	if fromTop != "cells" || toTop != "cells" {
		return true
	}
	fromCell, _, _ := strings.Cut(fromRest, "/")
	toCell, inside, _ := strings.Cut(toRest, "/")
	return fromCell == toCell || inside == toCell+"api"
}

// list returns the packages of the module in dir.
func list(t *testing.T, dir string) []pkg {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "list", "-e", "-deps", "-json=ImportPath,Imports", "./...")
	cmd.Dir, cmd.Env = dir, append(os.Environ(), "GOWORK=off", "GOFLAGS=-mod=mod")
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var packages []pkg
	for d := json.NewDecoder(out); ; {
		var p pkg
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		packages = append(packages, p)
	}
	if err := cmd.Wait(); err != nil {
		t.Fatalf("go list: %v", err)
	}
	return packages
}

const root = "../../.."

func TestImportsPointOneWay(t *testing.T) {
	t.Parallel()
	packages := list(t, root)
	if len(packages) < 10 {
		t.Fatalf("only %d packages were listed", len(packages))
	}
	for _, v := range violations(packages) {
		t.Error(v)
	}
}

func TestEachKindOfWrongImportIsFound(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ from, to string }{
		{"fxcell/bad", "modules/target"},
		{"fxcell/bad", "infra/target"},
		{"fxcell/bad", "cells/target"},
		{"fxcell/bad", "apps/target"},
		{"modules/bad", "infra/target"},
		{"modules/bad", "cells/target"},
		{"infra/bad", "modules/target"},
		{"infra/bad", "cells/target"},
		{"cells/bad", "infra/target"},
		{"cells/bad", "modules/target"},
		{"cells/bad", "cells/target"},
		{"cells/bad", "cells/target/domain"},
	} {
		t.Run(strings.ReplaceAll(tt.from+" to "+tt.to, "/", "."), func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			write(t, dir, "go.mod", "module fxcell.dev\n\ngo 1.26\n")
			write(t, dir, tt.from+"/a.go", "package bad\n\nimport _ \"fxcell.dev/"+tt.to+"\"\n")
			write(t, dir, tt.to+"/a.go", "package target\n")
			if got, want := violations(list(t, dir)), []string{tt.from + " imports " + tt.to}; !slices.Equal(got, want) {
				t.Fatalf("found %v, want %v", got, want)
			}
		})
	}
}

func write(t *testing.T, dir, name, text string) {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestTheTopLevelIsFixed(t *testing.T) {
	t.Parallel()
	known := []string{
		"fxcell", "modules", "cells", "infra", "apps", "migrations", "journeys", "configs", "integration", "docs",
		"go.mod", "go.sum", "Makefile", "README.md", "LICENSE", "CHANGELOG.md", "CONTRIBUTING.md",
	}
	entries, err := os.ReadDir(root)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), ".") && e.Name() != "bin" && !slices.Contains(known, e.Name()) {
			t.Errorf("%s does not belong to the top level", e.Name())
		}
	}
}

// Wiring stays in wiring files: Fx is imported by module.go, *_module.go, the core, assemblies and tests alone, and no wiring file outgrows a screen.
func TestWiringFilesAreShort(t *testing.T) {
	t.Parallel()
	for _, top := range []string{"cells", "modules", "infra", "configs", "apps"} {
		err := filepath.WalkDir(filepath.Join(root, top), func(path string, d os.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(path, "module.go") {
				return err
			}
			text, err := os.ReadFile(path) //nolint:gosec // a file of the tree
			if lines := strings.Count(string(text), "\n"); lines > 80 {
				t.Errorf("%s has %d lines, a wiring file has 80 at most: split the module", path, lines)
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
	}
}
