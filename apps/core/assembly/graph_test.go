package assembly_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/fx"

	"fxcell.dev/apps/core/assembly"
	"fxcell.dev/fxcell"
	"fxcell.dev/fxcell/config"
	"fxcell.dev/fxcell/fxcelltest"
	"fxcell.dev/fxcell/inspect"
)

// dots are the edges of Fx's own graph, by the names of constructors and types.
type dots struct{ next map[string][]string }

var (
	dotPackage     = regexp.MustCompile(`^\s*label = "(.*)";$`)
	dotConstructor = regexp.MustCompile(`^\s*constructor_(\d+) \[shape=plaintext label="(.*)"\];$`)
	dotMember      = regexp.MustCompile(`^\s*"(\[type=[^"]+\])" -> "([^"]+)";$`)
	dotParam       = regexp.MustCompile(`^\s*constructor_(\d+) -> "([^"]+)" `)
	dotResult      = regexp.MustCompile(`^\s*"([^"]+)" \[label=<`)
)

func readDots(text fx.DotGraph) dots {
	d := dots{map[string][]string{}}
	names := map[string]string{}
	pkg, current := "", ""
	for line := range strings.SplitSeq(string(text), "\n") {
		if m := dotPackage.FindStringSubmatch(line); m != nil {
			pkg = m[1]
		} else if m := dotConstructor.FindStringSubmatch(line); m != nil {
			current = pkg + "." + m[2]
			names[m[1]] = current
			d.next[current] = append(d.next[current], "")
		} else if m := dotMember.FindStringSubmatch(line); m != nil {
			d.next[m[1]] = append(d.next[m[1]], m[2])
		} else if m := dotParam.FindStringSubmatch(line); m != nil {
			d.next[names[m[1]]] = append(d.next[names[m[1]]], m[2])
		} else if m := dotResult.FindStringSubmatch(line); m != nil {
			d.next[m[1]] = append(d.next[m[1]], current)
		}
	}
	return d
}

// reached returns every constructor on the way from one.
func (d dots) reached(from string) []string {
	seen := map[string]bool{}
	var visit func(string)
	visit = func(name string) {
		if !seen[name] {
			seen[name] = true
			for _, next := range d.next[name] {
				visit(next)
			}
		}
	}
	visit(from)
	var out []string
	for name := range seen {
		out = append(out, name)
	}
	slices.Sort(out)
	return out
}

// Whoever uses Fx's own graph sees the real names, and comes from the server to every cell.
func TestTheGraphOfFxShowsRealNamesAndReachesEveryCell(t *testing.T) {
	t.Parallel()
	var text fx.DotGraph
	var report *inspect.Report
	fxcelltest.New(t, assembly.Demo, withoutSockets(), quiet(), fx.Populate(&text, &report))
	if strings.Contains(string(text), "makeFuncStub") {
		t.Error("a constructor has no name: fx.Annotate or fx.Supply hides it")
	}
	reached := readDots(text).reached("fxcell.dev/modules/httpserver.providePublic")
	if len(report.Cells) != 3 {
		t.Errorf("cells %v, want three", report.Cells)
	}
	for _, c := range report.Cells {
		if !slices.ContainsFunc(reached, func(name string) bool { return strings.HasPrefix(name, "fxcell.dev/cells/"+c.ID+"/slices/") }) {
			t.Errorf("no way from the server to a slice of cell %s, only to\n%s", c.ID, strings.Join(reached, "\n"))
		}
	}
}

func wiring(t *testing.T) *inspect.Wiring {
	t.Helper()
	w, err := fxcell.Inspect(assembly.Demo)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func TestDoctorFindsNothingWrongWithTheProduct(t *testing.T) {
	t.Parallel()
	for _, app := range []fxcell.App{assembly.Demo, assembly.Durable, assembly.DurableKafka} {
		w, err := fxcell.Inspect(app)
		if err != nil {
			t.Fatal(err)
		}
		if found := w.Doctor(); len(found) > 0 {
			t.Errorf("mode %s: found\n%s", app.Mode, strings.Join(found, "\n"))
		}
	}
}

// Our own graph has every slice in the frame of its cell, each contract by its id, and tells of every constructor that it is built, which is true.
func TestOurGraphShowsEverySliceAndContract(t *testing.T) {
	t.Parallel()
	var report *inspect.Report
	fxcelltest.New(t, assembly.Demo, quiet(), fx.Populate(&report), fx.Provide(func() config.Args {
		return config.Args{Set: []string{"httpserver.public.addr=off", "httpserver.ops.addr=off"}} // by fx.Replace its section would never be read
	}))
	w := wiring(t)
	modules, all := w.Graph(inspect.Modules).Mermaid(), w.Graph(inspect.Constructors).Mermaid()
	for _, c := range report.Cells {
		for _, s := range c.Slices {
			if box := `cells_` + c.ID + `_` + s + `["` + s + `"]`; !strings.Contains(modules, box) {
				t.Errorf("no box %s in\n%s", box, modules)
			}
		}
		for _, u := range c.Uses {
			verb := map[string]string{"serve": "serves ", "publish": "publishes ", "call": "calls "}[u.Role] + u.Contract
			if u.Role != "subscribe" && !strings.Contains(all, `"`+verb+`"`) {
				t.Errorf("nothing %s in the graph of constructors", verb)
			}
			if u.Role == "serve" && !strings.Contains(modules, u.Contract) {
				t.Errorf("nobody is served %s in the graph of modules", u.Contract)
			}
		}
	}
	var idle []string
	for _, line := range w.Listing() {
		if name, ok := strings.CutPrefix(line, "never built: "); ok {
			idle = append(idle, name)
		}
	}
	if diff := cmp.Diff(report.Recorder.NeverBuilt(), idle); diff != "" {
		t.Errorf("never built, by a build and by the wiring (-build +wiring):\n%s", diff)
	}
}
