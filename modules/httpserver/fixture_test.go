package httpserver_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"go.opentelemetry.io/otel/trace"
	"go.uber.org/fx"
	"go.uber.org/goleak"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"fxcell.dev/fxcell"
	"fxcell.dev/fxcell/auth"
	"fxcell.dev/fxcell/config"
	"fxcell.dev/fxcell/contract"
	"fxcell.dev/fxcell/durability"
	"fxcell.dev/fxcell/fxcelltest"
	"fxcell.dev/fxcell/inspect"
	"fxcell.dev/fxcell/level"
	"fxcell.dev/fxcell/log"
	"fxcell.dev/fxcell/problem"
	"fxcell.dev/modules/httpserver"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

type none struct{}

type byID struct {
	ID string `json:"-" path:"id"`
}

type seen struct {
	Route   string `json:"route"`
	ID      string `json:"id"`
	Actor   string `json:"actor"`
	Address string `json:"address"`
	Request string `json:"request"`
	Trace   string `json:"trace"`
}

func whatIsSeen(ctx context.Context, route, id string) seen {
	actor, ids := auth.ActorOf(ctx), log.IDsOf(ctx)
	return seen{route, id, actor.String(), actor.Address, ids.Request + " " + ids.Correlation, trace.SpanContextFromContext(ctx).TraceID().String()}
}

type things struct {
	entered chan struct{} // told by hold
	release chan struct{} // ends hold
}

func (*things) List(ctx context.Context, _ none) (seen, error) {
	return whatIsSeen(ctx, "list", ""), nil
}

func (*things) Me(ctx context.Context, _ none) (seen, error) { return whatIsSeen(ctx, "me", ""), nil }

func (*things) Get(ctx context.Context, r byID) (seen, error) {
	return whatIsSeen(ctx, "get", r.ID), nil
}

func (*things) Put(ctx context.Context, r byID) (seen, error) {
	return whatIsSeen(ctx, "put", r.ID), nil
}

func (*things) Peer(ctx context.Context, _ none) (seen, error) {
	return whatIsSeen(ctx, "peer", ""), nil
}

func (*things) Login(context.Context, none) (none, error) {
	return none{}, problem.New(problem.Unauthenticated, "Wrong name or password.")
}

func (*things) Panic(_ context.Context, r byID) (none, error) {
	panic("the sent value is " + r.ID) //nolint:forbidigo // what is tested
}

func (*things) Abort(context.Context, none) (none, error) {
	panic(http.ErrAbortHandler) //nolint:forbidigo // what is tested
}

// Hold answers when the test says so, or fails when its context ends.
func (s *things) Hold(ctx context.Context, _ none) (none, error) {
	s.entered <- struct{}{}
	select {
	case <-s.release:
		return none{}, nil
	case <-ctx.Done():
		return none{}, ctx.Err() //nolint:wrapcheck // as a store would return it
	}
}

func handle[Req, Res any](id, method, path, policy string) contract.HTTP[Req, Res] {
	h := contract.HTTP[Req, Res]{ID: "http." + id + ".v1", Owner: "things", Level: level.L0, Method: method, Path: path, Policy: policy}
	if strings.Contains(path, "{id}") {
		h.Parameters = []contract.Parameter{{Name: "id", In: "path", Schema: `{"type": "string", "maxLength": 64}`}}
	}
	return h
}

var (
	list  = handle[none, seen]("list", http.MethodGet, "/api/v1/things/", "public")
	me    = handle[none, seen]("me", http.MethodGet, "/api/v1/things/me", "public")
	get   = handle[byID, seen]("get", http.MethodGet, "/api/v1/things/{id}", "authenticated")
	put   = handle[byID, seen]("put", http.MethodPut, "/api/v1/things/{id}", "role:editor")
	peer  = handle[none, seen]("peer", http.MethodPost, "/internal/v1/things", "service")
	login = handle[none, none]("login", http.MethodPost, "/api/v1/login", "public")
	crash = handle[byID, none]("panic", http.MethodPost, "/api/v1/panic/{id}", "public")
	abort = handle[none, none]("abort", http.MethodPost, "/api/v1/abort", "public")
	hold  = handle[none, none]("hold", http.MethodPost, "/api/v1/hold", "public")
	soon  = within(300*time.Millisecond, handle[none, none]("soon", http.MethodPost, "/api/v1/soon", "public"))
)

func within[Req, Res any](deadline time.Duration, h contract.HTTP[Req, Res]) contract.HTTP[Req, Res] {
	h.Deadline = deadline
	return h
}

// callers accepts the token "editor" and knows what to say to others.
type callers struct{}

func (callers) Authenticate(r *http.Request) (auth.Principal, error) {
	switch r.Header.Get("Authorization") {
	case "":
		return auth.Principal{}, auth.ErrNoCredentials
	case "Bearer editor":
		return auth.Principal{Kind: auth.User, ID: "u-1", Roles: []string{"editor"}}, nil
	case "Bearer broken":
		return auth.Principal{}, errors.New("sessions: connection refused")
	default:
		return auth.Principal{}, auth.ErrRejected
	}
}

type noSource struct{}

func (noSource) Decode(string, any) error { return nil }

type fixture struct {
	public http.Handler
	report *inspect.Report
	things *things
	logs   *observer.ObservedLogs
}

func cell(s *things) fxcell.Part {
	meta := fxcell.SliceMeta{ID: "things", Cell: "things", Serves: []string{list.ID, me.ID, get.ID, put.ID, peer.ID, login.ID, crash.ID, abort.ID, hold.ID, soon.ID}}
	return fxcell.Cell(fxcell.CellMeta{ID: "things", Type: "core", Level: level.L0}, fxcell.Slice(meta,
		fxcell.Provide(func() *things { return s }),
		contract.Serve(list, (*things).List), contract.Serve(me, (*things).Me), contract.Serve(get, (*things).Get), contract.Serve(put, (*things).Put),
		contract.Serve(peer, (*things).Peer), contract.Serve(login, (*things).Login), contract.Serve(crash, (*things).Panic),
		contract.Serve(abort, (*things).Abort), contract.Serve(hold, (*things).Hold), contract.Serve(soon, (*things).Hold),
	))
}

// assembly lists the server with what it takes, and the modules.
func assembly(logger *zap.Logger, modules ...fx.Option) fx.Option {
	common := []fx.Option{
		httpserver.Module,
		fx.Provide(func() *zap.Logger { return logger }, func() config.Source { return noSource{} }, func() auth.Authenticator { return callers{} }),
	}
	return fxcell.Assembly("demo", durability.Demo, append(common, modules...)...)
}

// setup starts the server in front of the cell, without sockets unless the options say otherwise.
func setup(t *testing.T, options ...fx.Option) fixture {
	t.Helper()
	core, logs := observer.New(zap.DebugLevel)
	s := &things{entered: make(chan struct{}, 10), release: make(chan struct{})}
	f := fixture{things: s, logs: logs}
	if len(options) == 0 {
		options = []fx.Option{fx.Replace(httpserver.Config{Public: httpserver.Listener{Addr: "off"}, Ops: httpserver.Listener{Addr: "off"}})}
	}
	fxcelltest.New(t, append(options, assembly(zap.New(core), cell(s)), fx.Populate(&f.report), fx.Invoke(func(in publicIn) { f.public = in.Handler }))...)
	return f
}

type publicIn struct {
	fx.In

	Handler http.Handler `name:"fxcell.public"`
}

// answer is what a request was answered with.
type answer struct {
	Status int
	Header http.Header
	Body   string
}

// send drives the public handler in process with a request as it stands.
func (f fixture) send(r *http.Request) answer {
	w := httptest.NewRecorder()
	f.public.ServeHTTP(w, r)
	return answer{w.Code, w.Result().Header, w.Body.String()}
}

func request(t *testing.T, method, target string, header ...string) *http.Request {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, target, http.NoBody)
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Add(header[i], header[i+1])
	}
	return r
}

// problemOf decodes a problem document, and fails unless it is one of the status and of the request.
func problemOf(t *testing.T, what string, a answer) problem.Document {
	t.Helper()
	var d problem.Document
	if err := json.Unmarshal([]byte(a.Body), &d); err != nil || a.Header.Get("Content-Type") != problem.ContentType {
		t.Fatalf("%s: got %d %s %q, want a problem document (%v)", what, a.Status, a.Header.Get("Content-Type"), a.Body, err)
	}
	if d.Status != a.Status || d.RequestID != a.Header.Get("X-Request-Id") || d.RequestID == "" {
		t.Errorf("%s: got status %d and document %+v, want its status and the request's id", what, a.Status, d)
	}
	return d
}

func seenOf(t *testing.T, what string, a answer) seen {
	t.Helper()
	var d struct {
		Data seen `json:"data"`
	}
	if err := json.Unmarshal([]byte(a.Body), &d); err != nil || a.Status != http.StatusOK {
		t.Fatalf("%s: got %d %q, want 200 with data (%v)", what, a.Status, a.Body, err)
	}
	return d.Data
}
