package canary

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/fx"
	"go.uber.org/fx/fxevent"
)

// Falls with it: the recorder installed by the assembly itself, which no root logger silences; the name of a hung hook has to come from elsewhere
// (fx.md decision 9).
func TestCanary16LoggerInAModuleHearsItsSubtreeAndLifecycleEventsReachTheRootOnly(t *testing.T) {
	t.Parallel()
	wiring := fx.Options(
		fx.Module("adapter", provide("pg"), fx.Supply(settings{}), fx.Replace(settings{Max: 1}), wrap("metrics")),
		fx.Module("cell", fx.Invoke(func(port, fx.Lifecycle) {}), fx.Invoke(func(lc fx.Lifecycle) { new(journal).hook(lc, "x", nil, nil) })),
	)
	subtree := []string{"Decorated", "Invoked", "Invoking", "Provided", "Replaced", "Run", "Supplied"}
	lifecycle := []string{"OnStartExecuted", "OnStartExecuting", "OnStopExecuted", "OnStopExecuting", "Started", "Stopped"}
	both := func(t *testing.T, opts ...fx.Option) {
		t.Helper()
		app := mustBuild(t, opts...)
		if err := app.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := app.Stop(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	lacks := func(t *testing.T, who string, r *recorder, want []string, has bool) {
		t.Helper()
		for _, kind := range want {
			if slices.Contains(r.kinds(), kind) != has {
				t.Errorf("%s hears %v: %s among them should be %v", who, r.kinds(), kind, has)
			}
		}
	}

	t.Run("under a silent root", func(t *testing.T) {
		t.Parallel()
		r := &recorder{}
		both(t, fx.NopLogger, fx.Module("assembly", r.install(), wiring))
		lacks(t, "module", r, subtree, true)
		lacks(t, "module", r, lifecycle, false)
	})

	t.Run("beside a root logger", func(t *testing.T) {
		t.Parallel()
		root, inner := &recorder{}, &recorder{}
		both(t, root.install(), fx.Module("assembly", inner.install(), wiring))
		lacks(t, "module", inner, subtree, true)
		lacks(t, "module", inner, lifecycle, false)
		lacks(t, "root", root, lifecycle, true)
		for _, e := range heard[*fxevent.Provided](root) {
			if e.ModuleName != "" {
				t.Errorf("root hears %s of module %q", e.ConstructorName, e.ModuleName)
			}
		}
		lacks(t, "root", root, []string{"Decorated", "Invoked", "Invoking", "Replaced", "Supplied"}, false)
	})
}

// Falls with it: a root fx.NopLogger silences a recorder of the root, not one in the assembly; a module with a logger of its own is refused by the
// public text of its option (fx.md decision 9; kernel.md section 3, recorder).
func TestCanary16LastLoggerOfALevelWinsAndAModulesOwnTakesItsSubtreeAway(t *testing.T) {
	t.Parallel()

	t.Run("last wins, the first is never built", func(t *testing.T) {
		t.Parallel()
		var j journal
		logger := func(name string, r *recorder) fx.Option {
			return fx.WithLogger(func() fxevent.Logger { j.add(name); return r })
		}
		first, last := &recorder{}, &recorder{}
		mustBuild(t, fx.Module("assembly", logger("first", first), logger("last", last), provide("pg")))
		j.expect(t, "last")
		if len(first.kinds()) != 0 || len(last.kinds()) == 0 {
			t.Errorf("first hears %v, last hears %v", first.kinds(), last.kinds())
		}
		root := &recorder{}
		mustBuild(t, root.install(), fx.NopLogger, provide("pg"))
		expectString(t, "root recorder before fx.NopLogger hears", root.kinds(), "[]")
	})

	t.Run("a module's own logger", func(t *testing.T) {
		t.Parallel()
		r := &recorder{}
		raw := fx.Module("raw", fx.NopLogger, provide("pg"), fx.Invoke(func(port) {}))
		mustBuild(t, fx.Module("assembly", r.install(), raw))
		if got := heard[*fxevent.Provided](r); len(got) != 0 {
			t.Errorf("assembly hears %s of the module", got[0].ConstructorName)
		}
		for name, o := range map[string]fx.Option{"fx.NopLogger": raw, "fx.WithLogger": fx.Module("raw", r.install())} {
			if text := fmt.Sprint(o); !strings.HasPrefix(text, `fx.Module("raw", [fx.WithLogger(`) {
				t.Errorf("%s: option prints as %s", name, text)
			}
		}
	})
}

type twoOut struct {
	fx.Out

	Port   port
	Named  *service `name:"main"`
	Member member   `group:"members"`
}

func newTwo() twoOut             { return twoOut{} }
func newHidden() (*needy, error) { return &needy{}, nil }

// Falls with it: the audit's knowledge of who provides what, and the picture's modules (fx.md decision 10; kernel.md section 3, recorder).
func TestCanary17ProvidedTellsModuleTraceConstructorTypesAndPrivacy(t *testing.T) {
	t.Parallel()
	r := &recorder{}
	mustBuild(t, fx.Module("assembly", r.install(), fx.Module("adapter", fx.Provide(newTwo), fx.Provide(newHidden, fx.Private))))

	got := heard[*fxevent.Provided](r)
	if len(got) != 2 {
		t.Fatalf("%d Provided events, want 2", len(got))
	}
	place := func(name string) *regexp.Regexp {
		return regexp.MustCompile(`^` + regexp.QuoteMeta(ownPackage) + `\.TestCanary17\w+ \(\S*events_test\.go:\d+\)` + name + `$`)
	}
	for i, want := range []struct {
		constructor, types string
		private            bool
	}{
		{ownPackage + ".newTwo()", `[canary.port *canary.service[name = "main"] canary.member[group = "members"]]`, false},
		{ownPackage + ".newHidden()", "[*canary.needy]", true},
	} {
		e := got[i]
		expectString(t, "module", e.ModuleName, "adapter")
		expectString(t, "constructor", e.ConstructorName, want.constructor)
		expectString(t, "types", e.OutputTypeNames, want.types)
		expectString(t, "private", e.Private, want.private)
		if len(e.ModuleTrace) < 3 {
			t.Fatalf("module trace = %q, want a line each for fx.Provide, both modules", e.ModuleTrace)
		}
		for n, re := range []*regexp.Regexp{place(""), place(` \(adapter\)`), place(` \(assembly\)`)} {
			if !re.MatchString(e.ModuleTrace[n]) {
				t.Errorf("module trace %d = %q, want %s", n, e.ModuleTrace[n], re)
			}
		}
	}
}

// Falls with it: since a replacement does not tell its interface, every fx.Replace of a raw module is refused (kernel.md section 3, recorder).
func TestCanary17ReplacedAndSuppliedNameTheConcreteTypeOnly(t *testing.T) {
	t.Parallel()
	r := &recorder{}
	mustBuild(t, fx.Module("assembly", r.install(), fx.Module("raw", provide("pg"), swap("fake"), fx.Supply(fx.Annotate(&service{}, fx.As(new(any)))))))

	replaced := heard[*fxevent.Replaced](r)
	if len(replaced) != 1 {
		t.Fatalf("%d Replaced events, want 1", len(replaced))
	}
	expectString(t, "types", replaced[0].OutputTypeNames, "[canary.adapter]")
	expectString(t, "module", replaced[0].ModuleName, "raw")
	if !strings.Contains(replaced[0].StackTrace[0], "helpers_test.go:") {
		t.Errorf("stack = %q, want the place of fx.Replace first", replaced[0].StackTrace)
	}
	supplied := heard[*fxevent.Supplied](r)
	if len(supplied) != 1 || supplied[0].TypeName != "*canary.service" {
		t.Errorf("Supplied = %+v, want *canary.service", supplied)
	}
}

// Falls with it: the audit counts decorators when they are listed, the report takes build times and "never built" from Run (fx.md 1.9, decision 10).
func TestCanary18DecoratedMeansRegisteredAndRunMeansItRan(t *testing.T) {
	t.Parallel()
	decorate := func(p port) port { return p }
	for _, consumed := range []bool{false, true} {
		r := &recorder{}
		opts := []fx.Option{r.install(), provide("pg"), fx.Decorate(decorate)}
		if consumed {
			opts = append(opts, fx.Invoke(func(port) {}))
		}
		mustBuild(t, fx.Module("assembly", opts...))

		decorated := heard[*fxevent.Decorated](r)
		if len(decorated) != 1 || fmt.Sprint(decorated[0].OutputTypeNames) != "[canary.port]" || decorated[0].ModuleName != "assembly" {
			t.Fatalf("consumed %v: Decorated = %+v, want one of canary.port", consumed, decorated)
		}
		ran := slices.ContainsFunc(heard[*fxevent.Run](r), func(e *fxevent.Run) bool {
			return e.Kind == "decorate" && e.Name == decorated[0].DecoratorName && e.ModuleName == "assembly"
		})
		if ran != consumed {
			t.Errorf("consumed %v: decorator ran %v", consumed, ran)
		}
	}
}

// Falls with it: as before.
func TestCanary18RunTellsWhatWasBuiltHowLongItTookAndWhatFailed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := &recorder{}
		err := build(fx.Module("assembly", r.install(), fx.Module("cell",
			fx.Provide(newSlowly, newSettings, newHidden, newFailing),
			fx.Invoke(func(port) {}))))
		if !errors.Is(err, errNoop) {
			t.Fatalf("err = %v, want %v", err, errNoop)
		}
		var got []string
		for _, e := range heard[*fxevent.Run](r) {
			got = append(got, fmt.Sprintf("%s %s in %s took %v, failed %v", e.Kind, strings.TrimPrefix(e.Name, ownPackage+"."), e.ModuleName, e.Runtime, errors.Is(e.Err, errNoop)))
		}
		want := []string{
			"provide newSlowly() in cell took 1h0m0s, failed false",
			"provide newSettings() in cell took 0s, failed false",
			"provide newFailing() in cell took 0s, failed true",
		}
		if !slices.Equal(got, want) { // newHidden is not among them: nobody took it
			t.Errorf("ran %q, want %q", got, want)
		}
	})
}

func newSlowly() *service {
	<-time.After(time.Hour) // of the bubble's clock
	return &service{}
}

func newFailing(*service, settings) (port, error) { return nil, errNoop }
