package fxcell_test

import (
	gocmp "cmp"
	"context"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/fx"
	"go.uber.org/zap"

	"fxcell.dev/fxcell"
	"fxcell.dev/fxcell/contract"
	"fxcell.dev/fxcell/durability"
	"fxcell.dev/fxcell/event"
	"fxcell.dev/fxcell/fxcelltest"
	"fxcell.dev/fxcell/inspect"
	"fxcell.dev/fxcell/level"
	"fxcell.dev/fxcell/outbox"
)

// golden holds text against a file of testdata.
func golden(t *testing.T, name, text string) {
	t.Helper()
	fxcelltest.Golden(t, filepath.Join("testdata", name), text)
}

type (
	routesIn struct {
		fx.In

		Routes        []contract.Route        `group:"fxcell.routes"`
		Subscriptions []contract.Subscription `group:"fxcell.subscriptions"`
	}
	runtime struct{}
	asker   struct{}
	spare   struct{}
)

func newAsker(contract.Client[none, none], contract.Publisher[done]) *asker { return &asker{} }
func (*asker) ask(context.Context, none) (none, error)                      { return none{}, nil }
func newRuntime(*zap.Logger, outbox.Writer) *runtime                        { return &runtime{} }
func readRoutes(*runtime, routesIn)                                         {}
func shout(l *zap.Logger) *zap.Logger                                       { return l }

var askV1 = contract.HTTP[none, none]{ID: "http.mine.ask.v1", Owner: "mine", Level: level.L0, Method: "GET", Path: "/ask", Policy: "public"}

// talking is an app in which slices call and hear each other, with something that is never built and something that is decorated.
func talking() fxcell.App {
	mine := fxcell.SliceMeta{ID: "ask", Cell: "mine", Serves: []string{askV1.ID}, Calls: []string{theirV1.ID}, Publishes: []string{doneV1.ID}}
	their := fxcell.SliceMeta{ID: "answer", Cell: "their", Serves: []string{theirV1.ID}, Subscribes: []fxcell.Subscribes{{Contract: doneV1.ID, Mode: event.Each}}}
	return fxcell.Assembly("talk", durability.Demo, memory,
		fxcell.Cell(fxcell.CellMeta{ID: "mine", Type: "core", Level: level.L2}, fxcell.Slice(mine,
			fxcell.Provide(newAsker), contract.Call(theirV1), contract.Publish(doneV1), contract.Serve(askV1, (*asker).ask))),
		fxcell.Cell(fxcell.CellMeta{ID: "their", Type: "edge", Level: level.L1}, fxcell.Slice(their,
			fxcell.Provide(newSvc), contract.Serve(theirV1, (*svc).get), contract.Subscribe(doneV1, (*svc).on))),
		fx.Module("modules/run", fx.Provide(newRuntime, fx.Private), fx.Invoke(readRoutes), fx.Decorate(shout)),
		fx.Module("infra/spare", fx.Provide(func() *spare { return nil })),
	)
}

func inspected(t *testing.T, app fxcell.App, beside ...fx.Option) *inspect.Wiring {
	t.Helper()
	w, err := fxcell.Inspect(app, beside...)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func TestGraphsShowModulesContractsDecoratorsAndWhatIsNeverBuilt(t *testing.T) {
	t.Parallel()
	w := inspected(t, talking())
	fxcelltest.Graph(t, "testdata/talk.mmd", talking())
	fxcelltest.Graph(t, "testdata/talk.dot", talking())
	golden(t, "talk-constructors.mmd", w.Graph(inspect.Constructors).Mermaid())
	golden(t, "talk-constructors.dot", w.Graph(inspect.Constructors).DOT())
	golden(t, "talk.txt", strings.Join(w.Listing(), "\n")+"\n")
}

// A picture that changed from run to run could not be kept in a repository.
func TestGraphsAreTheSameEachTime(t *testing.T) {
	t.Parallel()
	first := inspected(t, talking()).Graph(inspect.Constructors).DOT()
	for range 20 {
		if again := inspected(t, talking()).Graph(inspect.Constructors).DOT(); again != first {
			t.Fatalf("(-first +again):\n%s", cmp.Diff(first, again))
		}
	}
}

// What stands beside an assembly is shown with it, wherever it is listed and however much it looks like something inside.
func TestCellsBesideAnAssemblyAreInspectedToo(t *testing.T) {
	t.Parallel()
	third := contract.HTTP[none, none]{ID: "http.third.get.v1", Owner: "third", Level: level.L0, Method: "GET", Path: "/third", Policy: "public"}
	beside := fxcell.Cell(fxcell.CellMeta{ID: "third", Type: "core", Level: level.L2}, fxcell.Slice(
		fxcell.SliceMeta{ID: "s", Cell: "third", Serves: []string{third.ID}, Calls: []string{theirV1.ID}},
		fxcell.Provide(newAsker2), contract.Call(theirV1), contract.Serve(third, (*asker).ask)))
	got := inspected(t, talking(), beside).Graph(inspect.Modules).Mermaid()
	for _, want := range []string{
		`subgraph cell_third["cells/third · core L2"]`, `cells_third_s ==>|"http.their.get.v1"| cells_their_answer`,
		`modules_run ==>|"http.third.get.v1"| cells_third_s`, `cells_mine_ask ==>|"http.their.get.v1"| cells_their_answer`,
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %s in\n%s", want, got)
		}
	}
}

func newAsker2(contract.Client[none, none]) *asker { return &asker{} }

// Whether a constructor is ever built is told from the wiring alone. A build of the same app is the proof.
func TestWhatTheWiringCallsNeverBuiltIsNot(t *testing.T) {
	t.Parallel()
	var report *inspect.Report
	fxcelltest.New(t, talking(), fx.Populate(&report))
	idle := report.Recorder.NeverBuilt()
	want := []string{"contract.registerConfig in apps/talk", "fxcell_test.talking in infra/spare"}
	if diff := cmp.Diff(want, idle); diff != "" {
		t.Errorf("never built (-want +got):\n%s", diff)
	}
	told := 0
	for _, line := range inspected(t, talking()).Listing() {
		if strings.HasPrefix(line, "never built: ") {
			told++
		}
	}
	if told != len(idle) {
		t.Errorf("the wiring names %d, of %q", told, idle)
	}
	if built := report.Recorder.Built(); len(built) == 0 || !slices.IsSortedFunc(built, func(a, b inspect.Timing) int { return gocmp.Compare(b.Took, a.Took) }) {
		t.Errorf("built %v, the longest first", built)
	}
}
