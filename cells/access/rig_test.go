package access_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/go-json-experiment/json"
	"go.uber.org/fx"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"fxcell.dev/cells/access"
	"fxcell.dev/cells/access/internal/accesstest"
	"fxcell.dev/cells/access/internal/domain"
	"fxcell.dev/cells/access/internal/store"
	"fxcell.dev/fxcell"
	"fxcell.dev/fxcell/auth"
	"fxcell.dev/fxcell/clock"
	"fxcell.dev/fxcell/config"
	"fxcell.dev/fxcell/contract"
	"fxcell.dev/fxcell/db"
	"fxcell.dev/fxcell/db/memdb"
	"fxcell.dev/fxcell/durability"
	"fxcell.dev/fxcell/event"
	"fxcell.dev/fxcell/fxcelltest"
	"fxcell.dev/fxcell/outbox"
	"fxcell.dev/fxcell/ratelimit"
	"fxcell.dev/fxcell/secret"
)

func TestMain(m *testing.M) { fxcelltest.Main(m) }

// log is an outbox of which nobody reads.
type log struct {
	durability.Stated

	mu     sync.Mutex
	events []event.Event
}

func (l *log) Write(ctx context.Context, events ...event.Event) error {
	return db.OnCommit(ctx, func(context.Context) {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.events = append(l.events, events...)
	})
}

func (l *log) All() []event.Event {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.events)
}

// silent is a configuration that says nothing.
type silent struct{}

func (silent) Decode(string, any) error { return nil }

// portsResult is what an adapter gives.
type portsResult struct {
	fx.Out

	Tx        db.Transactor
	TxClaim   durability.Claim `group:"fxcell.claims"`
	Log       outbox.Writer
	LogClaim  durability.Claim `group:"fxcell.claims"`
	Keys      secret.KeyProvider
	KeysClaim durability.Claim `group:"fxcell.claims"`
	Source    config.Source
}

// limitsResult is what counts attempts.
type limitsResult struct {
	fx.Out

	Limits ratelimit.Limiter
	Claim  durability.Claim `group:"fxcell.claims"`
}

// limits counts the attempts of all processes that share it.
type limits struct {
	grade

	*accesstest.Limiter
}

func newLimits(g durability.Grade) limits { return limits{grade(g), accesstest.NewLimiter()} }

func (l limits) Durability() durability.Grade { return l.grade.Durability() }

func (l limits) module() fx.Option {
	return fx.Module("test/limits", fx.Provide(func() limitsResult {
		return limitsResult{Limits: l, Claim: durability.Claim{Port: "ratelimit.Limiter", Module: "test/limits", Subject: l}}
	}))
}

// grade is what the ports of a rig say of themselves.
type grade durability.Grade

func (g grade) Durability() durability.Grade { return durability.Grade(g) }

type transactor struct {
	grade

	engine *memdb.Engine
}

func (t transactor) InTx(ctx context.Context, fn func(context.Context) error) error {
	return t.engine.InTx(ctx, fn)
}

type keyProvider struct {
	grade

	keys *accesstest.KeyProvider
}

func (p keyProvider) Wrap(ctx context.Context, purpose string, key []byte) (secret.Wrapped, error) {
	return p.keys.Wrap(ctx, purpose, key)
}

func (p keyProvider) Unwrap(ctx context.Context, purpose string, w secret.Wrapped) ([]byte, error) {
	return p.keys.Unwrap(ctx, purpose, w)
}

func ports(l *log, g durability.Grade) fx.Option {
	return fx.Options(newLimits(g).module(), fx.Module("test/ports", fx.Provide(func() portsResult {
		l.Stated = grade(g)
		engine, provider := transactor{grade(g), memdb.NewEngine()}, keyProvider{grade(g), accesstest.NewKeyProvider()}
		return portsResult{
			Tx: engine, TxClaim: durability.Claim{Port: "db.Transactor", Module: "test/ports", Subject: engine},
			Log: l, LogClaim: durability.Claim{Port: "outbox.Writer", Module: "test/ports", Subject: l},
			Keys: provider, KeysClaim: durability.Claim{Port: "secret.KeyProvider", Module: "test/ports", Subject: provider},
			Source: silent{},
		}
	}), config.Section[auth.Config]("auth")))
}

type routesIn struct {
	fx.In

	Routes []contract.Route `group:"fxcell.routes"`
}

// rig is the cell in an assembly, served by the standard library's router.
type rig struct {
	tb       testing.TB
	address  string // that requests come from
	mux      *http.ServeMux
	events   *log
	logs     *observer.ObservedLogs
	tx       db.Transactor
	store    store.Store
	keys     auth.KeySource
	sessions auth.Sessions
}

func start(tb testing.TB, more ...fx.Option) *rig {
	tb.Helper()
	events := &log{}
	return assemble(tb, events, durability.Demo, access.Memory, ports(events, durability.Volatile), fx.Options(more...))
}

// configured changes the section access.
func configured(change func(*access.Config)) fx.Option {
	return fx.Decorate(func(c access.Config) access.Config {
		change(&c)
		return c
	})
}

// assemble starts the cell on a store and ports.
func assemble(tb testing.TB, events *log, mode durability.Mode, parts ...fx.Option) *rig {
	tb.Helper()
	r := &rig{tb: tb, mux: http.NewServeMux(), events: events}
	var core zapcore.Core
	core, r.logs = observer.New(zap.DebugLevel)
	fxcelltest.New(tb,
		fxcell.Assembly("test", mode, access.Module, fx.Options(parts...),
			fx.Module("test/log", fx.Provide(func() *zap.Logger { return zap.New(core) }))),
		fx.Populate(&r.tx, &r.store, &r.keys, &r.sessions),
		fx.Invoke(func(in routesIn) {
			for _, route := range in.Routes {
				r.mux.Handle(route.Method+" "+route.Path, route)
			}
		}),
	)
	return r
}

// offer puts a setup into the store whose token the test knows, in place of the one that the start made.
func (r *rig) offer() (token string) {
	r.tb.Helper()
	setup, token := domain.NewSetup(clock.System().Now())
	err := r.tx.InTx(r.tb.Context(), func(ctx context.Context) error {
		before, err := r.store.Setup(ctx)
		if err != nil {
			return err
		}
		return r.store.OfferSetup(ctx, setup, before)
	})
	if err != nil {
		r.tb.Fatal(err)
	}
	return token
}

// call is one request.
type call struct {
	method, path, body string
	caller             auth.Principal // nobody when it has no id
}

// answer is what came back.
type answer struct {
	status int
	header http.Header
	text   string
	Data   map[string]any `json:"data"`
	Code   string         `json:"code"`
	Errors []struct {
		Pointer string `json:"pointer"`
		Rule    string `json:"rule"`
	} `json:"errors"`
}

func (r *rig) do(c call) answer {
	r.tb.Helper()
	req := httptest.NewRequestWithContext(r.tb.Context(), c.method, c.path, strings.NewReader(c.body))
	if c.body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	if c.caller.ID != "" {
		req = req.WithContext(auth.WithPrincipal(req.Context(), c.caller))
	}
	req = req.WithContext(auth.WithAddress(req.Context(), r.address))
	w := httptest.NewRecorder()
	r.mux.ServeHTTP(w, req)
	a := answer{status: w.Code, header: w.Header(), text: w.Body.String()}
	if w.Body.Len() > 0 {
		if err := json.Unmarshal(w.Body.Bytes(), &a); err != nil {
			r.tb.Fatalf("%s %s: %v in %s", c.method, c.path, err, a.text)
		}
	}
	return a
}

func (r *rig) want(c call, status int, code string) answer {
	r.tb.Helper()
	a := r.do(c)
	if a.status != status || a.Code != code {
		r.tb.Fatalf("%s %s: got %d %s, want %d %s", c.method, c.path, a.status, a.text, status, code)
	}
	return a
}

// encode returns members as a JSON object.
func encode(tb testing.TB, members map[string]any) string {
	tb.Helper()
	body, err := json.Marshal(members)
	if err != nil {
		tb.Fatal(err)
	}
	return string(body)
}

func (r *rig) login(username, plain string) call {
	r.tb.Helper()
	return call{method: http.MethodPost, path: "/api/v1/access/sessions/login", body: encode(r.tb, map[string]any{"username": username, "password": plain})}
}

func (r *rig) setup(token, username, plain string) call {
	r.tb.Helper()
	return call{method: http.MethodPost, path: "/api/v1/access/setup", body: encode(r.tb, map[string]any{
		"token": token, "username": username, "email": username + "@example.org", "password": plain,
	})}
}

func (a answer) member(name string) string {
	s, _ := a.Data[name].(string)
	return s
}
