package fxcell_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Every row starts with this, and so compiles but for what it adds.
const outsideHead = `package main

import (
	"context"
	"fmt"
	"testing"

	"go.uber.org/fx"
	"go.uber.org/zap"

	"fxcell.dev/fxcell"
	"fxcell.dev/fxcell/db"
	"fxcell.dev/fxcell/durability"
	"fxcell.dev/fxcell/fxcelltest"
	"fxcell.dev/fxcell/level"
)

type tx struct{}

func (tx) Durability() durability.Grade { return durability.Volatile }
func (tx) InTx(ctx context.Context, fn func(context.Context) error) error { return fn(ctx) }

type out struct {
	fx.Out

	Tx    db.Transactor
	Claim durability.Claim ` + "`group:\"fxcell.claims\"`" + `
}

var memory = fx.Module("infra/memory", fx.Provide(zap.NewNop, func() out {
	return out{Tx: tx{}, Claim: durability.Claim{Port: "db.Transactor", Module: "infra/memory", Subject: tx{}}}
}))

var cell = fxcell.Cell(fxcell.CellMeta{ID: "mine", Level: level.L1},
	fxcell.Slice(fxcell.SliceMeta{ID: "s", Cell: "mine"}, fxcell.Provide(func(db.Transactor) *int { return nil })))

func start(m durability.Mode, o ...fx.Option) {
	fmt.Println(fx.New(append(o, fxcell.Assembly("shop", m, memory, cell), fx.NopLogger)...).Err())
}

func relaxed() fx.Option { return fxcelltest.Relax(struct{ testing.TB }{}) }
`

// What a product can write, as a program in a module of its own. All but the first are attacks.
func TestOutsideTheModule(t *testing.T) {
	t.Parallel()
	module := outsideModule(t)
	for _, tt := range []struct{ name, add, want string }{
		{"a demo runs", `func main() { start(durability.Demo) }`, "<nil>\n"},
		{"relax in a product", `func main() { start(durability.Durable, relaxed()) }`, "Relax is for tests only"},
		{"a part as a literal", `func main() { start(durability.Demo, fxcell.Part{Option: fx.NopLogger}) }`, "unknown field Option in struct literal"},
		{"a part's own field in a literal", `func main() { start(durability.Demo, fxcell.Part{option: fx.NopLogger}) }`, "cannot refer to unexported field option in struct literal"},
		{"an unkeyed literal", `func main() { start(durability.Demo, fxcell.Part{fx.NopLogger}) }`, "implicit assignment to unexported field option"},
		{"a part's facts edited", `func main() { p := cell; p.Takes = nil; start(durability.Demo, p) }`, "p.Takes undefined"},
		{"a part's option edited", `func main() { p := cell; p.option = fx.NopLogger; start(durability.Demo, p) }`, "p.option undefined (cannot refer to unexported field option)"},
		{"a part's private facts edited", `func main() { p := cell; p.facts.Takes = nil; start(durability.Demo, p) }`, "p.facts undefined (cannot refer to unexported field facts)"},
		{"a raw option in a cell", `func main() { start(durability.Demo, fxcell.Cell(fxcell.CellMeta{}, fx.NopLogger)) }`, "cannot use fx.NopLogger"},
		{"a judge of one's own", `func main() { start(durability.Durable, fx.Replace(durability.NewJudge(struct{ valid bool }{true}, durability.Demo, true, nil))) }`, "cannot use struct{valid bool}{…}"},
		{"the package of parts", `import _ "fxcell.dev/fxcell/internal/part"`, "use of internal package fxcell.dev/fxcell/internal/part not allowed"},
		{"the package of seals", `import _ "fxcell.dev/fxcell/internal/seal"`, "use of internal package fxcell.dev/fxcell/internal/seal not allowed"},
		{"the package of tokens", `import _ "fxcell.dev/fxcell/internal/relax"`, "use of internal package fxcell.dev/fxcell/internal/relax not allowed"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			source := outsideHead + tt.add
			if strings.HasPrefix(tt.add, "import") {
				source = "package main\n" + tt.add
			}
			folder := strings.NewReplacer(" ", "-", "'", "").Replace(tt.name)
			writeFile(t, filepath.Join(module, folder, "main.go"), source)
			cmd := exec.CommandContext(t.Context(), "go", "run", "./"+folder) //nolint:gosec // our own fixture
			cmd.Dir, cmd.Env = module, append(os.Environ(), "GOWORK=off", "GOFLAGS=-mod=mod", "GOPROXY=off")
			got, err := cmd.CombinedOutput()
			if !strings.Contains(string(got), tt.want) {
				t.Fatalf("%v, output\n%s\ndoes not contain\n%s", err, got, tt.want)
			}
		})
	}
}

// outsideModule is a module beside this one, with the same dependencies.
func outsideModule(t *testing.T) string {
	t.Helper()
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for _, name := range []string{"go.mod", "go.sum"} {
		b, err := os.ReadFile(filepath.Join(root, name)) //nolint:gosec // our own module
		if err != nil {
			t.Fatal(err)
		}
		writeFile(t, filepath.Join(dir, name), strings.Replace(string(b), "module fxcell.dev\n", "module outside\n\nrequire fxcell.dev v0.0.0\n\nreplace fxcell.dev => "+root+"\n", 1))
	}
	return dir
}

func writeFile(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
