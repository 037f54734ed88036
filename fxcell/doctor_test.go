package fxcell_test

import (
	htmltemplate "html/template"
	"strings"
	"testing"
	texttemplate "text/template"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/fx"
	"go.uber.org/zap"

	"fxcell.dev/fxcell"
	"fxcell.dev/fxcell/auth"
	"fxcell.dev/fxcell/contract"
	"fxcell.dev/fxcell/durability"
	"fxcell.dev/fxcell/fxcelltest"
	"fxcell.dev/fxcell/health"
	"fxcell.dev/fxcell/level"
)

type (
	strayIn struct {
		fx.In

		Routes []contract.Route `group:"fxcell.ruotes"` // a slip
		Shelf  *cA              `optional:"true"`
	}
	subjectOut struct {
		fx.Out

		Subject gG           `group:"subjects"`
		Check   health.Check `group:"fxcell.checks"`
	}
	opsIn struct {
		fx.In

		Endpoints []health.Endpoint `group:"fxcell.ops"`
	}
)

func readStray(strayIn)                                {}
func readOps(opsIn)                                    {}
func newSubject() subjectOut                           { return subjectOut{} }
func newBrowser() cmp.Options                          { return nil }
func newHidden() *cmp.Path                             { return nil }
func needsBoth(*cA, *cB) *cC                           { return nil }
func needsA(*cA, auth.Sessions) *texttemplate.Template { return nil }
func needsHTML(*htmltemplate.Template) gG              { return 0 }

const own = "fxcell.dev/fxcell_test."

// Each of these Fx reports one at a time, or not at all.
func TestDoctorFindsEverythingAtOnce(t *testing.T) {
	t.Parallel()
	app := fxcell.Assembly("ill", durability.Demo, fx.Module("modules/log", fx.Provide(zap.NewNop)),
		cell(level.L1, slice(fxcell.SliceMeta{Serves: []string{getV1.ID}}, fxcell.Provide(takesTx), contract.Serve(getV1, (*svc).get))),
		fx.Module("modules/stray", fx.Invoke(readStray), fx.Provide(newSubject, newBrowser, needsBoth, needsA, needsHTML), fx.Provide(newHidden, fx.Private)),
		fx.Module("modules/ops", fx.Invoke(readOps)),
	)
	want := []string{
		"inspect: " + own + "newBrowser shows cmp.Options of github.com/google/go-cmp/cmp to every module: provide a port of your own, or make it private",
		"inspect: " + own + "readStray takes *fxcell_test.cA if it is there, and nothing provides it",
		"inspect: nothing provides *fxcell_test.cA, which " + own + "needsA and 1 more take",
		"inspect: nothing provides *fxcell_test.cB, which " + own + "needsBoth takes",
		"inspect: nothing provides *template.Template, which " + own + "needsHTML takes", // another Template is there
		"inspect: nothing provides auth.Sessions, which " + own + "needsA takes: list cells/access.Module",
		"inspect: nothing provides db.Transactor, which " + own + "takesTx takes: list infra/memory.Module",
		"inspect: the group fxcell.checks of health.Check is fed by modules/stray, and nobody reads it: list modules/health.Module",
		"inspect: the group fxcell.ops of health.Endpoint is read by modules/ops, and nothing feeds it: list modules/health.Module",
		"inspect: the group fxcell.routes of contract.Route is fed by cells/mine/s, and nobody reads it: list modules/httpserver.Module",
		"inspect: the group fxcell.ruotes of contract.Route is read by modules/stray, and nothing feeds it",
		"inspect: the group subjects of fxcell_test.gG is fed by modules/stray, and nobody reads it",
	}
	if diff := cmp.Diff(want, inspected(t, app).Doctor()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestDoctorFindsNothingWrongWithAHealthyAssembly(t *testing.T) {
	t.Parallel()
	if got := inspected(t, talking()).Doctor(); len(got) > 0 {
		t.Errorf("found\n%s", strings.Join(got, "\n"))
	}
}

// A store that is missing is not found in that of another cell, although both are called store.Store: types that print alike are not one.
func TestAMissingTypeIsNotTakenForOneThatPrintsAlike(t *testing.T) {
	t.Parallel()
	err := fxcelltest.Fault(demo(fx.Provide(needsHTML, func() *texttemplate.Template { return nil })))
	if want := "inspect: nothing provides *template.Template, which " + own + "needsHTML takes"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

// What only one module may see is missing everywhere else.
func TestAPrivateTypeOfAnotherModuleIsMissing(t *testing.T) {
	t.Parallel()
	err := fxcelltest.Fault(demo(
		fx.Module("hides", fx.Provide(func() *cA { return nil }, fx.Private), fx.Provide(func(*cA) *cC { return nil })),
		fx.Module("wants", fx.Provide(func(*cA) *cB { return nil })),
	))
	want := "inspect: nothing provides *fxcell_test.cA, which fxcell_test.TestAPrivateTypeOfAnotherModuleIsMissing in wants takes"
	if err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}
