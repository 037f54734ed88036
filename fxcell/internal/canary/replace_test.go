package canary

import (
	"errors"
	"strings"
	"testing"

	"go.uber.org/fx"
)

// Falls with it: fx.Replace of a port is forbidden, tests use Override (fx.md decision 4).
func TestCanary10ReplaceOfAnInterfaceNeedsTheRightAnnotationAndOverrideDoesNot(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, want string
		replace    func() fx.Option // called late: Fx panics on some
	}{
		{"without annotation: ignored", "pg", func() fx.Option { return fx.Replace(adapter("fake")) }},
		{"as the port: works", "fake", func() fx.Option { return swap("fake") }},
		{"as an interface that it does not implement: ignored", "pg", func() fx.Option { return fx.Replace(fx.Annotate(adapter("fake"), fx.As(new(other)))) }},
		{"as a concrete type: ignored", "pg", func() fx.Option { return fx.Replace(fx.Annotate(adapter("fake"), fx.As(new(adapter)))) }},
		{"override: works", "fake", func() fx.Option { return override[port](adapter("fake")) }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var got string
			mustBuild(t, fx.Module("adapter", provide("pg")), fx.Module("cell", take(&got)), tt.replace())
			expectString(t, "port", got, tt.want)
		})
	}

	t.Run("override of what nobody provides fails for the consumer", func(t *testing.T) {
		t.Parallel()
		err := build(override[port](adapter("fake")), fx.Module("cell", fx.Invoke(func(port) {})))
		if err == nil || !strings.Contains(err.Error(), "missing type: canary.port") {
			t.Errorf("err = %v, want a missing type", err)
		}
	})

	t.Run("override of what nobody provides and nobody takes goes unnoticed", func(t *testing.T) {
		t.Parallel()
		mustBuild(t, override[port](adapter("fake")))
	})
}

// settings stands for the Config of a module.
type settings struct {
	Addr string
	Max  int
}

// section stands for a module with a config section: it fills defaults and validates.
func section(ran *int, mark ...any) fx.Option {
	return fx.Provide(append([]any{func() (settings, error) { *ran++; return settings{Addr: "from file", Max: 10}, nil }}, mark...)...)
}

// Falls with it: the constructor that takes a config fills and validates it itself, so that a partial fx.Replace is safe (fx.md decision 4; style.md
// section 7).
func TestCanary11ReplaceOfAStructReachesPublicAndPrivateConsumersAndSkipsTheProvider(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		mark []any
		nest func(fx.Option) fx.Option
	}{
		{"public", nil, func(o fx.Option) fx.Option { return fx.Module("http", o) }},
		{"private", []any{fx.Private}, func(o fx.Option) fx.Option { return fx.Module("http", o) }},
		{"private in nested modules", []any{fx.Private}, func(o fx.Option) fx.Option { return fx.Module("assembly", fx.Module("http", o)) }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			ran, got := 0, settings{}
			mod := tt.nest(fx.Options(section(&ran, tt.mark...), fx.Invoke(func(s settings) { got = s })))
			mustBuild(t, mod)
			if want := (settings{"from file", 10}); got != want || ran != 1 {
				t.Fatalf("without a replacement: %+v, provider ran %d times", got, ran)
			}
			for _, opts := range [][]fx.Option{{mod, fx.Replace(settings{Addr: ":1"})}, {fx.Replace(settings{Addr: ":1"}), mod}} {
				ran = 0
				mustBuild(t, opts...)
				if want := (settings{Addr: ":1"}); got != want || ran != 0 {
					t.Errorf("settings = %+v, want %+v; provider ran %d times, want 0", got, want, ran)
				}
			}
		})
	}

	t.Run("a fault of the provider does not show either", func(t *testing.T) {
		t.Parallel()
		invalid := fx.Provide(func() (settings, error) { return settings{}, errors.New("addr is required") })
		mustBuild(t, fx.Module("http", invalid, fx.Invoke(func(settings) {})), fx.Replace(settings{Addr: ":1"}))
	})

	t.Run("a pointer replaces nothing", func(t *testing.T) {
		t.Parallel()
		ran, got := 0, settings{}
		mustBuild(t, section(&ran), fx.Invoke(func(s settings) { got = s }), fx.Replace(&settings{Addr: ":1"}))
		expectString(t, "address", got.Addr, "from file")
	})

	t.Run("a decorator keeps what the provider said, of a public section only", func(t *testing.T) {
		t.Parallel()
		ran, got := 0, settings{}
		decorate := fx.Decorate(func(s settings) settings { s.Addr = ":1"; return s })
		mustBuild(t, fx.Module("http", section(&ran), fx.Invoke(func(s settings) { got = s })), decorate)
		expectString(t, "settings", got, settings{":1", 10})

		err := build(fx.Module("http", section(&ran, fx.Private), fx.Invoke(func(settings) {})), decorate)
		if err == nil || !strings.Contains(err.Error(), "missing type: canary.settings") {
			t.Errorf("private section: err = %v, want a missing type", err)
		}
	})
}
