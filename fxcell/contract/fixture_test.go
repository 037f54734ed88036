package contract_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/go-json-experiment/json"
	"go.uber.org/fx"
	"go.uber.org/goleak"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"fxcell.dev/fxcell"
	"fxcell.dev/fxcell/auth"
	"fxcell.dev/fxcell/contract"
	"fxcell.dev/fxcell/durability"
	"fxcell.dev/fxcell/level"
	"fxcell.dev/fxcell/log"
	"fxcell.dev/fxcell/page"
	"fxcell.dev/fxcell/problem"
	"fxcell.dev/fxcell/secret"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

type none struct{}

type (
	putRequest struct {
		ID      string    `json:"-" path:"id"`
		Limit   int       `json:"-" query:"limit"`
		Big     int64     `json:"-" query:"big"`
		Flag    bool      `json:"-" query:"flag"`
		Since   time.Time `json:"-" query:"since"`
		Q       string    `json:"-" query:"q"`
		IfMatch string    `json:"-" header:"If-Match"`
		Name    string    `json:"name"`
		Count   int       `json:"count,omitzero"`
		Nested  nested    `json:"nested,omitzero"`
	}
	nested struct {
		Tags []string `json:"tags,omitzero"`
	}
	item struct {
		ETag  string `json:"-" header:"ETag"`
		Cache string `json:"-" header:"Cache-Control"`
		ID    string `json:"id"`
		Name  string `json:"name"`
		Count int    `json:"count"`
		Limit int    `json:"limit"`
		Big   int64  `json:"big"`
		Flag  bool   `json:"flag"`
		Since string `json:"since"`
		Q     string `json:"q"`
	}
	byID struct {
		ID string `json:"-" path:"id"`
	}
	loginRequest struct {
		Username string      `json:"username"`
		Password secret.Text `json:"password"`
	}
	loginResponse struct {
		Token string `json:"token"`
	}
	listRequest struct {
		page.Request
	}
	row struct {
		ID string `json:"id"`
	}
	tagsRequest struct {
		Tags []string `json:"-" body:"*"`
	}
	tagsResponse struct {
		Tags []string `json:"-" body:"*"`
	}
)

const (
	itemSchema = `{"type": "object", "additionalProperties": false, "required": ["id", "name"], "properties": {
		"id": {"type": "string"}, "name": {"type": "string", "maxLength": 20}, "count": {"type": "integer"}, "limit": {"type": "integer"},
		"big": {"type": "integer"}, "flag": {"type": "boolean"}, "since": {"type": "string"}, "q": {"type": "string"}}}`
	putSchema = `{"type": "object", "additionalProperties": false, "required": ["name"], "properties": {
		"name": {"type": "string", "minLength": 1, "maxLength": 20}, "count": {"type": "integer", "minimum": 0, "maximum": 100},
		"nested": {"type": "object", "additionalProperties": false, "properties": {
			"tags": {"type": "array", "maxItems": 3, "items": {"type": "string", "maxLength": 5}}}}}}`
	loginSchema = `{"type": "object", "additionalProperties": false, "required": ["username", "password"], "properties": {
		"username": {"type": "string", "maxLength": 64}, "password": {"type": "string", "maxLength": 64}}}`
)

var files = fstest.MapFS{
	"http/put/v1/request.schema.json":    {Data: []byte(putSchema)},
	"http/put/v1/response.schema.json":   {Data: []byte(itemSchema)},
	"http/put/v1/id.schema.json":         {Data: []byte(`{"type": "string", "pattern": "^[a-z0-9-]+$", "maxLength": 16}`)},
	"http/raw/v1/response.schema.json":   {Data: []byte(itemSchema)},
	"http/list/v1/response.schema.json":  {Data: []byte(`{"type": "object", "required": ["id"], "properties": {"id": {"type": "string", "maxLength": 3}}}`)},
	"http/login/v1/request.schema.json":  {Data: []byte(loginSchema)},
	"http/login/v1/response.schema.json": {Data: []byte(`{"type": "object", "properties": {"token": {"type": "string"}}}`)},
	"http/tags/v1/request.schema.json":   {Data: []byte(`{"type": "array", "maxItems": 3, "items": {"type": "string", "maxLength": 9}}`)},
	"http/tags/v1/response.schema.json":  {Data: []byte(`{"type": "array"}`)},
}

var hopFiles = fstest.MapFS{"http/ping/v1/r.json": {Data: []byte(`{"type": "object"}`)}, "http/pong/v1/r.json": {Data: []byte(`{"type": "object"}`)}}

var (
	stale   = problem.Code{Status: http.StatusPreconditionFailed, Name: "ERR_STALE", Title: "The item has changed"}
	teapot  = problem.Code{Status: http.StatusTeapot, Name: "ERR_TEAPOT", Title: "No contract lists this"}
	wrong   = problem.Code{Status: http.StatusUnauthorized, Name: "ERR_WRONG", Title: "No such user or password"}
	errDisk = errors.New("disk: is full")
)

var idParameter = contract.Parameter{Name: "id", In: "path", Schema: `{"$ref": "id.schema.json"}`}

var (
	putV1 = contract.HTTP[putRequest, item]{
		ID: "http.put.v1", Owner: "shop", Level: level.L1, Method: http.MethodPut, Path: "/items/{id}", Policy: "role:editor", Status: http.StatusCreated,
		BodyLimit: 4 << 10,
		Parameters: []contract.Parameter{
			idParameter,
			{Name: "limit", In: "query", Schema: `{"type": "integer", "minimum": 1, "maximum": 100}`},
			{Name: "big", In: "query"},
			{Name: "flag", In: "query", Schema: `{"type": "boolean"}`},
			{Name: "since", In: "query", Schema: `{"type": "string", "format": "date-time"}`},
			{Name: "q", In: "query", Schema: `{"type": "string", "maxLength": 8}`},
			{Name: "if-match", In: "header", Required: true, Schema: `{"type": "string", "minLength": 1, "maxLength": 16}`},
		},
		ResponseHeaders: []string{"ETag", "Cache-Control"}, Errors: []problem.Code{stale},
		Request: "request.schema.json", Response: "response.schema.json", Files: files,
	}
	rawV1 = contract.HTTP[none, item]{
		ID: "http.raw.v1", Owner: "shop", Level: level.L0, Method: http.MethodGet, Path: "/raw", Policy: "authenticated", Raw: true,
		ResponseHeaders: []string{"ETag", "Cache-Control"}, Response: "response.schema.json", Files: files,
	}
	listV1 = contract.HTTP[listRequest, page.Page[row]]{
		ID: "http.list.v1", Owner: "shop", Level: level.L0, Method: http.MethodGet, Path: "/items", Policy: "authenticated", List: true,
		Response: "response.schema.json", Files: files,
	}
	deleteV1 = contract.HTTP[byID, none]{
		ID: "http.delete.v1", Owner: "shop", Level: level.L1, Method: http.MethodDelete, Path: "/users/{id}", Policy: "self-or-role:{id}:admin", NoContent: true,
		Parameters: []contract.Parameter{{Name: "id", In: "path"}}, Files: files,
	}
	loginV1 = contract.HTTP[loginRequest, loginResponse]{
		ID: "http.login.v1", Owner: "shop", Level: level.L1, Method: http.MethodPost, Path: "/login", Policy: "public", Errors: []problem.Code{wrong},
		Request: "request.schema.json", Response: "response.schema.json", Files: files,
	}
	tagsV1 = contract.HTTP[tagsRequest, tagsResponse]{
		ID: "http.tags.v1", Owner: "shop", Level: level.L0, Method: http.MethodPost, Path: "/tags", Policy: "service",
		Request: "request.schema.json", Response: "response.schema.json", Files: files,
	}
)

// shop answers by what the request says, so that one table drives every way out of a handler.
type shop struct {
	mu      sync.Mutex
	callers []auth.Actor
}

func (s *shop) Put(ctx context.Context, r putRequest) (item, error) {
	s.mu.Lock()
	s.callers = append(s.callers, auth.ActorOf(ctx))
	s.mu.Unlock()
	switch r.Name {
	case "stale":
		return item{}, problem.New(stale, "It was changed by somebody else.").With(problem.Fault{Pointer: "/count", Rule: "stale", Message: "has changed"})
	case "stale inside":
		return item{}, fmt.Errorf("put: %w", problem.New(stale, "It was changed by somebody else.").Wrap(errDisk))
	case "later":
		return item{}, problem.New(problem.Unavailable, "Try again.").After(1500 * time.Millisecond)
	case "unlisted":
		return item{}, problem.New(teapot, "short and stout")
	case "plain":
		return item{}, fmt.Errorf("put: %w", errDisk)
	case "misfit":
		return item{ID: r.ID, Name: strings.Repeat("n", 21)}, nil
	case "panic":
		panic("the handler's own") //nolint:forbidigo // what is tested
	case "wait":
		<-ctx.Done()
		return item{}, fmt.Errorf("store: %w", ctx.Err())
	case "wait and succeed":
		<-ctx.Done() // and go on as if nothing were
		return item{ID: r.ID, Name: r.Name}, nil
	case "wait and forget":
		<-ctx.Done()
		return item{}, errDisk
	}
	since := ""
	if !r.Since.IsZero() {
		since = r.Since.UTC().Format(time.RFC3339)
	}
	return item{ETag: `"7"`, ID: r.ID, Name: r.Name, Count: r.Count, Limit: r.Limit, Big: r.Big, Flag: r.Flag, Since: since, Q: r.Q}, nil
}

func (*shop) Raw(context.Context, none) (item, error) {
	return item{Cache: "public, max-age=300", ID: "1", Name: "raw"}, nil
}

func (*shop) List(_ context.Context, r listRequest) (page.Page[row], error) {
	after, err := r.After()
	if err != nil {
		return page.Page[row]{}, err
	}
	rows := []row{{"a" + after}, {"b" + after}, {"c" + after}}
	return page.Of(rows, r.Size(), func(r row) string { return r.ID }), nil
}

func (*shop) Delete(context.Context, byID) (none, error) { return none{}, nil }

func (*shop) Login(_ context.Context, r loginRequest) (loginResponse, error) {
	if r.Password.Reveal() != "open sesame" {
		return loginResponse{}, problem.New(wrong, "Wrong name or password.")
	}
	return loginResponse{Token: "t-" + r.Username}, nil
}

func (*shop) Tags(_ context.Context, r tagsRequest) (tagsResponse, error) {
	return tagsResponse(r), nil
}

func serveShop(s *shop) fxcell.Part {
	meta := fxcell.SliceMeta{ID: "counter", Cell: "shop", Serves: []string{putV1.ID, rawV1.ID, listV1.ID, deleteV1.ID, loginV1.ID, tagsV1.ID}}
	return fxcell.Cell(fxcell.CellMeta{ID: "shop", Type: "core", Level: level.L1}, fxcell.Slice(meta, fxcell.Provide(func() *shop { return s }),
		contract.Serve(putV1, (*shop).Put), contract.Serve(rawV1, (*shop).Raw), contract.Serve(listV1, (*shop).List),
		contract.Serve(deleteV1, (*shop).Delete), contract.Serve(loginV1, (*shop).Login), contract.Serve(tagsV1, (*shop).Tags),
	))
}

type routeGroup struct {
	fx.In

	Routes []contract.Route `group:"fxcell.routes"`
}

// rig is an assembly of mode Demo with what it serves and logs.
type rig struct {
	shop   *shop
	routes map[string]contract.Route // by contract
	logs   *observer.ObservedLogs
}

// build makes an assembly of the shop and the modules, without starting it: nothing in it needs a start.
func build(t *testing.T, modules ...fx.Option) rig {
	t.Helper()
	core, logs := observer.New(zap.DebugLevel)
	r := rig{shop: &shop{}, routes: map[string]contract.Route{}, logs: logs}
	modules = append([]fx.Option{fx.Provide(func() *zap.Logger { return zap.New(core) }), serveShop(r.shop)}, modules...)
	app := fx.New(fxcell.Assembly("demo", durability.Demo, modules...), fx.NopLogger, fx.Invoke(func(in routeGroup) {
		for _, route := range in.Routes {
			r.routes[route.Contract] = route
		}
	}))
	if err := app.Err(); err != nil {
		t.Fatalf("does not build: %v", err)
	}
	return r
}

// fault returns why an assembly of the modules does not build.
func fault(modules ...fx.Option) error {
	modules = append([]fx.Option{fx.Provide(zap.NewNop)}, modules...)
	return fx.New(fxcell.Assembly("demo", durability.Demo, modules...), fx.NopLogger).Err()
}

var (
	editor = auth.Principal{Kind: auth.User, ID: "u-1", Roles: []string{"editor"}}
	reader = auth.Principal{Kind: auth.User, ID: "u-2", Roles: []string{"reader"}}
	admin  = auth.Principal{Kind: auth.User, ID: "u-3", Roles: []string{"admin"}}
	peer   = auth.Principal{Kind: auth.Service, ID: "cells/other"}
	nobody = auth.Principal{}
)

// call is one request as the HTTP server hands it to a route.
type call struct {
	caller      auth.Principal
	id          string // path parameter
	query       string
	header      http.Header
	body        string
	contentType string // application/json when empty and there is a body; "-" for none
	reader      io.Reader
}

type answer struct {
	Status int
	Header http.Header
	Body   string
}

func (r rig) send(t *testing.T, id string, s call) answer {
	t.Helper()
	route, ok := r.routes[id]
	if !ok {
		t.Fatalf("contract %s is not served", id)
	}
	ctx := log.WithIDs(t.Context(), log.IDs{Request: "r-1", Correlation: "c-1"})
	if s.caller.ID != "" {
		ctx = auth.WithPrincipal(ctx, s.caller)
	}
	content := s.reader
	if content == nil {
		content = strings.NewReader(s.body)
	}
	req := httptest.NewRequestWithContext(ctx, route.Method, "/", content)
	req.URL.RawQuery = s.query
	for name, values := range s.header {
		req.Header[http.CanonicalHeaderKey(name)] = values
	}
	switch {
	case s.contentType != "" && s.contentType != "-":
		req.Header.Set("Content-Type", s.contentType)
	case s.contentType == "" && (s.body != "" || s.reader != nil):
		req.Header.Set("Content-Type", "application/json")
	}
	req.SetPathValue("id", s.id)
	w := httptest.NewRecorder()
	route.ServeHTTP(w, req)
	return answer{w.Code, w.Header(), w.Body.String()}
}

// put is a good request to putV1, changed.
func put(change func(*call)) call {
	s := call{caller: editor, id: "item-1", header: http.Header{"If-Match": {`"6"`}}, body: `{"name": "pencil"}`}
	if change != nil {
		change(&s)
	}
	return s
}

// documentOf decodes a problem document, and fails when the answer is none.
func documentOf(t *testing.T, what string, a answer) problem.Document {
	t.Helper()
	var d problem.Document
	if err := json.Unmarshal([]byte(a.Body), &d, json.RejectUnknownMembers(true)); err != nil || a.Header.Get("Content-Type") != problem.ContentType {
		t.Fatalf("%s: got %d %s %s, want a problem document (%v)", what, a.Status, a.Header.Get("Content-Type"), a.Body, err)
	}
	if d.Status != a.Status || d.RequestID != "r-1" || d.Type != "about:blank" || d.Title == "" {
		t.Errorf("%s: got status %d and %+v, want the same status, a title and the request's id", what, a.Status, d)
	}
	return d
}

// silent fails when an answer or a log line holds a text.
func (r rig) silent(t *testing.T, what string, a answer, text string) {
	t.Helper()
	if all := fmt.Sprint(a); strings.Contains(all, text) {
		t.Errorf("%s: the answer holds what was sent: %s", what, all)
	}
	for _, line := range r.logs.All() {
		if all := fmt.Sprint(line.Message, line.ContextMap()); strings.Contains(all, text) {
			t.Errorf("%s: a log line holds what was sent: %s", what, all)
		}
	}
}
