package canary

import (
	"errors"
	"fmt"
	"regexp"
	"runtime/debug"
	"strings"
	"testing"

	"go.uber.org/dig"
	"go.uber.org/fx"
)

type (
	cycleA struct{}
	cycleB struct{}
	cycleC struct{}
)

func newCycleA(*cycleB) *cycleA { return &cycleA{} }
func newCycleB(*cycleC) *cycleB { return &cycleB{} }
func newCycleC(*cycleA) *cycleC { return &cycleC{} }

// privateCycle is a → b → c → a over two modules; the link from c to a is private to the first.
func privateCycle() fx.Option {
	return fx.Options(
		fx.Module("one", fx.Provide(newCycleA, fx.Private), fx.Provide(newCycleC)),
		fx.Module("two", fx.Provide(newCycleB)),
	)
}

func useCycle() fx.Option { return fx.Invoke(func(*cycleB) {}) }

// groupCycle is the natural form: what a group's member needs reads the group.
func groupCycle() fx.Option {
	return fx.Options(
		fx.Module("one",
			fx.Provide(func(membersIn) *cycleA { return &cycleA{} }, fx.Private),
			fx.Provide(func(*cycleA) memberOut { return memberOut{} })),
		fx.Invoke(func(membersIn) {}),
	)
}

// preflight is the assembly's first child: it takes the graph and nothing else.
func preflight(look func(fx.DotGraph) error) fx.Option {
	return fx.Module("assembly", fx.Module("preflight", fx.Invoke(look)), privateCycle(), useCycle())
}

var errCycle = errors.New("preflight: cycle")

// smallStack makes the overflow come at 32 MB instead of 1 GB. No graph here is more than three deep.
func smallStack() { debug.SetMaxStack(32 << 20) }

func overflowByValue() {
	smallStack()
	fx.New(fx.NopLogger, privateCycle(), useCycle())
}

func overflowRecovering() {
	smallStack()
	fx.New(fx.NopLogger, fx.RecoverFromPanics(), privateCycle(), useCycle())
}

func overflowValidating() {
	smallStack()
	fmt.Println(fx.ValidateApp(fx.NopLogger, privateCycle(), useCycle()))
}

func overflowByGroup() {
	smallStack()
	fx.New(fx.NopLogger, groupCycle())
}

func preflightLooksOn() {
	smallStack()
	fx.New(fx.NopLogger, preflight(func(g fx.DotGraph) error { fmt.Println(g); return nil }))
}

func preflightRefuses() {
	smallStack()
	fmt.Println(fx.New(fx.NopLogger, preflight(func(fx.DotGraph) error { return errCycle })).Err())
}

// dig looks for public cycles before it runs any Invoke, and while it builds a logger: falls with it: a public cycle is never the preflight's to
// report, it is explained from dig's error (kernel.md decision 5).
func TestCanary14PublicCycleIsAnErrorThatComesBeforeAnyPreflight(t *testing.T) {
	t.Parallel()
	public := fx.Options(fx.Module("one", fx.Provide(newCycleA, newCycleC)), fx.Module("two", fx.Provide(newCycleB)), useCycle())
	asked := false
	look := fx.Module("preflight", fx.Invoke(func(fx.DotGraph) error { asked = true; return errCycle }))
	err := build(fx.Module("assembly", look, public))
	if err == nil || !dig.IsCycleDetected(err) || !strings.Contains(err.Error(), "cycle detected in dependency graph") {
		t.Errorf("err = %v, want a cycle", err)
	}
	if asked || errors.Is(err, errCycle) {
		t.Errorf("the preflight was asked, err = %v", err)
	}
}

// Fx may mend this one: then the preflight for cycles may go, and so may the rule that nothing reachable from a group
// member reads a group (fx.md decision 11).
func TestCanary14PrivateCycleOverflowsTheStack(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"overflow: value", "overflow: recovering", "overflow: validating", "overflow: group"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := runChild(t, name)
			if got.code != 2 || !strings.Contains(got.stderr, "fatal error: stack overflow") || got.stdout != "" {
				t.Errorf("exit code %d, printed %q, %.300q; want 2 and a stack overflow", got.code, got.stdout, got.stderr)
			}
			if !strings.Contains(got.stderr, "go.uber.org/dig") {
				t.Errorf("the overflow is not dig's: %.600s", got.stderr)
			}
		})
	}
}

// Falls with it: cycles and missing types are refused by a preflight in the assembly's first child (fx.md decision 11, kernel.md decision 5).
func TestCanary14PreflightRunsBeforeTheOverflowAndSeesTheWholeGraph(t *testing.T) {
	t.Parallel()

	t.Run("sees the whole graph", func(t *testing.T) {
		t.Parallel()
		got := runChild(t, "overflow: preflight looks on")
		if got.code != 2 || !strings.Contains(got.stderr, "fatal error: stack overflow") {
			t.Errorf("exit code %d, want 2: the cycle stays deadly when the preflight lets it pass", got.code)
		}
		for constructor, takes := range map[string]string{"newCycleA": "*canary.cycleB", "newCycleB": "*canary.cycleC", "newCycleC": "*canary.cycleA"} {
			id := regexp.MustCompile(`constructor_(\d+) \[shape=plaintext label="` + constructor + `"\]`).FindStringSubmatch(got.stdout)
			if id == nil {
				t.Errorf("%s is not in the graph:\n%s", constructor, got.stdout)
				continue
			}
			if edge := fmt.Sprintf("constructor_%s -> %q", id[1], takes); !strings.Contains(got.stdout, edge) {
				t.Errorf("the graph lacks %s:\n%s", edge, got.stdout)
			}
		}
	})

	t.Run("refuses it", func(t *testing.T) {
		t.Parallel()
		got := runChild(t, "overflow: preflight refuses")
		if want := errCycle.Error() + "\n"; got.code != 0 || got.stdout != want {
			t.Errorf("exit code %d, printed %q, want 0 and %q", got.code, got.stdout, want)
		}
	})
}
