package canary

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"sync"
	"testing"

	"go.uber.org/fx"
	"go.uber.org/fx/fxevent"
)

// errNoop is what a guard says of a value that keeps nothing.
var errNoop = errors.New("not durable")

// port is what adapters provide and cells take.
type port interface{ Name() string }

// adapter implements port; its name tells which provider it came from and what wrapped it on the way.
type adapter string

func (a adapter) Name() string { return string(a) }

func provide(name string) fx.Option {
	return fx.Provide(func() port { return adapter(name) })
}

func provideHidden(name string) fx.Option {
	return fx.Provide(func() port { return adapter(name) }, fx.Private)
}

// take writes the name of the port that the scope of the Invoke sees.
func take(into *string) fx.Option {
	return fx.Invoke(func(p port) { *into = p.Name() })
}

// wrap decorates the port with a name, innermost last: wrap("a") over "pg" is "a(pg)".
func wrap(name string) fx.Option {
	return fx.Decorate(func(p port) port { return adapter(name + "(" + p.Name() + ")") })
}

// swap replaces the port in the one way that Fx accepts for an interface.
func swap(name string) fx.Option {
	return fx.Replace(fx.Annotate(adapter(name), fx.As(new(port))))
}

// override is the typed replacement that the framework offers to tests.
func override[T any](v T) fx.Option {
	return fx.Decorate(func(T) T { return v })
}

// guard is a decorator that refuses "noop", and notes what it was asked about.
type guard struct{ seen []string }

func (g *guard) judge(p port) (port, error) {
	g.seen = append(g.seen, p.Name())
	if p.Name() == "noop" {
		return nil, errNoop
	}
	return p, nil
}

func (g *guard) option() fx.Option { return fx.Decorate(g.judge) }

// build runs fx.New without output and returns its error. The silence comes first, so a test may install a logger of its own at the root.
func build(opts ...fx.Option) error {
	return newApp(opts...).Err()
}

func newApp(opts ...fx.Option) *fx.App {
	return fx.New(append([]fx.Option{fx.NopLogger}, opts...)...)
}

func mustBuild(t *testing.T, opts ...fx.Option) *fx.App {
	t.Helper()
	app := newApp(opts...)
	if err := app.Err(); err != nil {
		t.Fatalf("fx.New: %v", err)
	}
	return app
}

// journal keeps what happened in order; hooks write to it from other goroutines.
type journal struct {
	mu    sync.Mutex
	lines []string
}

func (j *journal) add(line string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.lines = append(j.lines, line)
}

func (j *journal) list() []string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return slices.Clone(j.lines)
}

func (j *journal) expect(t *testing.T, want ...string) {
	t.Helper()
	if got := j.list(); !slices.Equal(got, want) {
		t.Errorf("happened %q, want %q", got, want)
	}
}

// note is an Invoke that writes one line.
func (j *journal) note(line string) fx.Option {
	return fx.Invoke(func() { j.add(line) })
}

// hook appends a start and a stop that are noted, and fail if an error is given.
func (j *journal) hook(lc fx.Lifecycle, name string, start, stop error) {
	lc.Append(fx.Hook{
		OnStart: func(context.Context) error { j.add("start " + name); return start },
		OnStop:  func(context.Context) error { j.add("stop " + name); return stop },
	})
}

// recorder is an event logger that keeps everything.
type recorder struct {
	mu     sync.Mutex
	events []fxevent.Event
}

// LogEvent implements fxevent.Logger.
func (r *recorder) LogEvent(e fxevent.Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.events = append(r.events, e)
}

func (r *recorder) install() fx.Option {
	return fx.WithLogger(func() fxevent.Logger { return r })
}

// kinds lists the names of the events heard, sorted and each once.
func (r *recorder) kinds() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var out []string
	for _, e := range r.events {
		out = append(out, reflect.TypeOf(e).Elem().Name())
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// heard returns the events of one type in order.
func heard[E fxevent.Event](r *recorder) []E {
	r.mu.Lock()
	defer r.mu.Unlock()
	var out []E
	for _, e := range r.events {
		if e, ok := e.(E); ok {
			out = append(out, e)
		}
	}
	return out
}

// expectSeen compares what a guard was asked about.
func expectSeen(t *testing.T, g *guard, want ...string) {
	t.Helper()
	if !slices.Equal(g.seen, want) {
		t.Errorf("guard saw %q, want %q", g.seen, want)
	}
}

func expectString(t *testing.T, what string, got, want any) {
	t.Helper()
	if g, w := fmt.Sprint(got), fmt.Sprint(want); g != w {
		t.Errorf("%s = %q, want %q", what, g, w)
	}
}
