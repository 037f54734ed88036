package worker_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"go.uber.org/fx"
	"go.uber.org/zap"

	"fxcell.dev/fxcell"
	"fxcell.dev/fxcell/config"
	"fxcell.dev/fxcell/durability"
	"fxcell.dev/fxcell/fxcelltest"
	"fxcell.dev/fxcell/health"
	"fxcell.dev/fxcell/level"
	port "fxcell.dev/fxcell/worker"
	healthmodule "fxcell.dev/modules/health"
	"fxcell.dev/modules/worker"
)

type noSource struct{}

func (noSource) Decode(string, any) error { return nil }

// renewal is a service whose worker does what it is told to.
type renewal struct{ run func(context.Context) error }

// Renew is its worker.
func (r *renewal) Renew(ctx context.Context) error { return r.run(ctx) }

func assembly(run func(context.Context) error, parts ...fxcell.Part) fx.Option {
	parts = append(parts, fxcell.Provide(func() *renewal { return &renewal{run} }))
	return fxcell.Assembly("demo", durability.Demo,
		worker.Module, healthmodule.Module,
		fx.Provide(zap.NewNop, func() config.Source { return noSource{} }),
		fxcell.Cell(fxcell.CellMeta{ID: "lease", Level: level.L0}, fxcell.Slice(fxcell.SliceMeta{ID: "renewal", Cell: "lease"}, parts...)),
	)
}

func TestWorkersOfCellsRunFromStartToStop(t *testing.T) {
	t.Parallel()
	running, ended := make(chan struct{}), make(chan struct{})
	app := fx.New(assembly(func(ctx context.Context) error {
		close(running)
		<-ctx.Done()
		close(ended)
		return ctx.Err()
	}, port.Run("renew", (*renewal).Renew)), fx.NopLogger)
	if err := app.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	<-running
	select {
	case <-ended:
		t.Error("the worker ended before the app")
	default:
	}
	if err := app.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	select {
	case <-ended:
	default:
		t.Error("the app ended before its worker")
	}
}

func TestEssentialWorkerEndsTheProcessWithExitCode1(t *testing.T) {
	t.Parallel()
	app := fx.New(assembly(fails, port.Run("renew", (*renewal).Renew, port.Essential())), fx.NopLogger,
		fx.Replace(worker.Config{BackoffFrom: time.Millisecond, Attempts: 2}))
	if err := app.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	if signal := <-app.Wait(); signal.ExitCode != 1 {
		t.Errorf("exit code %d, want 1", signal.ExitCode)
	}
	if err := app.Stop(t.Context()); err != nil {
		t.Error(err)
	}
}

type endpointsIn struct {
	fx.In

	Endpoints []health.Endpoint `group:"fxcell.ops"`
}

func TestAppWithAFailingWorkerIsDegraded(t *testing.T) {
	t.Parallel()
	var in endpointsIn
	fxcelltest.New(t, assembly(fails, port.Run("renew", (*renewal).Renew)), fx.Invoke(func(i endpointsIn) { in = i }))
	want := `"name":"modules/worker","critical":false,"status":"failing","reason":"cells/lease/renewal/renew failed `
	for deadline := time.Now().Add(time.Minute); ; {
		body := ready(t, in.Endpoints)
		if strings.Contains(body, `"status":"degraded"`) && strings.Contains(body, want) {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("got %s, want a degraded app with %s", body, want)
		}
	}
}

func ready(t *testing.T, endpoints []health.Endpoint) string {
	t.Helper()
	w := httptest.NewRecorder()
	for _, e := range endpoints {
		if e.Path == "/readyz" {
			e.Handler.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, e.Path, http.NoBody))
		}
	}
	if w.Code != http.StatusOK {
		t.Fatalf("/readyz answers %d %s, want 200: the app can do its work", w.Code, w.Body)
	}
	return w.Body.String()
}

func TestTwoWorkersOfOneNameDoNotBuild(t *testing.T) {
	t.Parallel()
	err := fxcelltest.Fault(assembly(waits, port.Run("renew", (*renewal).Renew), port.Run("renew", (*renewal).Renew)))
	want := "modules/worker: two workers are named cells/lease/renewal/renew: " +
		"fxcell.dev/modules/worker_test.(*renewal).Renew and fxcell.dev/modules/worker_test.(*renewal).Renew: rename one"
	if err == nil || err.Error() != want {
		t.Errorf("got error %v, want %s", err, want)
	}
}

func TestWrongConfigDoesNotBuild(t *testing.T) {
	t.Parallel()
	err := fxcelltest.Fault(assembly(waits, port.Run("renew", (*renewal).Renew)), fx.Replace(worker.Config{Attempts: -1}))
	requireText(t, err, "worker.attempts must be 1 or more")
}
