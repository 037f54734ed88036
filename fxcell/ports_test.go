package fxcell

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// A port is an interface of a package under fxcell/ that embeds durability.Stated. Each has a guard, or nothing would judge its providers.
func TestEveryStatedPortIsGuarded(t *testing.T) {
	t.Parallel()
	var guarded []string
	for _, p := range ports() {
		guarded = append(guarded, p.Name)
		if p.Instead == "" {
			t.Errorf("port %s does not say what to list instead", p.Name)
		}
	}
	slices.Sort(guarded)
	if got := statedInterfaces(t, os.DirFS(".")); !slices.Equal(got, guarded) {
		t.Fatalf("stated ports %v\nguarded ports %v", got, guarded)
	}
}

func TestAPortWithoutAGuardIsFound(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	source := "package lock\n\nimport \"fxcell.dev/fxcell/durability\"\n\ntype Locker interface {\n\tdurability.Stated\n\tLock() error\n}\n"
	if err := os.WriteFile(filepath.Join(dir, "lock.go"), []byte(source), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := statedInterfaces(t, os.DirFS(dir)); !slices.Equal(got, []string{"lock.Locker"}) {
		t.Fatalf("found %v, want [lock.Locker]", got)
	}
}

// statedInterfaces returns the exported interfaces in a tree of source that embed durability.Stated, as package.Name.
func statedInterfaces(t *testing.T, tree fs.FS) []string {
	t.Helper()
	var found []string
	err := fs.WalkDir(tree, ".", func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") || strings.Contains(path, "testdata") {
			return err
		}
		source, err := fs.ReadFile(tree, path)
		if err != nil {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, source, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(n ast.Node) bool {
			spec, ok := n.(*ast.TypeSpec)
			if !ok {
				return true
			}
			if i, ok := spec.Type.(*ast.InterfaceType); ok && spec.Name.IsExported() && embedsStated(i) {
				found = append(found, file.Name.Name+"."+spec.Name.Name)
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(found)
	return found
}

func embedsStated(i *ast.InterfaceType) bool {
	return slices.ContainsFunc(i.Methods.List, func(f *ast.Field) bool {
		s, ok := f.Type.(*ast.SelectorExpr)
		if !ok || s.Sel.Name != "Stated" {
			return false
		}
		pkg, ok := s.X.(*ast.Ident)
		return ok && pkg.Name == "durability"
	})
}
