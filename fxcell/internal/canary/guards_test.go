package canary

import (
	"errors"
	"strings"
	"testing"

	"go.uber.org/fx"
)

// Falls with it: the root scope stays empty and belongs to tests and users; guards stand in the assembly (fx.md decision 1).
func TestCanary05OneTypeIsDecoratedOncePerScopeAndChainsAcrossScopes(t *testing.T) {
	t.Parallel()
	for name, second := range map[string]fx.Option{"decorate": wrap("second"), "replace": swap("second")} {
		t.Run("twice in one scope: "+name, func(t *testing.T) {
			t.Parallel()
			err := build(provide("pg"), wrap("first"), second)
			if err == nil || !strings.Contains(err.Error(), "canary.port already decorated") {
				t.Errorf("err = %v, want already decorated", err)
			}
		})
	}

	t.Run("outer and inner both run, the inner over the outer", func(t *testing.T) {
		t.Parallel()
		var inner, outer string
		mustBuild(t, provide("pg"), wrap("outer"), fx.Module("cell", wrap("inner"), take(&inner)), take(&outer))
		expectString(t, "cell's port", inner, "inner(outer(pg))")
		expectString(t, "root's port", outer, "outer(pg)")
	})

	t.Run("values: the innermost is asked first and pulls the outer ones", func(t *testing.T) {
		t.Parallel()
		g := &guard{}
		mustBuild(t, provide("pg"), g.option(), fx.Module("cell", swap("fake"), fx.Invoke(func(port) {})))
		expectSeen(t, g) // a replacement takes nothing, so it pulls nothing
	})

	t.Run("groups: the outermost runs first, wanted or not", func(t *testing.T) {
		t.Parallel()
		var j journal
		var got []member
		note := func(who string) func(in membersIn) membersResult {
			return func(in membersIn) membersResult { j.add(who); return membersResult{Members: in.Members} }
		}
		swapped := func() membersResult { j.add("inner"); return membersResult{Members: []member{{"fake"}}} }
		mustBuild(t, feed("pg"), fx.Decorate(note("outer")), fx.Module("cell", fx.Decorate(swapped), fx.Invoke(func(in membersIn) { got = in.Members })))
		j.expect(t, "outer", "inner")
		expectString(t, "members", got, "[{fake}]")
	})
}

// Falls with it: whatever a user lists at the root beside a Durable assembly is judged (kernel.md section 3, guards).
func TestCanary06GuardInTheAssemblySeesAndRefusesWhatTheRootPutsInPlace(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		root fx.Option
		seen string
		want error
	}{
		{"replace by a no-op", swap("noop"), "noop", errNoop},
		{"replace by a durable one", swap("fake"), "fake", nil},
		{"override by a no-op", override[port](adapter("noop")), "noop", errNoop},
		{"decorate", wrap("metrics"), "metrics(pg)", nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			g := &guard{}
			assembly := fx.Module("assembly", g.option(), fx.Module("adapter", provide("pg")), fx.Module("cell", fx.Invoke(func(port) {})))
			if err := build(tt.root, assembly); !errors.Is(err, tt.want) {
				t.Errorf("err = %v, want %v", err, tt.want)
			}
			expectSeen(t, g, tt.seen)
		})
	}
}

// Falls with it: each cell and slice takes its ports in its own scope and judges them there (kernel.md section 3, judgement in scope).
func TestCanary07ReplaceInsideACellEscapesTheGuardOfTheAssembly(t *testing.T) {
	t.Parallel()
	g := &guard{}
	var cell, beside string
	mustBuild(t, fx.Module("assembly", g.option(), provide("pg"),
		fx.Module("cell", swap("noop"), fx.Module("slice", take(&cell))),
		fx.Module("other", take(&beside))))
	expectString(t, "port judged in the slice's scope", cell, "noop")
	expectString(t, "port of another cell", beside, "pg")
	expectSeen(t, g, "pg")
}

// Falls with it: the judge is public, so that a cell beside the assembly judges itself (kernel.md decision 3).
func TestCanary08CellBesideTheAssemblyEscapesTheDecoratorsOfTheAssembly(t *testing.T) {
	t.Parallel()
	for name, order := range map[string]func(a, c fx.Option) []fx.Option{
		"after":  func(a, c fx.Option) []fx.Option { return []fx.Option{a, c} },
		"before": func(a, c fx.Option) []fx.Option { return []fx.Option{c, a} },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := &guard{}
			var got string
			assembly := fx.Module("assembly", g.option(), fx.Module("adapter", provide("noop")))
			mustBuild(t, order(assembly, fx.Module("cell", take(&got)))...)
			expectString(t, "port", got, "noop")
			expectSeen(t, g)
		})
	}
}

// Falls with it: the explanation of a refusal finds the framework's own error types in Fx's chain, and errors that a user has to read come out of
// Invokes, where Fx adds nothing (kernel.md decision 7).
func TestCanary09ErrorsIsAndAsSeeThroughTheWrappingOfFx(t *testing.T) {
	t.Parallel()
	refuse := func() error { return &shortfall{missing: "pg"} }
	for _, tt := range []struct {
		name string
		opts []fx.Option
	}{
		{"decorator", []fx.Option{provide("pg"), fx.Decorate(func(port) (port, error) { return nil, refuse() })}},
		{"constructor", []fx.Option{fx.Provide(func() (port, error) { return nil, refuse() })}},
		{"constructor far down", []fx.Option{
			fx.Provide(func() (*service, error) { return nil, refuse() }),
			fx.Module("adapter", fx.Provide(func(*service) port { return adapter("pg") })),
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			err := build(append(tt.opts, fx.Module("cell", fx.Invoke(func(port) {})))...)
			as := (*shortfall)(nil)
			if !errors.Is(err, errNoop) || !errors.As(err, &as) || as.missing != "pg" {
				t.Errorf("err = %v, want a shortfall in its chain", err)
			}
			if err.Error() == as.Error() {
				t.Errorf("err = %q, want it wrapped by Fx", err)
			}
		})
	}

	t.Run("what an Invoke returns is not wrapped at all", func(t *testing.T) {
		t.Parallel()
		own := refuse()
		if err := build(fx.Module("cell", fx.Invoke(func() error { return own }))); err == nil || err.Error() != own.Error() {
			t.Errorf("err = %v, want %v as it is", err, own)
		}
	})
}

// shortfall is an error type in the manner of the framework's own.
type shortfall struct{ missing string }

func (s *shortfall) Error() string { return "needs " + s.missing }
func (s *shortfall) Unwrap() error { return errNoop }
