package health_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"

	"go.uber.org/fx"
	"go.uber.org/zap"

	"fxcell.dev/fxcell"
	"fxcell.dev/fxcell/config"
	"fxcell.dev/fxcell/durability"
	"fxcell.dev/fxcell/fxcelltest"
	port "fxcell.dev/fxcell/health"
	"fxcell.dev/modules/health"
)

type noSource struct{}

func (noSource) Decode(string, any) error { return nil }

type checkResult struct {
	fx.Out

	Check port.Check `group:"fxcell.checks"`
}

type endpointsIn struct {
	fx.In

	Endpoints []port.Endpoint `group:"fxcell.ops"`
}

// moments notes what /readyz and /startupz answer while the app starts and stops: its hook stands behind the health module's own.
type moments struct {
	starting, stopping [2]string
}

func (m *moments) watch(lc fx.Lifecycle, in endpointsIn) {
	lc.Append(fx.StartStopHook(
		func(ctx context.Context) { m.starting = ask(ctx, in.Endpoints) },
		func(ctx context.Context) { m.stopping = ask(ctx, in.Endpoints) },
	))
}

func ask(ctx context.Context, endpoints []port.Endpoint) [2]string {
	return [2]string{get(ctx, endpoints, "/startupz").Body.String(), get(ctx, endpoints, "/readyz").Body.String()}
}

func get(ctx context.Context, endpoints []port.Endpoint, path string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	for _, e := range endpoints {
		if e.Path == path {
			e.Handler.ServeHTTP(w, httptest.NewRequestWithContext(ctx, http.MethodGet, path, http.NoBody))
		}
	}
	return w
}

func TestAppIsReadyAfterItsLastHookAndNoLongerBeforeItsFirst(t *testing.T) {
	t.Parallel()
	var m moments
	var in endpointsIn
	app := fx.New(
		fxcell.Assembly("demo", durability.Demo,
			health.Module, // first in the list
			fx.Provide(func() *zap.Logger { return zap.NewNop() }, func() config.Source { return noSource{} }),
			fx.Provide(func() checkResult { return checkResult{Check: port.Check{Name: "a", Critical: true, Probe: passes}} }),
			fx.Module("late", fx.Invoke(m.watch)),
		),
		fx.NopLogger, fx.Invoke(func(i endpointsIn) { in = i }),
	)
	if err := app.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	running := ask(t.Context(), in.Endpoints)
	if err := app.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	stopped := ask(t.Context(), in.Endpoints)

	starting := [2]string{`{"status":"starting"}`, `{"status":"starting"}`}
	draining := [2]string{`{"status":"draining"}`, `{"status":"draining"}`}
	ready := [2]string{`{"status":"ready"}`, `{"status":"ready","checks":[{"name":"a","critical":true,"status":"passing"}]}`}
	for _, c := range []struct {
		when      string
		got, want [2]string
	}{{"starting", m.starting, starting}, {"running", running, ready}, {"stopping", m.stopping, draining}, {"stopped", stopped, draining}} {
		if c.got != c.want {
			t.Errorf("%s: got %v, want %v", c.when, c.got, c.want)
		}
	}
}

func TestTwoChecksOfOneNameDoNotBuild(t *testing.T) {
	t.Parallel()
	check := func() checkResult { return checkResult{Check: port.Check{Name: "infra/memory", Probe: passes}} }
	err := fxcelltest.Fault(fxcell.Assembly("demo", durability.Demo,
		health.Module, fx.Provide(func() *zap.Logger { return zap.NewNop() }, func() config.Source { return noSource{} }),
		fx.Provide(check), fx.Module("other", fx.Provide(check)),
	))
	if want := "modules/health: two checks are named infra/memory: a check's name is unique in an app"; err == nil || err.Error() != want {
		t.Errorf("got error %v, want %s", err, want)
	}
}
