package assembly_test

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/fx"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"fxcell.dev/fxcell/contract"
	"fxcell.dev/fxcell/event"
	"fxcell.dev/fxcell/fxcelltest"
	"fxcell.dev/fxcell/outbox"
)

// planted stands in every hostile value. No answer and no log line may hold it.
const planted = "canary-5ecret"

// allowed bounds what one hostile request may make the product allocate.
const allowed = 64 << 20

type hostile struct {
	name, contentType string
	body              []byte
	statuses          []int // any of them
}

func hostileBodies() []hostile {
	const json = "application/json"
	bad, media, large := []int{http.StatusBadRequest}, []int{http.StatusUnsupportedMediaType}, []int{http.StatusRequestEntityTooLarge}
	quoted := `"` + planted + `"`
	return []hostile{
		{"an unknown member", json, []byte(`{"nobody-knows-it":` + quoted + `}`), bad},
		{"an array", json, []byte(`[` + quoted + `]`), bad},
		{"a string", json, []byte(quoted), bad},
		{"null", json, []byte(`null`), bad},
		{"another content type", "text/plain", []byte(quoted), media},
		{"no content type", "", []byte(quoted), media},
		{"another charset", "application/json; charset=latin1", []byte(quoted), media},
		{"broken JSON", json, []byte(`{"key":` + quoted), bad},
		{"data after the value", json, []byte(`{} ` + quoted), bad},
		{"a megabyte and a byte", json, []byte(`"` + strings.Repeat("a", 1<<20-1) + `"`), large},
		{"depth 10,000", json, []byte(strings.Repeat("[", 10_000) + quoted + strings.Repeat("]", 10_000)), bad},
		{"not UTF-8", json, []byte("{\"key\":\"" + planted + "\xff\"}"), bad},
		{"a lone surrogate", json, []byte(`{"key":"` + planted + `\ud800"}`), bad},
		{"a member twice", json, []byte(`{"key":` + quoted + `,"key":` + quoted + `}`), bad},
		{"a huge number", json, []byte(`{"version":1e1000001}`), bad},
		{"huge numbers", json, []byte(`[` + strings.TrimSuffix(strings.Repeat("1e999999,", 100), ",") + `]`), bad},
		{"half a million faults", json, []byte(`[` + strings.TrimSuffix(strings.Repeat("1,", 500_000), ",") + `]`), bad},
		{"every known member of the wrong type", json, []byte(`{"key":1,"value":2,"username":3,"email":4,"password":5,"token":6,"version":` + quoted + `,"roles":` + quoted + `}`), bad},
		{"strings that are too long", json, []byte(`{"key":"` + strings.Repeat(planted, 6000) + `","value":1}`), bad},
	}
}

type routesIn struct {
	fx.In

	Routes []contract.Route `group:"fxcell.routes"`
}

var pathParameter = regexp.MustCompile(`\{[^}]+\}`)

// Whatever is sent to whichever contract, the answer is a 4xx with a place for each fault, cheap, and nothing that was sent shows up again.
func TestHostileBodiesAreRefusedByEveryContract(t *testing.T) { //nolint:paralleltest // it measures what the process allocates
	var routes []contract.Route
	var log bytes.Buffer
	p := start(t, fx.Invoke(func(in routesIn) { routes = in.Routes }), logTo(&log))
	slices.SortFunc(routes, func(a, b contract.Route) int { return strings.Compare(a.Contract, b.Contract) })
	if len(routes) < 15 {
		t.Fatalf("only %d routes", len(routes))
	}
	var slowest time.Duration
	var largest uint64
	for _, r := range routes {
		for _, h := range hostileBodies() {
			path := pathParameter.ReplaceAllString(r.Path, "some-key")
			took, allocated, answer := p.measure(r.Method, path, h)
			slowest, largest = max(slowest, took), max(largest, allocated)
			if !slices.Contains(h.statuses, answer.Code) {
				t.Errorf("%s, %s: status %d, want %v: %.300s", r.Contract, h.name, answer.Code, h.statuses, answer.Body)
			}
			if allocated > allowed {
				t.Errorf("%s, %s: allocates %d MiB", r.Contract, h.name, allocated>>20)
			}
			if strings.Contains(answer.Body.String(), planted) {
				t.Errorf("%s, %s: the answer repeats what was sent: %.300s", r.Contract, h.name, answer.Body)
			}
			if answer.Header().Get("Content-Type") != "application/problem+json" {
				t.Errorf("%s, %s: content type %q", r.Contract, h.name, answer.Header().Get("Content-Type"))
			}
		}
	}
	if strings.Contains(log.String(), planted) || strings.Contains(log.String(), password) {
		t.Error("the log holds a value that was sent")
	}
	t.Logf("%d contracts, %d bodies each: the slowest answer took %v, the largest %d MiB", len(routes), len(hostileBodies()), slowest, largest>>20)
}

func logTo(w *bytes.Buffer) fx.Option {
	return fx.Decorate(func(*zap.Logger) *zap.Logger {
		return zap.New(zapcore.NewCore(zapcore.NewJSONEncoder(zap.NewProductionEncoderConfig()), zapcore.Lock(zapcore.AddSync(w)), zap.DebugLevel))
	})
}

func (p *product) measure(method, path string, h hostile) (time.Duration, uint64, *httptest.ResponseRecorder) {
	req := httptest.NewRequestWithContext(p.t.Context(), method, path, bytes.NewReader(h.body))
	if h.contentType != "" {
		req.Header.Set("Content-Type", h.contentType)
	}
	req.Header.Set("Authorization", "Bearer "+p.token)
	req.Header.Set("If-Match", `"1"`)
	var before, after runtime.MemStats
	rec := httptest.NewRecorder()
	runtime.ReadMemStats(&before)
	started := time.Now()
	p.Handler().ServeHTTP(rec, req)
	took := time.Since(started)
	runtime.ReadMemStats(&after)
	return took, after.TotalAlloc - before.TotalAlloc, rec
}

// Parameters are held to their contracts as bodies are.
func TestHostileParametersAreRefused(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	p := start(t, logTo(&log))
	long := strings.Repeat(planted, 200)
	for _, tt := range []struct{ name, path, in, rule string }{
		{"a limit that is no number", "/api/v1/config/?limit=" + planted, "query", "type"},
		{"a limit below one", "/api/v1/config/?limit=0", "query", "minimum"},
		{"a limit above the greatest", "/api/v1/config/?limit=1001", "query", "maximum"},
		{"a limit beyond int64", "/api/v1/config/?limit=9223372036854775808", "query", "type"},
		{"a limit twice", "/api/v1/config/?limit=1&limit=2", "query", "single"},
		{"a cursor of somebody else's", "/api/v1/config/?cursor=" + planted, "query", "cursor"},
		{"a cursor that is too long", "/api/v1/config/?cursor=" + long, "query", "maxLength"},
		{"a parameter that nobody knows", "/api/v1/config/?colour=" + planted, "query", "unknown"},
		{"a query that is not percent-encoded", "/api/v1/config/?prefix=%zz", "query", "syntax"},
		{"a key of capital letters", "/api/v1/config/" + strings.ToUpper(planted), "path", "pattern"},
		{"a key that is too long", "/api/v1/config/" + long, "path", "maxLength"},
		{"a time that is none", "/api/v1/audit/entries?from=" + planted, "query", "format"},
		{"an end before the beginning", "/api/v1/audit/entries?from=2026-02-01T00:00:00Z&to=2026-01-01T00:00:00Z", "query", "range"},
	} {
		answer := p.Do(fxRequest(http.MethodGet, tt.path, p.token))
		if answer.Status != http.StatusBadRequest {
			t.Errorf("%s: status %d: %.300s", tt.name, answer.Status, answer.Body)
		}
		for _, want := range []string{fmt.Sprintf(`"in":%q`, tt.in), fmt.Sprintf(`"rule":%q`, tt.rule)} {
			if !strings.Contains(answer.Body, want) {
				t.Errorf("%s: %s is not in %s", tt.name, want, answer.Body)
			}
		}
		if strings.Contains(strings.ToLower(answer.Body), planted) {
			t.Errorf("%s: the answer repeats what was sent: %s", tt.name, answer.Body)
		}
	}
	if strings.Contains(strings.ToLower(log.String()), planted) {
		t.Error("the log holds a value that was sent")
	}
}

// Whatever is wrong with a login, or with a token, nothing of it shows up again.
func TestCredentialsAreNeverRepeated(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	p := start(t, logTo(&log))
	for _, body := range []string{
		`{"username":"admin","password":"` + planted + `"}`,
		`{"username":"` + planted + `","password":"` + planted + `"}`,
		`{"username":"admin","password":"` + strings.Repeat(planted, 100) + `"}`,
	} {
		answer := p.Do(fxPost("/api/v1/access/sessions/login", body))
		if answer.Status != http.StatusUnauthorized || strings.Contains(answer.Body, planted) {
			t.Errorf("status %d: %s", answer.Status, answer.Body)
		}
	}
	for _, token := range []string{planted, p.token + planted, strings.Repeat(planted, 1000)} {
		answer := p.Do(fxRequest(http.MethodGet, "/api/v1/config/", token))
		if answer.Status != http.StatusUnauthorized || strings.Contains(answer.Body, planted) {
			t.Errorf("status %d: %.300s", answer.Status, answer.Body)
		}
	}
	for _, secret := range []string{planted, password, p.token} {
		if strings.Contains(log.String(), secret) {
			t.Errorf("the log holds a credential")
		}
	}
}

// What is refused for a reason of ours is logged with its cause, and with nothing of what was sent.
func TestWhatFailsForUsIsLoggedWithoutWhatWasSent(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	var fails atomic.Bool
	p := start(t, logTo(&log), fx.Decorate(func(w outbox.Writer) outbox.Writer { return sometimes{w, &fails} }))
	fails.Store(true)
	for _, r := range []fxcelltest.Request{
		fxPost("/api/v1/config/", `{"key":"colour","value":"`+planted+`"}`),
		fxPost("/api/v1/access/users", `{"username":"ada","email":"ada@example.com","password":"`+planted+planted+`"}`),
		fxPost("/api/v1/access/sessions/login", `{"username":"admin","password":"`+password+`"}`),
	} {
		r.Token = p.token
		answer := p.Do(r)
		if answer.Status != http.StatusServiceUnavailable || answer.Header.Get("Retry-After") == "" || strings.Contains(answer.Body, planted) {
			t.Errorf("%s: status %d: %s", r.Path, answer.Status, answer.Body)
		}
	}
	if !strings.Contains(log.String(), outbox.ErrFull.Error()) {
		t.Errorf("the log does not name the cause:\n%s", log.String())
	}
	for _, secret := range []string{planted, password, p.token} {
		if strings.Contains(log.String(), secret) {
			t.Error("the log holds a value that was sent")
		}
	}
}

// sometimes is a writer whose log can be full.
type sometimes struct {
	outbox.Writer

	fails *atomic.Bool
}

// Write implements outbox.Writer.
func (s sometimes) Write(ctx context.Context, events ...event.Event) error {
	if s.fails.Load() {
		return outbox.ErrFull
	}
	return s.Writer.Write(ctx, events...)
}
