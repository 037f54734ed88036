package config_test

import (
	"context"
	"fmt"
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

	"fxcell.dev/cells/config"
	"fxcell.dev/fxcell"
	"fxcell.dev/fxcell/auth"
	"fxcell.dev/fxcell/contract"
	"fxcell.dev/fxcell/db"
	"fxcell.dev/fxcell/db/memdb"
	"fxcell.dev/fxcell/durability"
	"fxcell.dev/fxcell/event"
	"fxcell.dev/fxcell/fxcelltest"
	"fxcell.dev/fxcell/outbox"
	"fxcell.dev/infra/postgres/postgrestest"
	"fxcell.dev/migrations"
)

func TestMain(m *testing.M) { fxcelltest.Main(m) }

// log is an outbox of which nobody reads.
type log struct {
	mu     sync.Mutex
	events []event.Event
}

func (*log) Durability() durability.Grade { return durability.Volatile }

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

// portsResult is what an adapter gives.
type portsResult struct {
	fx.Out

	Tx       db.Transactor
	TxClaim  durability.Claim `group:"fxcell.claims"`
	Log      outbox.Writer
	LogClaim durability.Claim `group:"fxcell.claims"`
}

type routesIn struct {
	fx.In

	Routes []contract.Route `group:"fxcell.routes"`
}

// rig is the cell in an assembly, served by the standard library's router.
type rig struct {
	tb     testing.TB
	mux    *http.ServeMux
	events *log
	logs   *observer.ObservedLogs
}

func start(tb testing.TB) rig {
	tb.Helper()
	return startOn(tb, memdb.NewEngine(), config.Memory)
}

func startOnPostgres(tb testing.TB) rig {
	tb.Helper()
	d := postgrestest.Open(tb, migrations.Of("config"))
	type result struct {
		fx.Out

		SQL   db.SQL
		Claim durability.Claim `group:"fxcell.claims"`
	}
	sql := func() result {
		return result{SQL: d.SQL, Claim: durability.Claim{Port: "db.SQL", Module: "test/sql", Subject: d.SQL}}
	}
	return startOn(tb, d.Tx, config.Postgres, fx.Module("test/sql", fx.Provide(sql)))
}

func startOn(tb testing.TB, tx db.Transactor, storage ...fx.Option) rig {
	tb.Helper()
	r := rig{tb: tb, mux: http.NewServeMux(), events: &log{}}
	var core zapcore.Core
	core, r.logs = observer.New(zap.DebugLevel)
	ports := func() portsResult {
		return portsResult{
			Tx: tx, TxClaim: durability.Claim{Port: "db.Transactor", Module: "test/ports", Subject: tx},
			Log: r.events, LogClaim: durability.Claim{Port: "outbox.Writer", Module: "test/ports", Subject: r.events},
		}
	}
	fxcelltest.New(tb,
		fxcell.Assembly("test", durability.Demo, fx.Options(storage...), config.Module,
			fx.Module("test/ports", fx.Provide(ports)), fx.Module("test/log", fx.Provide(func() *zap.Logger { return zap.New(core) }))),
		fx.Invoke(func(in routesIn) {
			for _, route := range in.Routes {
				pattern := route.Method + " " + route.Path
				if strings.HasSuffix(route.Path, "/") {
					pattern += "{$}"
				}
				r.mux.Handle(pattern, route)
			}
		}),
	)
	return r
}

// call is one request; the caller is an editor unless roles says otherwise.
type call struct {
	method, path, body string
	header             map[string]string
	roles              []string
	nobody             bool
}

// answer is what came back.
type answer struct {
	status int
	header http.Header
	text   string
	Data   any `json:"data"` // an object or a list of them
	Code   string
	Errors []struct{ Pointer, In, Name, Rule string }
}

func (r rig) do(c call) answer {
	r.tb.Helper()
	req := httptest.NewRequestWithContext(r.tb.Context(), c.method, c.path, strings.NewReader(c.body))
	req.Header.Set("Content-Type", "application/json")
	for name, value := range c.header {
		req.Header.Set(name, value)
	}
	if !c.nobody {
		if c.roles == nil {
			c.roles = []string{"config-editor"}
		}
		req = req.WithContext(auth.WithPrincipal(req.Context(), auth.Principal{Kind: auth.User, ID: "u-1", Roles: c.roles}))
	}
	w := httptest.NewRecorder()
	r.mux.ServeHTTP(w, req)
	a := answer{status: w.Code, header: w.Header(), text: w.Body.String()}
	if w.Body.Len() > 0 {
		if err := json.Unmarshal(w.Body.Bytes(), &a, json.MatchCaseInsensitiveNames(true)); err != nil {
			r.tb.Fatalf("%s %s: %v in %s", c.method, c.path, err, a.text)
		}
	}
	return a
}

func (r rig) want(c call, status int, code string) answer {
	r.tb.Helper()
	a := r.do(c)
	if a.status != status || a.Code != code {
		r.tb.Errorf("%s %s %v: got %d %s, want %d %s", c.method, c.path, c.header, a.status, a.text, status, code)
	}
	return a
}

func (a answer) field(name string) any {
	object, _ := a.Data.(map[string]any)
	return object[name]
}

func ifMatch(tag string) map[string]string { return map[string]string{"If-Match": tag} }

func TestASettingLivesThroughItsContracts(t *testing.T) {
	t.Parallel()
	for name, start := range map[string]func(tb testing.TB) rig{"memory": start, "postgres": startOnPostgres} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			start(t).live()
		})
	}
}

// live leads a setting through all contracts.
func (r rig) live() {
	r.tb.Helper()
	a := r.want(call{method: "POST", path: "/api/v1/config/", body: `{"key": "app.port", "value": "80", "type": "integer", "schema": {"maximum": 99}}`}, 201, "")
	if a.header.Get("ETag") != `"1"` || a.header.Get("Location") != "/api/v1/config/app.port" || a.field("version") != 1.0 {
		r.tb.Errorf("create: %v %s", a.header, a.text)
	}
	a = r.want(call{method: "PUT", path: "/api/v1/config/app.port", body: `{"value": "81"}`, header: ifMatch(`"1"`)}, 200, "")
	if a.header.Get("ETag") != `"2"` || a.field("value") != "81" || a.field("type") != "integer" {
		r.tb.Errorf("update: %v %s", a.header, a.text)
	}
	a = r.want(call{method: "POST", path: "/api/v1/config/app.port/publish"}, 200, "")
	if a.field("revision") != 1.0 || a.field("version") != 2.0 {
		r.tb.Errorf("publish: %s", a.text)
	}
	a = r.want(call{method: "POST", path: "/api/v1/config/app.port/rollback", body: `{"version": 1}`, header: ifMatch(`"2"`)}, 200, "")
	if a.header.Get("ETag") != `"3"` || a.field("value") != "80" {
		r.tb.Errorf("rollback: %v %s", a.header, a.text)
	}
	a = r.want(call{method: "GET", path: "/api/v1/config/app.port", roles: []string{}}, 200, "")
	if a.header.Get("ETag") != `"3"` || a.field("value") != "80" {
		r.tb.Errorf("get: %v %s", a.header, a.text)
	}
	a = r.want(call{method: "GET", path: "/api/v1/config/?prefix=app.&limit=1", roles: []string{}}, 200, "")
	if list, _ := a.Data.([]any); len(list) != 1 {
		r.tb.Errorf("list: %s", a.text)
	}
	r.want(call{method: "DELETE", path: "/api/v1/config/app.port", header: ifMatch("*")}, 204, "")
	r.want(call{method: "GET", path: "/api/v1/config/app.port"}, 404, "ERR_CONFIG_NOT_FOUND")

	var got []string
	for _, e := range r.events.All() {
		if e.Key != "app.port" || e.Topic != "config" || e.Actor.String() != "user:u-1" {
			r.tb.Errorf("event %+v", e)
		}
		got = append(got, fmt.Sprintf("%s %s", e.Source, e.Contract))
	}
	if want := []string{
		"cells/config/configwrite event.config.changed.v1", "cells/config/configwrite event.config.changed.v1",
		"cells/config/configpublish event.config.changed.v1", "cells/config/configpublish event.config.rollback.v1",
		"cells/config/configwrite event.config.changed.v1",
	}; !slices.Equal(got, want) {
		r.tb.Errorf("events: got %q", got)
	}
}

func TestRequestsThatAreRefused(t *testing.T) {
	t.Parallel()
	r := start(t)
	r.want(call{method: "POST", path: "/api/v1/config/", body: `{"key": "a", "value": "1"}`}, 201, "")
	r.want(call{method: "PUT", path: "/api/v1/config/a", body: `{"value": "2"}`, header: ifMatch("*")}, 200, "")
	none := map[string]string{"If-None-Match": "*"}
	create := func(body string) call { return call{method: "POST", path: "/api/v1/config/", body: body} }
	put := func(tag string) call {
		return call{method: "PUT", path: "/api/v1/config/a", body: `{"value": "3"}`, header: ifMatch(tag)}
	}
	cases := []struct {
		name   string
		call   call
		status int
		code   string
	}{
		{"a key in use", create(`{"key": "a", "value": "1"}`), 409, "ERR_CONFIG_EXISTS"},
		{"a key in use, unless it is", call{method: "POST", path: "/api/v1/config/", body: `{"key": "a", "value": "1"}`, header: none}, 412, "ERR_CONFIG_STALE"},
		{"a condition that create does not know", call{method: "POST", path: "/api/v1/config/", body: `{"key": "b", "value": "1"}`, header: map[string]string{"If-None-Match": `"1"`}}, 400, "ERR_REQUEST_INVALID"},
		{"a key that climbs", create(`{"key": "../x", "value": "1"}`), 400, "ERR_REQUEST_INVALID"},
		{"a key of JavaScript", create(`{"key": "__proto__", "value": "1"}`), 400, "ERR_REQUEST_INVALID"},
		{"a key in capitals", call{method: "GET", path: "/api/v1/config/A"}, 400, "ERR_REQUEST_INVALID"},
		{"an escaped key", call{method: "GET", path: "/api/v1/config/%252e%252e"}, 400, "ERR_REQUEST_INVALID"},
		{"a key of four kilobytes", call{method: "GET", path: "/api/v1/config/" + strings.Repeat("a", 4096)}, 400, "ERR_REQUEST_INVALID"},
		{"an unknown member", create(`{"key": "b", "value": "1", "owner": "me"}`), 400, "ERR_REQUEST_INVALID"},
		{"a value that is no text", create(`{"key": "b", "value": 1}`), 400, "ERR_REQUEST_INVALID"},
		{"an unknown type", create(`{"key": "b", "value": "1", "type": "date"}`), 400, "ERR_REQUEST_INVALID"},
		{"a schema that is no object", create(`{"key": "b", "value": "1", "schema": "{}"}`), 400, "ERR_REQUEST_INVALID"},
		{"more bytes than characters may take", create(`{"key": "b", "value": "` + strings.Repeat("ä", 40_000) + `"}`), 422, "ERR_CONFIG_VALUE_INVALID"},
		{"a value of another type", create(`{"key": "b", "value": "x", "type": "integer"}`), 422, "ERR_CONFIG_VALUE_INVALID"},
		{"a remote schema", create(`{"key": "b", "value": "x", "schema": {"$ref": "http://169.254.169.254/"}}`), 422, "ERR_CONFIG_SCHEMA_INVALID"},
		{"no condition", put(""), 428, "ERR_CONFIG_NO_MATCH"},
		{"a stale condition", put(`"1"`), 412, "ERR_CONFIG_STALE"},
		{"a weak condition", put(`W/"2"`), 400, "ERR_REQUEST_INVALID"},
		{"no condition to delete", call{method: "DELETE", path: "/api/v1/config/a"}, 428, "ERR_CONFIG_NO_MATCH"},
		{"an update of nothing", call{method: "PUT", path: "/api/v1/config/b", body: `{"value": "1"}`, header: ifMatch("*")}, 404, "ERR_CONFIG_NOT_FOUND"},
		{"a version that is none", call{method: "POST", path: "/api/v1/config/a/rollback", body: `{"version": 0}`}, 400, "ERR_REQUEST_INVALID"},
		{"a version that never was", call{method: "POST", path: "/api/v1/config/a/rollback", body: `{"version": 7}`}, 404, "ERR_CONFIG_VERSION_NOT_FOUND"},
		{"a body where there is none", call{method: "POST", path: "/api/v1/config/a/publish", body: `{"version": 1}`}, 400, "ERR_REQUEST_INVALID"},
		{"a cursor of somebody else", call{method: "GET", path: "/api/v1/config/?cursor=x"}, 400, "ERR_REQUEST_INVALID"},
		{"a prefix that no key has", call{method: "GET", path: "/api/v1/config/?prefix=%25"}, 400, "ERR_REQUEST_INVALID"},
		{"a filter that there is not", call{method: "GET", path: "/api/v1/config/?key=a"}, 400, "ERR_REQUEST_INVALID"},
		{"nobody", call{method: "GET", path: "/api/v1/config/a", nobody: true}, 401, "ERR_UNAUTHENTICATED"},
		{"nobody who asks for a list", call{method: "GET", path: "/api/v1/config/", nobody: true}, 401, "ERR_UNAUTHENTICATED"},
	}
	for _, c := range cases {
		a := r.do(c.call)
		if a.status != c.status || a.Code != c.code {
			t.Errorf("%s: got %d %s, want %d %s", c.name, a.status, a.text, c.status, c.code)
		}
	}
	for _, c := range []call{
		create(`{"key": "b", "value": "1"}`), put("*"),
		{method: "DELETE", path: "/api/v1/config/a", header: ifMatch("*")},
		{method: "POST", path: "/api/v1/config/a/publish"},
		{method: "POST", path: "/api/v1/config/a/rollback", body: `{"version": 1}`},
	} {
		c.roles = []string{"reader"}
		r.want(c, 403, "ERR_FORBIDDEN")
	}
	if got := len(r.events.All()); got != 2 {
		t.Errorf("%d events, want the two of the setting itself", got)
	}
}

func TestAFaultPointsIntoTheValue(t *testing.T) {
	t.Parallel()
	r := start(t)
	a := r.want(call{
		method: "POST", path: "/api/v1/config/",
		body: `{"key": "a", "type": "json", "value": "{\"ports\": [1, \"x\"]}", "schema": {"properties": {"ports": {"items": {"type": "integer"}}}}}`,
	}, 422, "ERR_CONFIG_VALUE_INVALID")
	if len(a.Errors) != 1 || a.Errors[0].Pointer != "/value/ports/1" || a.Errors[0].Rule != "type" {
		t.Errorf("got %+v", a.Errors)
	}
}

func TestASensitiveValueLeavesTheCellNowhere(t *testing.T) {
	t.Parallel()
	const hidden = "hunter2"
	r := start(t)
	calls := []call{
		{method: "POST", path: "/api/v1/config/", body: `{"key": "a", "value": "hunter2", "sensitive": true}`},
		{method: "PUT", path: "/api/v1/config/a", body: `{"value": "hunter2hunter2"}`, header: ifMatch(`"1"`)},
		{method: "PUT", path: "/api/v1/config/a", body: `{"value": "hunter2", "type": "integer"}`, header: ifMatch(`"2"`)},
		{method: "PUT", path: "/api/v1/config/a", body: `{"value": "hunter2", "sensitive": false}`, header: ifMatch(`"2"`)},
		{method: "PUT", path: "/api/v1/config/a", body: `{"value": "{\"hunter2\": 1}", "type": "json", "schema": {"additionalProperties": false}}`, header: ifMatch(`"2"`)},
		{method: "PUT", path: "/api/v1/config/a", body: `{"value": "x", "schema": {"$ref": "hunter2"}}`, header: ifMatch(`"2"`)},
		{method: "PUT", path: "/api/v1/config/a", body: `{"value": "x", "schema": {"type": "hunter2"}}`, header: ifMatch(`"2"`)},
		{method: "PUT", path: "/api/v1/config/a", body: `{"value": "hunter2`, header: ifMatch(`"2"`)},
		{method: "POST", path: "/api/v1/config/a/publish"},
		{method: "POST", path: "/api/v1/config/a/rollback", body: `{"version": 1}`},
		{method: "GET", path: "/api/v1/config/a"},
		{method: "GET", path: "/api/v1/config/"},
	}
	for _, c := range calls {
		a := r.do(c)
		if strings.Contains(a.text+fmt.Sprint(a.header), hidden) || a.status >= 500 {
			t.Errorf("%s %s answers %d %s", c.method, c.path, a.status, a.text)
		}
	}
	if got := len(r.events.All()); got != 4 {
		t.Errorf("%d events, want 4", got)
	}
	for _, e := range r.events.All() {
		if strings.Contains(string(e.Payload), hidden) {
			t.Errorf("an event holds the value: %s", e.Payload)
		}
	}
	for _, entry := range r.logs.All() {
		if text := fmt.Sprint(entry.Message, entry.ContextMap()); strings.Contains(text, hidden) {
			t.Errorf("a log line holds the value: %s", text)
		}
	}
}
