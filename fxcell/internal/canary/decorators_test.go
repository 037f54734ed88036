package canary

import (
	"errors"
	"strings"
	"testing"

	"go.uber.org/fx"
)

// Guards are decorators, so something must consume every guarded port, and guards must stand above whoever does:
// falls with it: guards in the assembly's own scope, and the judgement in every cell and slice that forces them (fx.md decisions 1, 2).
func TestCanary01DecoratorRunsOnlyWhenConsumedAtOrBelowItsScope(t *testing.T) {
	t.Parallel()
	force := fx.Invoke(func(port) {})
	for _, tt := range []struct {
		name    string
		opts    func(g fx.Option) []fx.Option
		calls   int
		refused bool
	}{
		{"above the consumer, no-op", func(g fx.Option) []fx.Option {
			return []fx.Option{g, fx.Module("adapter", provide("noop")), fx.Module("cell", force)}
		}, 1, true},
		{"above the consumer, durable", func(g fx.Option) []fx.Option {
			return []fx.Option{g, fx.Module("adapter", provide("pg")), fx.Module("cell", force)}
		}, 1, false},
		{"in the consumer's scope", func(g fx.Option) []fx.Option {
			return []fx.Option{fx.Module("adapter", provide("noop")), fx.Module("cell", g, force)}
		}, 1, true},
		{"not consumed", func(g fx.Option) []fx.Option {
			return []fx.Option{g, fx.Module("adapter", provide("noop"))}
		}, 0, false},
		{"not consumed but forced", func(g fx.Option) []fx.Option {
			return []fx.Option{g, fx.Module("adapter", provide("noop")), force}
		}, 1, true},
		{"below the consumer", func(g fx.Option) []fx.Option {
			return []fx.Option{fx.Module("adapter", provide("noop"), g), force}
		}, 0, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			g := &guard{}
			err := build(tt.opts(g.option())...)
			if len(g.seen) != tt.calls {
				t.Errorf("guard ran %d times, want %d", len(g.seen), tt.calls)
			}
			if got := errors.Is(err, errNoop); got != tt.refused || (err != nil) != tt.refused {
				t.Errorf("err = %v, want refused %v", err, tt.refused)
			}
		})
	}
}

// Falls with it: guards are fx.Options and never an fx.Module of their own (fx.md decision 2).
func TestCanary02DecoratorInAModuleOfItsOwnDoesNothingForTheModulesBesideIt(t *testing.T) {
	t.Parallel()
	inModule, inOptions := &guard{}, &guard{}
	rest := fx.Options(fx.Module("adapter", provide("noop")), fx.Module("cell", fx.Invoke(func(port) {})))

	if err := build(fx.Module("durability", inModule.option()), rest); err != nil {
		t.Errorf("guard in a module beside: err = %v, want none", err)
	}
	expectSeen(t, inModule)

	if err := build(fx.Options(inOptions.option()), rest); !errors.Is(err, errNoop) {
		t.Errorf("guard in fx.Options: err = %v, want %v", err, errNoop)
	}
	expectSeen(t, inOptions, "noop")
}

// other is an interface that adapter does not implement.
type other interface{ Other() }

// Falls with it: no fx.Annotate in decorators; a guard with a wrong annotation would guard nothing (fx.md decision 3).
func TestCanary12WrongAnnotationInDecorateIsDroppedWithoutAnError(t *testing.T) {
	t.Parallel()
	var got string
	calls := 0
	refuse := func(port) (port, error) { calls++; return nil, errNoop }
	wrong := fx.Decorate(fx.Annotate(refuse, fx.As(new(other))))
	if err := build(provide("noop"), wrong, take(&got)); err != nil {
		t.Errorf("err = %v, want none: Fx hides that the annotation cannot be built", err)
	}
	expectString(t, "port", got, "noop")
	if calls != 0 {
		t.Errorf("decorator ran %d times, want 0", calls)
	}

	right := fx.Decorate(fx.Annotate(refuse, fx.As(new(port))))
	if err := build(provide("noop"), right, take(&got)); !errors.Is(err, errNoop) {
		t.Errorf("right annotation: err = %v, want %v", err, errNoop)
	}
}

type service struct{ label string }

func newService(p port) *service { return &service{p.Name()} }

type member struct{ label string }

type memberOut struct {
	fx.Out

	Member member `group:"members"`
}

type membersIn struct {
	fx.In

	Members []member `group:"members"`
}

// A cell names the logger of its scope once, and all its constructors have it:
// falls with it: Cell and Slice decorate the logger of their scope (kernel.md section 6), per-cell values are private to the cell.
func TestCanary29DecoratorAppliesToConstructorsProvidedInItsModule(t *testing.T) {
	t.Parallel()

	t.Run("whoever consumes their output", func(t *testing.T) {
		t.Parallel()
		var got *service
		mustBuild(t, provide("log"), fx.Module("cell", wrap("cell"), fx.Provide(newService)), fx.Module("beside", fx.Populate(&got)))
		expectString(t, "service", got.label, "cell(log)")
	})

	t.Run("and not to constructors provided elsewhere, which are built once", func(t *testing.T) {
		t.Parallel()
		var in, out *service
		mustBuild(t, provide("log"), fx.Provide(newService), fx.Module("cell", wrap("cell"), fx.Populate(&in)), fx.Populate(&out))
		expectString(t, "service", in.label, "log")
		if in != out {
			t.Error("the constructor ran once per consumer")
		}
	})

	t.Run("nested decorators chain, the outermost first", func(t *testing.T) {
		t.Parallel()
		var got *service
		mustBuild(t, provide("log"), wrap("app"), fx.Module("cell", wrap("cell"), fx.Module("slice", wrap("slice"), fx.Provide(newService))), fx.Populate(&got))
		expectString(t, "service", got.label, "slice(cell(app(log)))")
	})

	t.Run("group members too", func(t *testing.T) {
		t.Parallel()
		var got []member
		mustBuild(t, provide("log"), fx.Module("cell", wrap("cell"), fx.Provide(func(p port) memberOut { return memberOut{Member: member{p.Name()}} })),
			fx.Invoke(func(in membersIn) { got = in.Members }))
		expectString(t, "members", got, "[{cell(log)}]")
	})

	t.Run("and to a module's private constructors", func(t *testing.T) {
		t.Parallel()
		var got string
		mustBuild(t, provide("log"), fx.Module("cell", wrap("cell"), fx.Provide(newService, fx.Private), fx.Invoke(func(s *service) { got = s.label })))
		if !strings.HasPrefix(got, "cell(") {
			t.Errorf("service = %q, want the decorated logger", got)
		}
	})
}
