package inspect

import (
	htmltemplate "html/template"
	"strings"
	"testing"
	texttemplate "text/template"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/fx"
)

type (
	port    interface{ Name() string }
	service struct{}
	member  struct{}
)

type allIn struct {
	fx.In
	nestedIn

	Port    port     `optional:"true"`
	Members []member `group:"members,soft"`
}

type nestedIn struct {
	fx.In

	Named *service `name:"main"`
}

type allOut struct {
	fx.Out

	Port    port
	Member  member   `group:"members"`
	Members []member `group:"members,flatten"`
	List    []member `group:"lists"`
}

func newAll(allIn, fx.Lifecycle) (allOut, error)      { return allOut{}, nil }
func newVariadic(*htmltemplate.Template, ...int) *int { return nil }
func wrap(p port, _ *texttemplate.Template) port      { return p }
func start(*service)                                  {}
func text(f *function) string                         { return strings.Join(lines(f), "; ") }
func around(o fx.Option) fx.Option                    { return struct{ fx.Option }{o} }
func listed(w wires) (all [][]*function)              { return [][]*function{w.provides, w.decorates, w.invokes} }

func name(s string) string { return strings.TrimPrefix(s, "fxcell.dev/fxcell/inspect.") }

func lines(f *function) []string {
	out := []string{strings.ReplaceAll(string(f.scope), "\n", "/") + ":" + name(f.name)}
	if f.private {
		out[0] += " private"
	}
	for _, n := range f.takes {
		line := "takes " + n.String() + " " + n.identity
		if n.optional {
			line += " optional"
		}
		out = append(out, line)
	}
	for _, k := range f.gives {
		out = append(out, "gives "+k.String()+" "+k.identity)
	}
	return out
}

// Fx does not let its options be asked what they hold. Falls with an upgrade that changes how it keeps them: what doctor says of Invokes, and what the
// graph says of decorators and of what is never built.
func TestOptionsAreReadInTheOrderOfFx(t *testing.T) {
	t.Parallel()
	got := optionsOf(
		fx.Module("outer",
			fx.Module("inner", fx.Provide(newVariadic, fx.Private), fx.Invoke(start)),
			fx.Options(fx.Provide(newAll), around(fx.Decorate(wrap))),
			fx.Supply(7), fx.NopLogger,
		),
		fx.Invoke(func(int) {}), fx.Populate(new(port)),
	)
	var all [][]string
	for _, kind := range listed(got) {
		var texts []string
		for _, f := range kind {
			texts = append(texts, text(f))
		}
		all = append(all, texts)
	}
	const own = "fxcell.dev/fxcell/inspect."
	want := [][]string{
		{
			"/outer:newAll; takes *inspect.service named main *" + own + "service; takes inspect.port " + own + "port optional; takes group members " + own + "member; " +
				"takes fx.Lifecycle go.uber.org/fx.Lifecycle; gives inspect.port " + own + "port; gives group members " + own + "member; gives group members " + own +
				"member; gives group lists []" + own + "member",
			"/outer:reflect.makeFuncStub; gives int int",
			"/outer/inner:newVariadic private; takes *template.Template *html/template.Template; gives *int *int",
		},
		{"/outer:wrap; takes inspect.port " + own + "port; takes *template.Template *text/template.Template; gives inspect.port " + own + "port"},
		{":TestOptionsAreReadInTheOrderOfFx.func1; takes int int", ":reflect.makeFuncStub; takes inspect.port " + own + "port", "/outer/inner:start; takes *inspect.service *" + own + "service"},
	}
	if diff := cmp.Diff(want, all); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
