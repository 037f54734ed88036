package httpserver_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"fxcell.dev/fxcell/health"
	"fxcell.dev/fxcell/problem"
	"fxcell.dev/modules/httpserver"
)

func says(text string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		text, ends := strings.CutSuffix(text, "!")
		if text != "" {
			_, _ = w.Write([]byte(text))
		}
		if ends {
			panic("s3cret") //nolint:forbidigo // what is tested
		}
	})
}

func TestOpsAnswersItsEndpointsOnly(t *testing.T) {
	t.Parallel()
	core, logs := observer.New(zap.DebugLevel)
	ops, err := httpserver.NewOps([]health.Endpoint{{Path: "/a", Handler: says("one")}, {Path: "/b", Handler: says("!")}, {Path: "/c", Handler: says("half!")}}, zap.New(core))
	if err != nil {
		t.Fatal(err)
	}
	send := func(method, path string) answer {
		w := httptest.NewRecorder()
		ops.ServeHTTP(w, request(t, method, path))
		return answer{w.Code, w.Header(), w.Body.String()}
	}
	if got := send(http.MethodGet, "/a"); got.Status != http.StatusOK || got.Body != "one" || got.Header.Get("X-Request-Id") == "" {
		t.Errorf("GET /a: got %d %q %v, want 200, one and an id", got.Status, got.Body, got.Header)
	}
	if got := send(http.MethodHead, "/a"); got.Status != http.StatusOK || got.Body != "" || got.Header.Get("Content-Length") != "3" {
		t.Errorf("HEAD /a: got %d %q %v, want 200 with length 3 and no body", got.Status, got.Body, got.Header)
	}
	if got := send(http.MethodGet, "/a/"); got.Status != http.StatusNotFound {
		t.Errorf("GET /a/: got %d, want 404", got.Status)
	} else {
		problemOf(t, "GET /a/", got)
	}
	got := send(http.MethodGet, "/b")
	if got.Status != http.StatusInternalServerError || logs.FilterMessage("request panicked").Len() != 1 {
		t.Errorf("GET /b: got %d and the log %v, want 500 and one line", got.Status, logs.All())
	}
	noTrace(t, logs, got, "s3cret")
	defer func() {
		if err, _ := recover().(error); !errors.Is(err, http.ErrAbortHandler) {
			t.Errorf("GET /c: got the panic %v, want the connection broken: half of an answer is sent", err)
		}
	}()
	send(http.MethodGet, "/c")
}

// A handler that panics leaves nothing of the answer that it had begun, as long as nothing is sent. To HEAD nothing is before the end.
func TestPanicLeavesNothingOfTheAnswerThatWasBegun(t *testing.T) {
	t.Parallel()
	begun := func(statusToo bool) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			for name, value := range map[string]string{"Content-Type": "text/plain", "Content-Length": "1000", "Content-Encoding": "br", "ETag": `"1"`, "Last-Modified": "now"} {
				w.Header().Set(name, value)
			}
			if statusToo {
				w.WriteHeader(http.StatusCreated)
				_, _ = w.Write([]byte("half"))
			}
			panic("s3cret") //nolint:forbidigo // what is tested
		})
	}
	core, logs := observer.New(zap.DebugLevel)
	ops, err := httpserver.NewOps([]health.Endpoint{{Path: "/header", Handler: begun(false)}, {Path: "/status", Handler: begun(true)}}, zap.New(core))
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(ops)
	defer server.Close()
	p := process{client: server.Client()}
	for _, c := range []struct{ method, path string }{{http.MethodGet, "/header"}, {http.MethodHead, "/header"}, {http.MethodHead, "/status"}} {
		what := c.method + " " + c.path
		got, err := p.do(t, c.method, server.URL+c.path)
		if err != nil || got.Status != http.StatusInternalServerError || got.Header.Get("Content-Type") != problem.ContentType {
			t.Errorf("%s: got %d %v, error %v, want 500 as a problem", what, got.Status, got.Header, err)
			continue
		}
		if length := got.Header.Get("Content-Length"); length == "" || length == "1000" || got.Header.Get("Content-Encoding")+got.Header.Get("ETag")+got.Header.Get("Last-Modified") != "" {
			t.Errorf("%s: got the header %v, want the length of the problem and nothing about what was begun", what, got.Header)
		}
		if c.method == http.MethodGet {
			problemOf(t, what, got)
		}
	}
	if n := logs.FilterMessage("request panicked").Len(); n != 3 {
		t.Errorf("got %d lines about panics, want 3", n)
	}
}

func TestOpsEndpointsHavePathsOfTheirOwn(t *testing.T) {
	t.Parallel()
	_, err := httpserver.NewOps([]health.Endpoint{
		{Path: "/a", Handler: says("1")}, {Path: "/a", Handler: says("2")}, {Path: "b", Handler: says("3")}, {Path: "/c"},
	}, zap.NewNop())
	want := "modules/httpserver: two ops endpoints have the path /a: one of them needs another\n" +
		"modules/httpserver: the ops endpoint \"b\" has no path that starts with /, or no handler\n" +
		"modules/httpserver: the ops endpoint \"/c\" has no path that starts with /, or no handler"
	if err == nil || err.Error() != want {
		t.Errorf("got error:\n%v\nwant:\n%s", err, want)
	}
}
