package inspect

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/fx"
	"go.uber.org/fx/fxevent"
)

type (
	inside   struct{}
	outside  struct{}
	outside2 struct{}
)

// hidden and shown are constructors that have one name, whatever they make, as those of contracts.
func hidden[T any]() fx.Option { return fx.Provide(func() *T { return new(T) }, fx.Private) }
func shown[T any]() fx.Option  { return fx.Provide(func() T { return *new(T) }) }

func newRecorder() *Recorder { return &Recorder{} }

// wired joins an app in which the assembly stands between two modules that look like its own.
func wired(t *testing.T, withRoot bool) *Wiring {
	t.Helper()
	var dot fx.DotGraph
	var own *Recorder
	root := &Recorder{}
	assembly := fx.Module("apps/x",
		fx.WithLogger(func(r *Recorder) fxevent.Logger { return r }), fx.Provide(newRecorder), fx.Populate(&dot, &own),
		fx.Module("in", hidden[inside](), shown[inside]()), fx.Supply("text"),
	)
	options := []fx.Option{
		fx.Module("before", hidden[outside](), shown[outside]()), assembly, fx.Module("after", hidden[outside2](), shown[outside2]()),
	}
	if err := fx.New(append(options, fx.WithLogger(func() fxevent.Logger { return root }))...).Err(); err != nil {
		t.Fatal(err)
	}
	if withRoot {
		return Wire(App{ID: "x", Options: options}, dot, own, root)
	}
	return Wire(App{ID: "x", Options: options}, dot, own)
}

func TestConstructorsFindTheirModulesAmongThoseThatLookAlike(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		root bool
		want map[string]string
	}{
		"with all that can be heard": {true, map[string]string{
			"*inspect.inside": "in", "inspect.inside": "in", "string": "apps/x", "*inspect.Recorder": "apps/x",
			"*inspect.outside": "before", "inspect.outside": "before", "*inspect.outside2": "after", "inspect.outside2": "after",
		}},
		"by the assembly's recorder alone": {false, map[string]string{
			"*inspect.inside": "in", "inspect.inside": "in", "string": "apps/x", "*inspect.Recorder": "apps/x",
			"*inspect.outside": "", "inspect.outside": "", "*inspect.outside2": "", "inspect.outside2": "",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := wired(t, tt.root)
			got := map[string]string{}
			for _, c := range w.constructors {
				if !isFx(c) {
					got[c.gives[0].typ] = c.module
				}
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestPackagesAndTheirModules(t *testing.T) {
	t.Parallel()
	modules := []string{"shop.example", "github.com/jmoiron/sqlx", "go.uber.org/zap", "go.uber.org/zap/exp"}
	for _, tt := range []struct{ identity, pkg, module string }{
		{"*github.com/jmoiron/sqlx.DB", "github.com/jmoiron/sqlx", "github.com/jmoiron/sqlx"},
		{"[]*shop.example/infra/pg.Pool", "shop.example/infra/pg", "shop.example"},
		{"go.uber.org/zap/exp/zapslog.Handler", "go.uber.org/zap/exp/zapslog", "go.uber.org/zap/exp"},
		{"shop.example/a.Box[github.com/jmoiron/sqlx.DB]", "shop.example/a", "shop.example"},
		{"github.com/acme/lib/deep.T", "github.com/acme/lib/deep", "github.com/acme/lib"},
		{"main.config", "main", "shop.example"},
		{"net/http.Handler", "net/http", "net/http"},
		{"*int", "", ""},
	} {
		pkg := packageOf(tt.identity)
		if module := moduleOf(pkg, modules); pkg != tt.pkg || module != tt.module {
			t.Errorf("%s is of package %q and module %q, want %q and %q", tt.identity, pkg, module, tt.pkg, tt.module)
		}
	}
}

func TestAModuleTraceIsReadFromOutsideIn(t *testing.T) {
	t.Parallel()
	got := scopeOf([]string{"a.init (/x/a.go:1)", "a.init (/x/a.go:2) (in (side))", "a.(*T).M (/x y/a.go:3) (out)", "main.main (/x/m.go:4)"})
	if want := "\nout\nin (side)"; string(got) != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := scopeOf([]string{"main.main (/x/m.go:4)", "main.main (/x/m.go:4)"}); got != "" {
		t.Errorf("at the root %q", got)
	}
	if !scope("\na\nb").within("\na") || scope("\nab").within("\na") || !scope("\na").within("") || strings.Contains(scope("\na\nb").module(), "\n") {
		t.Error("scopes do not nest as modules do")
	}
}
