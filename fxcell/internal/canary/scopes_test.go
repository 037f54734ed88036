package canary

import (
	"errors"
	"strings"
	"testing"
	"time"

	"go.uber.org/fx"
)

// Falls with it: preflight is the assembly's first child, the audit its second, the dispatcher is filled by the assembly's own Invoke, which comes last
// (kernel.md decisions 4, 6).
func TestCanary15InvokesRunChildrenFirstInListingOrder(t *testing.T) {
	t.Parallel()
	var j journal
	mustBuild(t,
		j.note("root 1"),
		fx.Module("before", j.note("before")),
		fx.Module("assembly",
			j.note("assembly 1"),
			fx.Module("preflight", j.note("preflight")),
			fx.Module("cell", j.note("cell"), fx.Module("slice", j.note("slice"))),
			j.note("assembly 2"),
		),
		fx.Module("after", j.note("after")),
		j.note("root 2"),
	)
	j.expect(t, "before", "preflight", "slice", "cell", "assembly 1", "assembly 2", "after", "root 1", "root 2")
}

// Falls with it: whatever has to be reported at once is collected in one Invoke, and a preflight that refuses keeps everything from being built
// (kernel.md decision 5, fx.md 1.7).
func TestCanary15NewStopsAtTheFirstFailingInvoke(t *testing.T) {
	t.Parallel()
	var j journal
	errOne, errTwo := errors.New("one"), errors.New("two")
	fail := func(line string, err error) fx.Option { return fx.Invoke(func() error { j.add(line); return err }) }
	built := fx.Options(fx.Provide(func() port { j.add("built"); return nil }), fx.Invoke(func(port) {}))
	err := build(fx.Module("assembly", fx.Module("preflight", fail("one", errOne)), fx.Module("cell", built), fail("two", errTwo)))
	if !errors.Is(err, errOne) || errors.Is(err, errTwo) {
		t.Errorf("err = %v, want %v alone", err, errOne)
	}
	j.expect(t, "one")
}

// Falls with it: services and driver types are private to their slice or adapter, and a cell may bring a private port, which is why each scope judges
// its own (kernel.md sections 1, 3).
func TestCanary27PrivateProvidersOfOneType(t *testing.T) {
	t.Parallel()

	t.Run("two in one scope are an error", func(t *testing.T) {
		t.Parallel()
		err := build(fx.Module("cell", provideHidden("a"), provideHidden("b")))
		if err == nil || !strings.Contains(err.Error(), "already provided") {
			t.Errorf("err = %v, want already provided", err)
		}
	})

	t.Run("siblings and a child beside its parent are fine", func(t *testing.T) {
		t.Parallel()
		var a, b, child string
		mustBuild(t,
			fx.Module("a", provideHidden("a"), take(&a), fx.Module("child", provideHidden("child"), take(&child))),
			fx.Module("b", provideHidden("b"), take(&b)))
		expectString(t, "ports", []string{a, b, child}, "[a b child]")
	})

	t.Run("a private one beats the public one inside its module", func(t *testing.T) {
		t.Parallel()
		var inside, below, outside string
		mustBuild(t, fx.Module("adapter", provide("public")),
			fx.Module("cell", provideHidden("private"), take(&inside), fx.Module("slice", take(&below))), take(&outside))
		expectString(t, "ports", []string{inside, below, outside}, "[private private public]")
	})

	t.Run("but not where a decorator of the type stands above", func(t *testing.T) {
		t.Parallel()
		var got string
		cell := fx.Module("cell", provideHidden("private"), take(&got))
		mustBuild(t, wrap("guard"), fx.Module("adapter", provide("public")), cell)
		expectString(t, "port", got, "guard(public)")
		if err := build(wrap("guard"), cell); err == nil || !strings.Contains(err.Error(), "missing type: canary.port") {
			t.Errorf("without a public one: err = %v, want a missing type", err)
		}
	})

	t.Run("nobody outside sees it, Populate at the root included", func(t *testing.T) {
		t.Parallel()
		var p port
		err := build(fx.Module("cell", provideHidden("private")), fx.Populate(&p))
		if err == nil || !strings.Contains(err.Error(), "missing type: canary.port") {
			t.Errorf("err = %v, want a missing type", err)
		}
	})
}

// Falls with it: modules never list other modules, only assemblies do; the shape of an assembly is checked before Fx sees it (fx.md section 5, row 18).
func TestCanary28ModuleListedTwice(t *testing.T) {
	t.Parallel()
	providing := fx.Module("adapter", provide("pg"))
	if err := build(providing, providing); err == nil || !strings.Contains(err.Error(), "already provided") {
		t.Errorf("providing module: err = %v, want already provided", err)
	}
	var j journal
	invoking := fx.Module("runtime", j.note("ran"))
	mustBuild(t, invoking, invoking)
	j.expect(t, "ran", "ran")
}

// Falls with it: deadlines and recovery belong to Main, an assembly cannot carry them (fx.md 1.8).
func TestCanary32TopLevelOptionsInsideAModuleAreErrors(t *testing.T) {
	t.Parallel()
	for name, o := range map[string]fx.Option{
		"fx.StartTimeout":      fx.StartTimeout(time.Second),
		"fx.StopTimeout":       fx.StopTimeout(time.Second),
		"fx.RecoverFromPanics": fx.RecoverFromPanics(),
	} {
		err := build(fx.Module("assembly", o))
		if err == nil || !strings.Contains(err.Error(), name) || !strings.Contains(err.Error(), "top-level App") {
			t.Errorf("%s: err = %v, want it refused inside a module", name, err)
		}
		if err := build(o); err != nil {
			t.Errorf("%s at the root: err = %v, want none", name, err)
		}
	}
}
