package inspect

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/fx"
)

var compareNodes = cmp.AllowUnexported(node{}, need{}, key{})

// What Fx writes is pinned by the canaries; what comes of it, here.
func TestTheGraphsTextIsReadWithItsNamesGroupsAndOptions(t *testing.T) {
	t.Parallel()
	got := readDOT("digraph {\n\trankdir=RL;\n\tgraph [compound=true];\n" +
		"\t\"[type=x.Route group=routes]\" [shape=diamond label=<x.Route<BR />Group: routes>];\n" +
		"\t\"[type=x.Route group=routes]\" -> \"x.Route[group=routes]0\";\n" +
		"\tsubgraph cluster_0 {\n\t\tlabel = \"a.example/x\";\n\t\tconstructor_0 [shape=plaintext label=\"New[...].func1\"];\n" +
		"\t\t\"x.Route[group=routes]0\" [label=<x.Route>];\n\t\t\"*x.T[name=main]\" [label=<*x.T<BR />Name: main>];\n\t}\n" +
		"\tconstructor_0 -> \"struct { A string \\\"json:\\\\\\\"a\\\\\\\"\\\" }\" [ltail=cluster_0];\n" +
		"\tconstructor_0 -> \"x.Port\" [ltail=cluster_0 style=dashed];\n" +
		"\tconstructor_0 -> \"[type=x.Pub[a.example/y.E] group=pubs]\" [ltail=cluster_0];\n" +
		"\tsubgraph cluster_1 {\n\t\tconstructor_1 [shape=plaintext label=\"main.New\"];\n\t\t\"x.Gen[int]\" [label=<x.Gen[int]>];\n\t}\n}")
	want := []*node{
		{
			name:  "a.example/x.New[...].func1",
			gives: []key{{typ: "x.Route", group: "routes"}, {typ: "*x.T", name: "main"}},
			takes: []need{{key: key{typ: `struct { A string "json:\"a\"" }`}}, {key{typ: "x.Port"}, true}, {key: key{typ: "x.Pub[a.example/y.E]", group: "pubs"}}},
		},
		{name: "main.New", gives: []key{{typ: "x.Gen[int]"}}},
	}
	if diff := cmp.Diff(want, got, compareNodes); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func FuzzReadDOT(f *testing.F) {
	f.Add("\tconstructor_0 -> \"[type=\" [ltail=cluster_0];")
	f.Add("\tconstructor_0 [shape=plaintext label=\"New\"];\n\t\t\"x[group=g]12\" [label=<x>];\n\tconstructor_0 -> \"y[name=n]\" [ltail=cluster_0 style=dashed];")
	f.Fuzz(func(t *testing.T, text string) {
		for _, n := range readDOT(fx.DotGraph(text)) {
			for _, k := range n.gives {
				if k.group != "" && k.name != "" {
					t.Errorf("%+v has a name and a group", k)
				}
			}
		}
	})
}
