package canary

import (
	"regexp"
	"strings"
	"testing"

	"go.uber.org/fx"
)

// needy takes what nobody provides.
type needy struct{ p port }

func newNeedy(p port) *needy { return &needy{p} }

const ownPackage = "fxcell.dev/fxcell/internal/canary"

// Falls with it: no fx.Annotate and no fx.Supply outside tests, so that errors and the graph name real constructors (fx.md decision 3).
func TestCanary13AnnotatedOrSuppliedConstructorIsMakeFuncStubAndAPlainOneHasNameAndPlace(t *testing.T) {
	t.Parallel()
	const (
		stub  = `"reflect".makeFuncStub (`
		plain = `"` + ownPackage + `".newNeedy (`
	)
	place := regexp.MustCompile(`newNeedy \(\S*names_test\.go:\d+\)`)
	take := fx.Invoke(func(*needy) {})

	t.Run("in the error about a missing type", func(t *testing.T) {
		t.Parallel()
		err := build(fx.Provide(newNeedy), take)
		if err == nil || !strings.Contains(err.Error(), "missing dependencies for function "+plain) || !place.MatchString(err.Error()) {
			t.Errorf("plain: err = %v, want newNeedy and its place", err)
		}
		err = build(fx.Provide(fx.Annotate(newNeedy, fx.ResultTags(`name:"n"`))), fx.Invoke(fx.Annotate(func(*needy) {}, fx.ParamTags(`name:"n"`))))
		if err == nil || !strings.Contains(err.Error(), "missing dependencies for function "+stub) {
			t.Errorf("annotated: err = %v, want makeFuncStub", err)
		}
	})

	t.Run("in the error about two providers", func(t *testing.T) {
		t.Parallel()
		for name, o := range map[string]fx.Option{
			"annotated": fx.Provide(fx.Annotate(newNeedy, fx.As(fx.Self()))),
			"supplied":  fx.Supply(&needy{}),
		} {
			if err := build(o, o); err == nil || !strings.Contains(err.Error(), "already provided by "+stub) {
				t.Errorf("%s: err = %v, want makeFuncStub", name, err)
			}
		}
		err := build(fx.Provide(newNeedy), fx.Provide(newNeedy))
		if err == nil || !strings.Contains(err.Error(), "already provided by "+plain) {
			t.Errorf("plain: err = %v, want newNeedy", err)
		}
	})

	t.Run("in the graph", func(t *testing.T) {
		t.Parallel()
		var g fx.DotGraph
		mustBuild(t, fx.Provide(newNeedy), fx.Supply(settings{}), fx.Provide(fx.Annotate(func() adapter { return "" }, fx.As(new(port)))), fx.Populate(&g))
		if got := strings.Count(string(g), `label="makeFuncStub"`); got != 2 {
			t.Errorf("makeFuncStub stands %d times in the graph, want 2", got)
		}
		if got := strings.Count(string(g), `label="newNeedy"`); got != 1 {
			t.Errorf("newNeedy stands %d times in the graph, want 1", got)
		}
	})
}

// Falls with it: adapters are checked for nil by their conformance suite, since the container is not going to do it; "nothing" is an explicit no-op
// (fx.md decision 5).
func TestCanary30NilInterfaceWithANilErrorIsInjectedAsNil(t *testing.T) {
	t.Parallel()
	called, got := false, port(adapter("unset"))
	mustBuild(t, fx.Provide(func() (port, error) { return nil, nil }), fx.Invoke(func(p port) { called, got = true, p }))
	if !called || got != nil {
		t.Errorf("called %v with %v, want a call with nil", called, got)
	}
}

// Falls with it: the check of an app builds it, with constructors that do no I/O, instead of asking fx.ValidateApp (fx.md 1.7, 1.11).
func TestCanary31ValidateAppRunsNothingAndIgnoresWhatNobodyConsumes(t *testing.T) {
	t.Parallel()
	var j journal
	wiring := fx.Options(
		fx.NopLogger,
		fx.Provide(func() (port, error) { j.add("constructor"); return nil, errNoop }),
		fx.Decorate(func(port) (port, error) { j.add("decorator"); return nil, errNoop }),
		fx.Invoke(func(port) error { j.add("invoke"); return errNoop }),
	)
	if err := fx.ValidateApp(wiring); err != nil {
		t.Errorf("err = %v, want none: no function runs", err)
	}
	j.expect(t)

	if err := fx.ValidateApp(wiring, fx.Provide(func(*service) *needy { return nil })); err != nil {
		t.Errorf("unconsumed provider without its dependency: err = %v, want none", err)
	}
	err := fx.ValidateApp(fx.NopLogger, fx.Provide(newNeedy), fx.Invoke(func(*needy) {}))
	if err == nil || !strings.Contains(err.Error(), "missing type: canary.port") {
		t.Errorf("err = %v, want the type missing on the way of an Invoke", err)
	}
}
