package health_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	port "fxcell.dev/fxcell/health"
)

func TestEndpointsAnswerWithAStatusForMachines(t *testing.T) {
	t.Parallel()
	good := port.Check{Name: "good", Probe: passes, Critical: true}
	bad := port.Check{Name: "bad", Probe: fails}
	worse := port.Check{Name: "worse", Probe: fails, Critical: true}
	cases := []struct {
		path   string
		checks []port.Check
		want   int
	}{
		{"/healthz", []port.Check{worse}, http.StatusOK},
		{"/startupz", []port.Check{worse}, http.StatusOK},
		{"/readyz", []port.Check{good}, http.StatusOK},
		{"/readyz", []port.Check{good, bad}, http.StatusOK},
		{"/readyz", []port.Check{good, bad, worse}, http.StatusServiceUnavailable},
	}
	for _, c := range cases {
		checker, _ := setup(t, c.checks...)
		got := get(t.Context(), checker.Endpoints(), c.path)
		if got.Code != c.want || got.Header().Get("Content-Type") != "application/json" || got.Header().Get("Cache-Control") != "no-store" {
			t.Errorf("%s with %d checks: got %d %v, want %d as JSON that is not stored", c.path, len(c.checks), got.Code, got.Header(), c.want)
		}
	}
}

func TestEndpointsAreOnlyRead(t *testing.T) {
	t.Parallel()
	checker, _ := setup(t)
	for _, e := range checker.Endpoints() {
		w := httptest.NewRecorder()
		e.Handler.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodPost, e.Path, http.NoBody))
		if w.Code != http.StatusMethodNotAllowed || w.Header().Get("Allow") != "GET, HEAD" {
			t.Errorf("POST %s: got %d with Allow %q, want 405 with GET, HEAD", e.Path, w.Code, w.Header().Get("Allow"))
		}
	}
}
