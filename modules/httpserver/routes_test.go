package httpserver_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"go.uber.org/fx"
	"go.uber.org/zap"

	"fxcell.dev/fxcell"
	"fxcell.dev/fxcell/contract"
	"fxcell.dev/fxcell/fxcelltest"
	"fxcell.dev/fxcell/level"
	"fxcell.dev/modules/httpserver"
)

func TestPathFindsItsRoute(t *testing.T) {
	t.Parallel()
	f := setup(t)
	cases := []struct{ target, route, id string }{
		{"/api/v1/things/", "list", ""},
		{"/api/v1/things", "list", ""},
		{"/api/v1/things/me", "me", ""}, // before {id}
		{"/api/v1/things/me/", "me", ""},
		{"/api/v1/things/42", "get", "42"},
		{"/api/v1/things/42/", "get", "42"},
		{"/api/v1/%74hings/42", "get", "42"}, // %74 is t
		{"/api/v1/things/a%2Fb", "get", "a/b"},
		{"/api/v1/things/a%20b+c", "get", "a b+c"},
		{"/api/v1/things/%C3%A9", "get", "é"},
		{"/api/v1/things/a%25b", "get", "a%b"},
		{"/api/v1/things/...", "get", "..."},
		{"/api/v1/things/%7Bid%7D", "get", "{id}"},
	}
	for _, c := range cases {
		got := seenOf(t, c.target, f.send(request(t, http.MethodGet, c.target, "Authorization", "Bearer editor")))
		if got.Route != c.route || got.ID != c.id {
			t.Errorf("%s: got route %s with id %q, want %s with %q", c.target, got.Route, got.ID, c.route, c.id)
		}
	}
}

// TestOtherPathsAreProblems covers what gorilla/mux answers by itself: redirects, bare 404s, 405s without Allow.
func TestOtherPathsAreProblems(t *testing.T) {
	t.Parallel()
	f := setup(t)
	cases := []struct {
		method, path string
		status       int
		allow        string
	}{
		{"GET", "/", 404, ""},
		{"GET", "/api/v1", 404, ""},
		{"GET", "/api/v1/things/42/parts", 404, ""},
		{"GET", "/API/v1/things", 404, ""},
		{"GET", "//api/v1/things", 404, ""},
		{"GET", "/api//v1/things", 404, ""},
		{"GET", "/api/v1/things//", 404, ""},
		{"GET", "/api/v1/../v1/things", 404, ""},
		{"GET", "/api/v1/things/.", 404, ""},
		{"GET", "/api/v1/things/..", 404, ""},
		{"GET", "/api/v1/things/%2e%2e", 404, ""},
		{"GET", "/api/v1/things/%2E", 404, ""},
		{"GET", "/api/v1/things/%00", 400, ""},
		{"GET", "/api/v1/%00/../things", 400, ""},
		{"GET", "/api/v1/things/a%0d%0ab", 400, ""},
		{"GET", "/api/v1/things/%7f", 400, ""},
		{"GET", "/api/v1/things/%ff", 400, ""},
		{"POST", "/internal/v1/things", 404, ""}, // for services only: not here
		{"DELETE", "/api/v1/things/42", 405, "GET, HEAD, OPTIONS, PUT"},
		{"PUT", "/api/v1/things/me", 401, ""}, // {id} has a PUT
		{"DELETE", "/api/v1/things/me", 405, "GET, HEAD, OPTIONS, PUT"},
		{"POST", "/api/v1/things/", 405, "GET, HEAD, OPTIONS"},
		{"GET", "/api/v1/login", 405, "OPTIONS, POST"},
		{"HEAD", "/api/v1/login", 405, "OPTIONS, POST"},
		{"get", "/api/v1/things", 405, "GET, HEAD, OPTIONS"},
		{"TRACE", "/api/v1/things", 405, "GET, HEAD, OPTIONS"},
		{"<script>", "/api/v1/things", 405, "GET, HEAD, OPTIONS"},
	}
	for _, c := range cases {
		what := c.method + " " + c.path
		r := request(t, http.MethodGet, c.path)
		r.Method = c.method
		got := f.send(r)
		if got.Status != c.status || got.Header.Get("Allow") != c.allow || got.Header.Get("Location") != "" {
			t.Errorf("%s: got %d, Allow %q, Location %q, want %d, Allow %q and no redirect", what, got.Status, got.Header.Get("Allow"), got.Header.Get("Location"), c.status, c.allow)
			continue
		}
		if c.method == http.MethodHead {
			if got.Body != "" {
				t.Errorf("%s: got the body %q, want none", what, got.Body)
			}
		} else if c.status >= 400 {
			problemOf(t, what, got)
		}
	}
}

func TestOptionsTellsWhatThePathAllows(t *testing.T) {
	t.Parallel()
	f := setup(t)
	got := f.send(request(t, http.MethodOptions, "/api/v1/things/42"))
	if got.Status != http.StatusNoContent || got.Header.Get("Allow") != "GET, HEAD, OPTIONS, PUT" || got.Body != "" {
		t.Errorf("got %d, Allow %q, body %q, want 204, what the path allows and no body", got.Status, got.Header.Get("Allow"), got.Body)
	}
	if got := f.send(request(t, http.MethodOptions, "/nowhere")); got.Status != http.StatusNotFound {
		t.Errorf("OPTIONS of no path: got %d, want 404", got.Status)
	}
}

func TestHeadIsGetWithoutABody(t *testing.T) {
	t.Parallel()
	f := setup(t)
	for _, target := range []string{"/api/v1/things", "/api/v1/things/42"} { // 200, 401
		get, head := f.send(request(t, http.MethodGet, target)), f.send(request(t, http.MethodHead, target))
		if head.Status != get.Status || head.Body != "" || head.Header.Get("Content-Type") != get.Header.Get("Content-Type") {
			t.Errorf("%s: HEAD got %d %q with body %q, GET got %d %q", target, head.Status, head.Header.Get("Content-Type"), head.Body, get.Status, get.Header.Get("Content-Type"))
		}
		if head.Header.Get("Content-Length") == "" {
			t.Errorf("%s: HEAD does not tell the length", target)
		}
	}
}

type byName struct {
	Name string `json:"-" path:"name"`
}

type otherThings struct{}

func (*otherThings) Get(context.Context, byName) (none, error) { return none{}, nil }

func TestRoutesThatOneRequestCouldMeanDoNotBuild(t *testing.T) {
	t.Parallel()
	other := handle[byName, none]("other", http.MethodGet, "/api/v1/things/{name}/", "public")
	other.Owner, other.Parameters = "others", []contract.Parameter{{Name: "name", In: "path"}}
	others := fxcell.Cell(fxcell.CellMeta{ID: "others", Type: "core", Level: level.L0},
		fxcell.Slice(fxcell.SliceMeta{ID: "others", Cell: "others", Serves: []string{other.ID}},
			fxcell.Provide(func() *otherThings { return nil }), contract.Serve(other, (*otherThings).Get)))
	err := fxcelltest.Fault(assembly(zap.NewNop(), cell(&things{}), others))
	want := "modules/httpserver: GET /api/v1/things/{name}/ is served by contract http.get.v1 (cells/things/things) and by contract http.other.v1 (cells/others/others): " +
		"one of them needs another path"
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("got error %v, want %s", err, want)
	}
}

func TestDeadlineAboveTheServersWriteTimeoutDoesNotBuild(t *testing.T) {
	t.Parallel()
	err := fxcelltest.Fault(assembly(zap.NewNop(), cell(&things{})), fx.Replace(httpserver.Config{WriteTimeout: 10 * time.Second}))
	want := "modules/httpserver: httpserver.write_timeout 10s would cut off contract http.abort.v1, whose deadline is 10s: set it higher"
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("got error %v, want %s", err, want)
	}
}
