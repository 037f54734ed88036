package problem_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"fxcell.dev/fxcell/problem"
)

func TestAProblemGoesOverTheWire(t *testing.T) {
	t.Parallel()
	cause := errors.New("hunter2")
	for name, c := range map[string]struct {
		err     *problem.Error
		request string
		status  int
		retry   string
		want    string
	}{
		"bare": {
			problem.New(problem.Internal, "").Wrap(cause), "", 500, "",
			`{"type":"about:blank","title":"Something went wrong on our side","status":500,"code":"ERR_INTERNAL"}`,
		},
		"with a detail and a request id": {
			problem.New(conflict, `"a" & <b> are taken.`), "r-1", 409, "",
			`{"type":"about:blank","title":"It exists","status":409,"detail":"\"a\" & <b> are taken.","code":"ERR_CONFLICT","requestId":"r-1"}`,
		},
		"with faults": {
			problem.BadInput(
				problem.Fault{Pointer: "", Rule: "required", Message: "m"}, problem.Fault{In: "query", Name: "limit", Rule: "maximum", Message: "m"},
			), "r", 400, "",
			`{"type":"about:blank","title":"The request does not fit its contract","status":400,"detail":"The request has faults.",` +
				`"code":"ERR_REQUEST_INVALID","requestId":"r","errors":[{"pointer":"","rule":"required","message":"m"},` +
				`{"pointer":"","in":"query","name":"limit","rule":"maximum","message":"m"}]}`,
		},
		"to be tried again": {
			problem.New(problem.Unavailable, "").After(1500 * time.Millisecond), "", 503, "2",
			`{"type":"about:blank","title":"The service cannot do this right now","status":503,"code":"ERR_UNAVAILABLE"}`,
		},
		"to be tried again at once": {
			problem.New(problem.TooMany, "").After(time.Nanosecond), "", 429, "1",
			`{"type":"about:blank","title":"Too many requests","status":429,"code":"ERR_TOO_MANY_REQUESTS"}`,
		},
		"with text that is no UTF-8": {
			problem.BadInput(problem.Fault{Pointer: "/\xff", Rule: "r", Message: "m"}), "r", 400, "",
			`{"type":"about:blank","title":"The request does not fit its contract","status":400,"detail":"The request has faults.",` +
				`"code":"ERR_REQUEST_INVALID","requestId":"r","errors":[{"pointer":"/` + "\ufffd" + `","rule":"r","message":"m"}]}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := httptest.NewRecorder()
			w.Header().Set("WWW-Authenticate", "Bearer")
			w.Header().Set("Content-Type", "text/html")
			problem.Write(w, c.err, c.request)
			want := http.Header{
				"Content-Type": {"application/problem+json"}, "Cache-Control": {"no-store"}, "X-Content-Type-Options": {"nosniff"},
				"Www-Authenticate": {"Bearer"},
			}
			if c.retry != "" {
				want.Set("Retry-After", c.retry)
			}
			if w.Code != c.status {
				t.Errorf("got status %d, want %d", w.Code, c.status)
			}
			if diff := cmp.Diff(want, w.Header()); diff != "" {
				t.Error(diff)
			}
			if got := w.Body.String(); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

func TestEveryProblemIsAReadableDocument(t *testing.T) {
	t.Parallel()
	text := rapid.Custom(func(t *rapid.T) string { return string(rapid.SliceOfN(rapid.Byte(), 0, 12).Draw(t, "bytes")) })
	rapid.Check(t, func(t *rapid.T) {
		e := problem.New(rapid.SampledFrom(problem.Common()).Draw(t, "code"), text.Draw(t, "detail"))
		for range rapid.IntRange(0, 3).Draw(t, "faults") {
			e = e.With(problem.Fault{Pointer: text.Draw(t, "pointer"), Rule: "r", Message: text.Draw(t, "message")})
		}
		e = e.After(time.Duration(rapid.Int64Range(-1, 1<<62).Draw(t, "after")))
		w := httptest.NewRecorder()
		problem.Write(w, e, "r")
		var got problem.Document
		if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || !utf8.Valid(w.Body.Bytes()) {
			t.Fatalf("%q: %v", w.Body, err)
		}
		if got.Code != e.Code.Name || got.Status != w.Code || got.RequestID != "r" || len(got.Errors) != len(e.Faults) || got.Detail != strings.ToValidUTF8(got.Detail, "") {
			t.Errorf("got %+v of %+v", got, e)
		}
		seconds, err := strconv.Atoi(w.Header().Get("Retry-After"))
		if asked := e.RetryAfter > 0; asked != (err == nil) || asked && (seconds < 1 || time.Duration(seconds-1)*time.Second >= e.RetryAfter) {
			t.Errorf("got Retry-After %q for %v", w.Header().Get("Retry-After"), e.RetryAfter)
		}
	})
}

// deafWriter is a client that is gone.
type deafWriter struct{ *httptest.ResponseRecorder }

func (deafWriter) Write([]byte) (int, error) { return 0, errors.New("broken pipe") }

func TestAClientThatIsGoneIsNoFault(t *testing.T) {
	t.Parallel()
	w := deafWriter{httptest.NewRecorder()}
	problem.Write(w, problem.New(problem.NotFound, ""), "r")
	if w.Code != http.StatusNotFound {
		t.Errorf("got status %d", w.Code)
	}
}
