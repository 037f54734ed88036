package httpserver_test

import (
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"
)

var uuidPattern = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$`)

func TestIDsOfTheCallerAreTakenWhereTheyAreFitForALog(t *testing.T) {
	t.Parallel()
	f := setup(t)
	long := strings.Repeat("x", 64)
	cases := []struct {
		name                       string
		sent                       []string
		wantRequest, wantCorrelate string // "" is a new one; "=" the request's
	}{
		{"none", nil, "", "="},
		{"both", []string{"X-Request-Id", "r.1_-A", "X-Correlation-Id", "c-9"}, "r.1_-A", "c-9"},
		{"request only", []string{"X-Request-Id", long}, long, "="},
		{"correlation only", []string{"X-Correlation-Id", "c-9"}, "", "c-9"},
		{"empty", []string{"X-Request-Id", ""}, "", "="},
		{"too long", []string{"X-Request-Id", long + "x"}, "", "="},
		{"a space", []string{"X-Request-Id", "a b"}, "", "="},
		{"a newline", []string{"X-Request-Id", "a\nlevel=error"}, "", "="},
		{"markup", []string{"X-Request-Id", "<b>", "X-Correlation-Id", `"}`}, "", "="},
		{"not ASCII", []string{"X-Request-Id", "é"}, "", "="},
	}
	for _, c := range cases {
		got := f.send(request(t, http.MethodGet, "/api/v1/things", c.sent...))
		request, correlation := got.Header.Get("X-Request-Id"), got.Header.Get("X-Correlation-Id")
		if request != c.wantRequest && (c.wantRequest != "" || !uuidPattern.MatchString(request)) {
			t.Errorf("%s: got request id %q, want %q (empty: a new one)", c.name, request, c.wantRequest)
		}
		if correlation != c.wantCorrelate && (c.wantCorrelate != "=" || correlation != request) {
			t.Errorf("%s: got correlation id %q, want %q (=: the request's)", c.name, correlation, c.wantCorrelate)
		}
		if saw := seenOf(t, c.name, got).Request; saw != request+" "+correlation {
			t.Errorf("%s: the handler saw the ids %q, want %q", c.name, saw, request+" "+correlation)
		}
	}
}

func TestCallerIsAuthenticatedUnlessTheContractIsPublic(t *testing.T) {
	t.Parallel()
	f := setup(t)
	const missing, invalid = `Bearer realm="api"`, `Bearer error="invalid_token"`
	cases := []struct {
		name, method, target, credentials string
		status                            int
		challenge                         string
	}{
		{"public without credentials", "GET", "/api/v1/things", "", 200, ""},
		{"public with bad ones", "GET", "/api/v1/things", "Bearer bad", 200, ""},
		{"public while nobody can tell", "GET", "/api/v1/things", "Bearer broken", 200, ""},
		{"public that refuses by itself", "POST", "/api/v1/login", "", 401, ""},
		{"without credentials", "GET", "/api/v1/things/1", "", 401, missing},
		{"with good ones", "GET", "/api/v1/things/1", "Bearer editor", 200, ""},
		{"with bad ones", "GET", "/api/v1/things/1", "Bearer bad", 401, invalid},
		{"while nobody can tell", "GET", "/api/v1/things/1", "Bearer broken", 503, ""},
		{"a role without credentials", "PUT", "/api/v1/things/1", "", 401, missing},
		{"a role that the caller has", "PUT", "/api/v1/things/1", "Bearer editor", 200, ""},
	}
	for _, c := range cases {
		r := request(t, c.method, c.target)
		if c.credentials != "" {
			r.Header.Set("Authorization", c.credentials)
		}
		got := f.send(r)
		if got.Status != c.status || got.Header.Get("WWW-Authenticate") != c.challenge {
			t.Errorf("%s: got %d with WWW-Authenticate %q, want %d with %q", c.name, got.Status, got.Header.Get("WWW-Authenticate"), c.status, c.challenge)
		}
		if got.Status >= 400 {
			problemOf(t, c.name, got)
		}
		if got.Status == 503 && got.Header.Get("Retry-After") != "1" {
			t.Errorf("%s: got Retry-After %q, want 1", c.name, got.Header.Get("Retry-After"))
		}
	}
	if n := f.logs.FilterMessage("authentication failed").Len(); n != 1 {
		t.Errorf("the fault behind the 503 is logged %d times, want once", n)
	}
	if n := f.logs.FilterMessage("request").FilterField(zap.String("rejected", "auth: credentials rejected")).Len(); n != 1 {
		t.Errorf("the access log tells of rejected credentials %d times, want once", n)
	}
}

func TestHandlerKnowsWhoCallsFromWhere(t *testing.T) {
	t.Parallel()
	f := setup(t)
	for remote, want := range map[string]string{
		"203.0.113.7:1234": "203.0.113.7", "[2001:db8::1]:80": "2001:db8::1", "[::ffff:203.0.113.7]:80": "203.0.113.7", "[fe80::1%eth0]:80": "fe80::1", "@": "", "": "",
	} {
		r := request(t, http.MethodGet, "/api/v1/things/1", "Authorization", "Bearer editor", "X-Forwarded-For", "198.51.100.1", "Forwarded", "for=198.51.100.1")
		r.RemoteAddr = remote
		got := seenOf(t, remote, f.send(r))
		if got.Address != want || got.Actor != "user:u-1" {
			t.Errorf("from %q: got actor %s at %q, want user:u-1 at %q", remote, got.Actor, got.Address, want)
		}
	}
}

func TestPanicIsOneLineAndA500(t *testing.T) {
	t.Parallel()
	f := setup(t)
	got := f.send(request(t, http.MethodPost, "/api/v1/panic/s3cret"))
	if d := problemOf(t, "panic", got); got.Status != http.StatusInternalServerError || d.Code != "ERR_INTERNAL" || d.Detail != "" {
		t.Errorf("got %d %+v, want 500 without a detail", got.Status, d)
	}
	lines := f.logs.FilterMessage("request panicked").All()
	if len(lines) != 1 || lines[0].Level != zapcore.ErrorLevel {
		t.Fatalf("got the log lines %v, want one error", lines)
	}
	fields := lines[0].ContextMap()
	stack, _ := fields["stack"].(string)
	if fields["panic"] != "string" || !strings.Contains(stack, "(*things).Panic") || fields["request_id"] != got.Header.Get("X-Request-Id") {
		t.Errorf("got the fields %v, want the type of the value, the stack and the request's id", fields)
	}
	noTrace(t, f.logs, got, "s3cret")
	if access := f.logs.FilterMessage("request").All(); len(access) != 1 || access[0].ContextMap()["status"] != int64(500) {
		t.Errorf("got the access log %v, want one line with status 500", access)
	}
}

func TestAbortedHandlerBreaksTheConnectionSilently(t *testing.T) {
	t.Parallel()
	f := setup(t)
	func() {
		defer func() {
			if err, _ := recover().(error); !errors.Is(err, http.ErrAbortHandler) {
				t.Errorf("got the panic %v, want http.ErrAbortHandler", err)
			}
		}()
		f.send(request(t, http.MethodPost, "/api/v1/abort"))
	}()
	if n := f.logs.FilterMessage("request panicked").Len(); n != 0 {
		t.Errorf("the abort is logged as a panic")
	}
	if n := f.logs.FilterMessage("request").Len(); n != 1 {
		t.Errorf("got %d lines of access log, want 1", n)
	}
}

func TestAccessLogIsOneLineOfWhatIsKnownOfTheRoute(t *testing.T) {
	t.Parallel()
	f := setup(t)
	cases := []struct {
		method, target          string
		status                  int64
		logged, route, contract string
	}{
		{"GET", "/api/v1/things/s3cret?s3cret=s3cret", 401, "GET", "/api/v1/things/{id}", "http.get.v1"},
		{"GET", "/api/v1/things?s3cret=s3cret", 400, "GET", "/api/v1/things/", "http.list.v1"},
		{"GET", "/s3cret", 404, "GET", "unmatched", ""},
		{"GET", "/api/v1/things/s3cret%00", 400, "GET", "unmatched", ""},
		{"S3CRET", "/api/v1/things", 405, "OTHER", "unmatched", ""},
		{"HEAD", "/api/v1/things", 200, "HEAD", "/api/v1/things/", "http.list.v1"},
	}
	for _, c := range cases {
		f.logs.TakeAll()
		r := request(t, http.MethodGet, c.target)
		r.Method = c.method
		r.Header.Set("X-S3cret", "s3cret")
		r.Header.Set("User-Agent", "s3cret")
		got := f.send(r)
		lines := f.logs.FilterMessage("request").All()
		if len(lines) != 1 {
			t.Fatalf("%s %s: got %d lines, want 1", c.method, c.target, len(lines))
		}
		fields := lines[0].ContextMap()
		if _, ok := fields["duration"]; !ok {
			t.Errorf("%s %s: the line has no duration", c.method, c.target)
		}
		delete(fields, "duration")
		want := map[string]any{
			"method": c.logged, "route": c.route, "contract": c.contract, "status": c.status, "bytes": int64(len(got.Body)),
			"request_id": got.Header.Get("X-Request-Id"), "correlation_id": got.Header.Get("X-Correlation-Id"),
		}
		if diff := cmp.Diff(want, fields); diff != "" {
			t.Errorf("%s %s: fields (-want +got):\n%s", c.method, c.target, diff)
		}
		if c.target != "/api/v1/things?s3cret=s3cret" { // the name of a parameter that is unknown is told to who sent it
			noTrace(t, f.logs, got, "s3cret")
		}
	}
}

// noTrace fails when an answer or a log line holds a text, in any case of its letters.
func noTrace(t *testing.T, logs *observer.ObservedLogs, a answer, text string) {
	t.Helper()
	if all := fmt.Sprint(a); strings.Contains(strings.ToLower(all), text) {
		t.Errorf("the answer holds what was sent: %s", all)
	}
	for _, line := range logs.All() {
		if all := fmt.Sprint(line.Message, line.ContextMap()); strings.Contains(strings.ToLower(all), text) {
			t.Errorf("a log line holds what was sent: %s", all)
		}
	}
}
