package contract_test

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/zap/zapcore"

	"fxcell.dev/fxcell/auth"
	"fxcell.dev/fxcell/page"
	"fxcell.dev/fxcell/problem"
)

func TestAnswersHaveTheFormOfTheirContract(t *testing.T) {
	t.Parallel()
	r := build(t)
	asJSON := map[string]string{"Content-Type": "application/json", "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
	with := func(header map[string]string) map[string]string {
		out := maps.Clone(asJSON)
		maps.Copy(out, header)
		return out
	}
	cases := []struct {
		name, contract string
		call           call
		status         int
		header         map[string]string
		body           string
	}{
		{"an envelope and a header", putV1.ID, put(nil), 201, with(map[string]string{"Etag": `"7"`, "Cache-Control": "private, no-cache"}), `{"data":{"id":"item-1","name":"pencil","count":0,"limit":0,"big":0,"flag":false,"since":"","q":""}}`},
		{
			"raw, cached as the handler says", rawV1.ID,
			call{caller: reader},
			200, with(map[string]string{"Cache-Control": "public, max-age=300"}),
			`{"id":"1","name":"raw","count":0,"limit":0,"big":0,"flag":false,"since":"","q":""}`,
		},
		{"a list", listV1.ID, call{caller: reader}, 200, asJSON, `{"data":[{"id":"a"},{"id":"b"},{"id":"c"}],"hasMore":false}`},
		{
			"a page", listV1.ID,
			call{caller: reader, query: "limit=2&cursor=" + page.Encode("x")},
			200, asJSON,
			`{"data":[{"id":"ax"},{"id":"bx"}],"nextCursor":"` + page.Encode("bx") + `","hasMore":true}`,
		},
		{"no content", deleteV1.ID, call{caller: admin, id: "u-1"}, 204, map[string]string{"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}, ""},
		{"a list as the whole body", tagsV1.ID, call{caller: peer, body: `["a","b"]`}, 200, asJSON, `{"data":["a","b"]}`},
	}
	for _, c := range cases {
		got := r.send(t, c.contract, c.call)
		if got.Status != c.status || got.Body != c.body {
			t.Errorf("%s: got %d %s, want %d %s", c.name, got.Status, got.Body, c.status, c.body)
		}
		header := map[string]string{}
		for name := range got.Header {
			header[name] = strings.Join(got.Header[name], "|")
		}
		if diff := cmp.Diff(c.header, header); diff != "" {
			t.Errorf("%s: header (-want +got):\n%s", c.name, diff)
		}
	}
}

func TestBadPageIsRefused(t *testing.T) {
	t.Parallel()
	r := build(t)
	for query, want := range map[string]string{
		"limit=0": "query limit: minimum", "limit=1001": "query limit: maximum", "cursor=": "query cursor: minLength", "cursor=x": "query cursor: cursor",
		"cursor=" + strings.Repeat("A", 1025): "query cursor: maxLength", "page=2": "query page: unknown",
	} {
		got := r.send(t, listV1.ID, call{caller: reader, query: query})
		if diff := cmp.Diff([]string{want}, faultsOf(t, query, got)); got.Status != 400 || diff != "" {
			t.Errorf("%.20s: got %d, want 400; faults (-want +got):\n%s", query, got.Status, diff)
		}
	}
}

// TestErrorsBecomeWhatTheContractLists: only what a handler meant for its caller reaches him, and only what is our own fault is logged.
func TestErrorsBecomeWhatTheContractLists(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, item, detail, code, retry string
		status                          int
		faults                          []string
		logged                          string // "": nothing
	}{
		{name: "listed", item: "stale", status: 412, code: "ERR_STALE", detail: "It was changed by somebody else.", faults: []string{"pointer /count: stale"}},
		{name: "listed, wrapped, with a cause", item: "stale inside", status: 412, code: "ERR_STALE", detail: "It was changed by somebody else."},
		{name: "common, to be tried again", item: "later", status: 503, code: "ERR_UNAVAILABLE", detail: "Try again.", retry: "2", logged: "ERR_UNAVAILABLE: Try again"},
		{
			name: "unlisted", item: "unlisted", status: 500, code: "ERR_INTERNAL",
			logged: "ERR_INTERNAL: contract http.put.v1 does not list the code ERR_TEAPOT: ERR_TEAPOT: short and stout",
		},
		{name: "any other", item: "plain", status: 500, code: "ERR_INTERNAL", logged: "put: disk: is full"},
		{
			name: "an answer that does not fit", item: "misfit", status: 500, code: "ERR_INTERNAL",
			logged: "contract http.put.v1: response does not fit its schema: [/name: maxLength: must have at most 20 characters]",
		},
	}
	for _, c := range cases {
		r := build(t)
		got := r.send(t, putV1.ID, put(func(s *call) { s.body = fmt.Sprintf(`{"name": %q}`, c.item) }))
		d := documentOf(t, c.name, got)
		if got.Status != c.status || d.Code != c.code || d.Detail != c.detail || got.Header.Get("Retry-After") != c.retry {
			t.Errorf("%s: got %d %+v with Retry-After %q, want %d %s %q with %q", c.name, got.Status, d, got.Header.Get("Retry-After"), c.status, c.code, c.detail, c.retry)
		}
		if diff := cmp.Diff(c.faults, faultsOf(t, c.name, got)); diff != "" {
			t.Errorf("%s: faults (-want +got):\n%s", c.name, diff)
		}
		var lines []string
		for _, line := range r.logs.All() {
			fields := line.ContextMap()
			level := zapcore.ErrorLevel
			if c.status == http.StatusServiceUnavailable { // expected under load
				level = zapcore.WarnLevel
			}
			if line.Level != level || fields["contract"] != putV1.ID || fields["request_id"] != "r-1" || fields["actor"] != "user:u-1" || fields["slice"] != "counter" {
				t.Errorf("%s: got the line %s %v, want %s with contract, slice, request and actor", c.name, line.Level, fields, level)
			}
			lines = append(lines, fmt.Sprint(fields["error"]))
		}
		if got := strings.Join(lines, "\n"); got != c.logged {
			t.Errorf("%s: got the lines %q, want %q", c.name, got, c.logged)
		}
	}
}

// A port that is full refuses every request, thousands a second: the log is told of one for all of them, and of each contract by itself.
func TestRefusalsUnderLoadAreToldOnceASecondAndCounted(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := build(t)
		refuse := func() answer {
			return r.send(t, putV1.ID, put(func(s *call) { s.body = `{"name": "later"}` }))
		}
		const pause = 400 * time.Millisecond
		for _, after := range []time.Duration{0, 0, 0, pause, pause, pause, 5 * time.Second, 0} {
			<-time.After(after)
			if got := refuse(); got.Status != 503 {
				t.Errorf("got %d, want 503 whatever the log is told", got.Status)
			}
		}
		var got []string
		for _, line := range r.logs.FilterMessage("request refused").All() {
			got = append(got, fmt.Sprintln(line.Level, line.ContextMap()["requests"], line.ContextMap()["error"]))
		}
		const what = "ERR_UNAVAILABLE: Try again"
		want := []string{fmt.Sprintln("warn", 1, what), fmt.Sprintln("warn", 5, what), fmt.Sprintln("warn", 1, what)}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("lines (-want +got):\n%s", diff)
		}
		for range 2 {
			r.send(t, putV1.ID, put(func(s *call) { s.body = `{"name": "plain"}` }))
		}
		if n := r.logs.FilterMessage("request failed").Len(); n != 2 {
			t.Errorf("got %d lines about faults of ours, want each of the 2", n)
		}
	})
}

func TestItemOfAListThatDoesNotFitIsA500(t *testing.T) {
	t.Parallel()
	r := build(t)
	got := r.send(t, listV1.ID, call{caller: reader, query: "cursor=" + page.Encode("long")})
	if d := documentOf(t, "list", got); got.Status != 500 || d.Detail != "" || len(d.Errors) > 0 {
		t.Errorf("got %d %+v, want a bare 500", got.Status, d)
	}
	r.silent(t, "list", got, "along")
	if lines := r.logs.All(); len(lines) != 1 || !strings.Contains(fmt.Sprint(lines[0].ContextMap()["error"]), "[/data/0/id: maxLength: must have at most 3 characters]") {
		t.Errorf("got the lines %v, want one that names the place", lines)
	}
}

func TestPanicReachesTheServer(t *testing.T) {
	t.Parallel()
	r := build(t)
	defer func() {
		if got := recover(); got != "the handler's own" {
			t.Errorf("got the panic %v, want the handler's own", got)
		}
	}()
	r.send(t, putV1.ID, put(func(s *call) { s.body = `{"name": "panic"}` }))
}

func TestDeadlineOfTheContractEndsTheRequest(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := build(t)
		began := time.Now()
		got := r.send(t, putV1.ID, put(func(s *call) { s.body = `{"name": "wait"}` }))
		d := documentOf(t, "wait", got)
		if took := time.Since(began); got.Status != 503 || d.Code != "ERR_UNAVAILABLE" || got.Header.Get("Retry-After") != "1" || took != 10*time.Second {
			t.Errorf("got %d %+v with Retry-After %q after %s, want 503 with 1 after the default of 10s", got.Status, d, got.Header.Get("Retry-After"), took)
		}
		if got := r.send(t, putV1.ID, put(func(s *call) { s.body = `{"name": "wait and forget"}` })); got.Status != 500 {
			t.Errorf("a handler that hides the end of its context: got %d, want 500", got.Status)
		}
	})
}

// A caller may have acted on the deadline, so a success behind it is none to him. It is not undone either, so he is not asked to repeat it.
func TestSuccessAfterTheDeadlineIsNotSentAsOne(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var d desk
		r := build(t, deskCell(&d))
		got := r.send(t, putV1.ID, put(func(s *call) { s.body = `{"name": "wait and succeed"}` }))
		const detail = "The request took too long. It may have been carried out all the same."
		if doc := documentOf(t, "late", got); got.Status != 503 || doc.Code != "ERR_UNAVAILABLE" || doc.Detail != detail || got.Header.Get("Retry-After") != "" {
			t.Errorf("got %d %+v with Retry-After %q, want 503 without", got.Status, doc, got.Header.Get("Retry-After"))
		}
		if got.Header.Get("ETag") != "" {
			t.Errorf("the answer has the header fields of the success: %v", got.Header)
		}
		lines := r.logs.TakeAll()
		if len(lines) != 1 || lines[0].Level != zapcore.WarnLevel || !strings.Contains(fmt.Sprint(lines[0].ContextMap()["error"]), "the handler succeeded after its deadline") {
			t.Errorf("got the lines %v, want one warning that tells what the handler did", lines)
		}
		_, err := d.put.Call(auth.WithPrincipal(t.Context(), editor), putRequest{ID: "item-1", IfMatch: `"6"`, Name: "wait and succeed"})
		if p := problem.From(err); p.Code != problem.Unavailable || p.Detail != detail {
			t.Errorf("called in process: got %v, want the same", err)
		}
	})
}

// The end of the caller is not that of the contract: what was done in time is a success to whoever still looks.
func TestSuccessBehindTheCallersEndIsOne(t *testing.T) {
	t.Parallel()
	var d desk
	build(t, deskCell(&d))
	ctx, cancel := context.WithCancel(auth.WithPrincipal(t.Context(), editor))
	cancel()
	if _, err := d.put.Call(ctx, putRequest{ID: "item-1", IfMatch: `"6"`, Name: "wait and succeed"}); err != nil {
		t.Errorf("got error %v, want none", err)
	}
}

func TestRequestWhoseCallerIsGoneEnds(t *testing.T) {
	t.Parallel()
	r := build(t)
	ctx, cancel := context.WithCancel(auth.WithPrincipal(t.Context(), editor))
	cancel()
	req := httptest.NewRequestWithContext(ctx, http.MethodPut, "/", strings.NewReader(`{"name": "wait"}`))
	req.Header = http.Header{"If-Match": {"1"}, "Content-Type": {"application/json"}}
	req.SetPathValue("id", "item-1")
	w := httptest.NewRecorder()
	r.routes[putV1.ID].ServeHTTP(w, req)
	if w.Code != http.StatusServiceUnavailable {
		t.Errorf("got %d, want 503", w.Code)
	}
}
