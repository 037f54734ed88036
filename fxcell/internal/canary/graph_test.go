package canary

import (
	"errors"
	"fmt"
	htmltemplate "html/template"
	"regexp"
	"slices"
	"strings"
	"testing"
	texttemplate "text/template"

	"go.uber.org/fx"
)

// These five are what the framework's parser reads, in the order in which it tries them.
var (
	rePackage     = regexp.MustCompile(`^\s*label = "(.*)";$`)
	reConstructor = regexp.MustCompile(`^\s*constructor_(\d+) \[shape=plaintext label="(.*)"\];$`)
	reMember      = regexp.MustCompile(`^\s*"(\[type=[^"]+\])" -> "([^"]+)";$`)
	reParam       = regexp.MustCompile(`^\s*constructor_(\d+) -> "([^"]+)" \[ltail=cluster_\d+( style=dashed)?\];$`)
	reResult      = regexp.MustCompile(`^\s*"([^"]+)" \[label=<`)
)

// These are the lines that the parser passes over.
var reSkipped = regexp.MustCompile(`^(digraph \{|\trankdir=RL;|\tgraph \[compound=true\];|\t"\[type=[^"]+\]" \[shape=diamond label=<.*>\];|\tsubgraph cluster_\d+ \{|\t?\})$`)

// read turns the text into facts, one a line: what each constructor provides and takes, what each group holds. Fx's own constructors are left out.
func read(t *testing.T, g fx.DotGraph) []string {
	t.Helper()
	var facts []string
	pkg, current, names := "", "", map[string]string{}
	note := func(constructor, what string) {
		if !strings.HasPrefix(constructor, "go.uber.org/fx") {
			facts = append(facts, strings.TrimPrefix(constructor, ownPackage+".")+" "+what)
		}
	}
	for line := range strings.SplitSeq(string(g), "\n") {
		if m := rePackage.FindStringSubmatch(line); m != nil {
			pkg = m[1]
		} else if m := reConstructor.FindStringSubmatch(line); m != nil {
			current = pkg + "." + m[2]
			names[m[1]] = current
		} else if m := reMember.FindStringSubmatch(line); m != nil {
			facts = append(facts, m[1]+" holds "+m[2])
		} else if m := reParam.FindStringSubmatch(line); m != nil {
			note(names[m[1]], "takes "+m[2]+m[3])
		} else if m := reResult.FindStringSubmatch(line); m != nil {
			note(current, "provides "+m[1])
		} else if !reSkipped.MatchString(line) {
			t.Errorf("unknown line %q", line)
		}
	}
	slices.Sort(facts)
	return facts
}

type optionalIn struct {
	fx.In

	Port    port     `optional:"true"`
	Named   *service `name:"main"`
	Members []member `group:"members"`
}

type namedOut struct {
	fx.Out

	Service *service `name:"main"`
	Member  member   `group:"members"`
}

type box[T any] struct{}

func newNamed(s settings) namedOut                { return namedOut{} }
func newPort(settings) (port, error)              { return adapter("pg"), nil }
func newSettings() settings                       { return settings{} }
func newNeedsAll(optionalIn) *needy               { return &needy{} }
func newBox[T any](*needy) box[T]                 { return box[T]{} }
func newHTML() *htmltemplate.Template             { return nil }
func newText(fx.Lifecycle) *texttemplate.Template { return nil }
func newMember() memberOut                        { return memberOut{} }

// graphed is an app with every kind of line: names, groups, optional parameters, generics, private values, types that print alike.
func graphed() fx.Option {
	return fx.Module("assembly",
		fx.Module("adapter", fx.Provide(newSettings, fx.Private), fx.Provide(newPort, newNamed, newMember), fx.Decorate(func(p port) port { return p })),
		fx.Module("cell", fx.Provide(newNeedsAll, newBox[int]), fx.Provide(newSettings, fx.Private)),
		fx.Module("templates", fx.Provide(newHTML, newText)),
	)
}

var graphFacts = []string{
	"[type=canary.member group=members] holds canary.member[group=members]0",
	"[type=canary.member group=members] holds canary.member[group=members]1",
	"newBox[...] provides canary.box[int]",
	"newBox[...] takes *canary.needy",
	"newHTML provides *template.Template",
	"newMember provides canary.member[group=members]1",
	"newNamed provides *canary.service[name=main]",
	"newNamed provides canary.member[group=members]0",
	"newNamed takes canary.settings",
	"newNeedsAll provides *canary.needy",
	"newNeedsAll takes *canary.service[name=main]",
	"newNeedsAll takes [type=canary.member group=members]",
	"newNeedsAll takes canary.port style=dashed",
	"newPort provides canary.port",
	"newPort takes canary.settings",
	"newSettings provides canary.settings",
	"newSettings provides canary.settings",
	"newText provides *template.Template",
	"newText takes fx.Lifecycle",
}

// Falls with it: the parser of the preflight and of the framework's own picture (fx.md decisions 10, 11; kernel.md decisions 5, 8).
func TestCanary19GraphHasAKnownGrammarWithoutModulesAndDecorators(t *testing.T) {
	t.Parallel()
	var g fx.DotGraph
	mustBuild(t, graphed(), fx.Populate(&g))
	if got := read(t, g); !slices.Equal(got, graphFacts) {
		t.Errorf("facts:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(graphFacts, "\n"))
	}
	for _, absent := range []string{"assembly", "adapter\"", "templates", "[shape=box", "graph_test.go"} {
		if strings.Contains(string(g), absent) {
			t.Errorf("the graph tells %q, which it never did", absent)
		}
	}
}

// Falls with it: the preflight may trust the graph that it gets, and the picture of an app that did not start can be drawn (kernel.md decision 5).
func TestCanary19GraphIsCompleteInTheFirstChildsInvoke(t *testing.T) {
	t.Parallel()
	errLater := errors.New("later")
	for name, later := range map[string]fx.Option{
		"all is well":              fx.Invoke(func() {}),
		"a later Invoke fails":     fx.Invoke(func() error { return errLater }),
		"a later one lacks a type": fx.Invoke(func(*journal) {}),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var g fx.DotGraph
			first := fx.Module("preflight", fx.Invoke(func(d fx.DotGraph) { g = d }))
			err := build(fx.Module("apps/x", first, graphed(), later))
			if name == "all is well" != (err == nil) {
				t.Fatalf("err = %v", err)
			}
			if got := read(t, g); !slices.Equal(got, graphFacts) {
				t.Errorf("facts:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(graphFacts, "\n"))
			}
		})
	}
}

// Falls with it: a shortcoming that our picture repairs from the events (fx.md 1.12).
func TestCanary19GraphTellsOfGroupsThatNobodyFeeds(t *testing.T) {
	t.Parallel()
	var g fx.DotGraph
	mustBuild(t, fx.Provide(func(membersIn) *service { return nil }), fx.Populate(&g))
	facts := fmt.Sprint(read(t, g))
	if !strings.Contains(facts, "takes [type=canary.member group=members]") || strings.Contains(facts, "holds") {
		t.Errorf("facts = %s, want a reader of an empty group", facts)
	}
}
