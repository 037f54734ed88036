package audit_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/google/go-cmp/cmp"
	"go.uber.org/fx"
	"go.uber.org/zap"

	"fxcell.dev/cells/audit"
	"fxcell.dev/cells/audit/auditapi"
	"fxcell.dev/cells/audit/internal/audittest"
	"fxcell.dev/cells/audit/internal/domain"
	"fxcell.dev/cells/audit/internal/store"
	"fxcell.dev/cells/audit/slices/auditappend"
	"fxcell.dev/fxcell"
	"fxcell.dev/fxcell/auth"
	"fxcell.dev/fxcell/clock"
	"fxcell.dev/fxcell/config"
	"fxcell.dev/fxcell/contract"
	"fxcell.dev/fxcell/db"
	"fxcell.dev/fxcell/durability"
	"fxcell.dev/fxcell/event"
	"fxcell.dev/fxcell/fxcelltest"
	"fxcell.dev/fxcell/outbox"
	"fxcell.dev/fxcell/secret"
)

// app is the cell in an assembly of its own: no server and no consumer, the test is both.
type app struct {
	*audittest.World
	log    *pipe
	routes map[string]contract.Route
	reader contract.Subscription
}

// pipe is an outbox that keeps what was committed until the test delivers it.
type pipe struct{ committed []event.Delivery }

func (*pipe) Durability() durability.Grade { return durability.Volatile }

func (p *pipe) Write(ctx context.Context, events ...event.Event) error {
	return db.OnCommit(ctx, func(context.Context) {
		for _, e := range events {
			p.committed = append(p.committed, event.Delivery{Event: e, Attempt: 1})
		}
	})
}

// defaults is a configuration without any source.
type defaults struct{}

func (defaults) Decode(string, any) error { return nil }

// persistent states that it survives, whatever it wraps.
type persistent struct {
	db.Transactor
	outbox.Writer
	secret.KeyProvider
}

func (persistent) Durability() durability.Grade { return durability.Persistent }

func ports(w *audittest.World, p *pipe) fx.Option { return portsOf(w.Tx, p, w.Keys) }

func portsOf(tx db.Transactor, writer outbox.Writer, keys secret.KeyProvider) fx.Option {
	claim := func(port string, subject durability.Stated) durability.Claim {
		return durability.Claim{Port: port, Module: "infra/test", Subject: subject}
	}
	type out struct {
		fx.Out

		Tx     db.Transactor
		Writer outbox.Writer
		Keys   secret.KeyProvider
		Config config.Source
		Log    *zap.Logger
		Claims []durability.Claim `group:"fxcell.claims,flatten"`
	}
	return fx.Module("infra/test", fx.Provide(func() out {
		return out{Tx: tx, Writer: writer, Keys: keys, Config: defaults{}, Log: zap.NewNop(), Claims: []durability.Claim{
			claim("db.Transactor", tx), claim("outbox.Writer", writer), claim("secret.KeyProvider", keys),
		}}
	}))
}

func setup(t *testing.T) *app {
	t.Helper()
	a := &app{World: audittest.New(t), log: &pipe{}, routes: map[string]contract.Route{}}
	type fed struct {
		fx.In

		Routes        []contract.Route        `group:"fxcell.routes"`
		Subscriptions []contract.Subscription `group:"fxcell.subscriptions"`
		Store         store.Store
	}
	collect := func(in fed) {
		for _, r := range in.Routes {
			a.routes[r.Contract] = r
		}
		if len(in.Subscriptions) == 1 {
			a.reader = in.Subscriptions[0]
		}
		a.Store = in.Store
	}
	fxcelltest.New(t,
		fxcell.Assembly("trail", durability.Demo, ports(a.World, a.log), audit.Memory, audit.Module),
		fxcelltest.Override[clock.Clock](a.Clock),
		fxcelltest.Override(store.NewMemoryOn(a.Tables)),
		fx.Replace(auditappend.Config{RotateAfter: audittest.RotateAfter}),
		fx.Invoke(collect),
	)
	return a
}

// deliver hands the reader what was committed since the last time.
func (a *app) deliver() {
	a.TB.Helper()
	batch := a.log.committed
	a.log.committed = nil
	a.Do(func(ctx context.Context) error { return a.reader.Handle(ctx, batch) })
}

// get calls a contract as a user with roles and returns status and body.
func (a *app) get(id, query string, roles ...string) (int, string) {
	a.TB.Helper()
	r := a.routes[id]
	req := httptest.NewRequestWithContext(a.TB.Context(), r.Method, r.Path+"?"+query, http.NoBody)
	ctx := auth.WithAddress(req.Context(), "192.0.2.9")
	if len(roles) > 0 {
		ctx = auth.WithPrincipal(ctx, auth.Principal{Kind: auth.User, ID: "eve", Session: "s-9", Roles: roles})
	}
	rec := httptest.NewRecorder()
	r.ServeHTTP(rec, req.WithContext(ctx))
	return rec.Code, rec.Body.String()
}

// read decodes an answer that must be a success.
func read[T any](a *app, id, query string) T {
	a.TB.Helper()
	var out T
	status, body := a.get(id, query, "auditor")
	if status != http.StatusOK {
		a.TB.Fatalf("%s: status %d: %s", id, status, body)
	}
	if err := json.Unmarshal([]byte(body), &out); err != nil {
		a.TB.Fatalf("%s: %v: %s", id, err, body)
	}
	return out
}

type (
	list      struct{ auditapi.ListResponse }
	integrity struct {
		Data auditapi.IntegrityResponse `json:"data"`
	}
)

func TestReadingAndCheckingTheTrailAreEntriesOfIt(t *testing.T) {
	t.Parallel()
	a := setup(t)
	a.log.committed = audittest.Deliveries(1, 3)
	a.deliver()
	if got := read[list](a, "http.audit.list.v1", "limit=2&actor=admin"); len(got.Data) != 2 || got.Data[0].Seq != 3 || !got.HasMore {
		t.Fatalf("first page is %+v", got)
	}
	checked := read[integrity](a, "http.audit.integrity.v1", "")
	if diff := cmp.Diff(auditapi.IntegrityResponse{Valid: true, EntriesChecked: 3}, checked.Data); diff != "" {
		t.Errorf("integrity (-want +got):\n%s", diff)
	}
	a.deliver()
	got := read[list](a, "http.audit.list.v1", "actor=eve")
	type told struct{ Action, Target, Outcome, Actor, Address, Payload string }
	var entries []told
	for _, e := range got.Data {
		entries = append(entries, told{e.Action, e.Target, e.Outcome, e.ActorKind + ":" + e.ActorID, e.ActorAddress, string(e.Payload)})
	}
	want := []told{
		{"authz_admin", "audit:audit", "success", "user:eve", "192.0.2.9", `{"chain":"audit","valid":true,"firstInvalidSeq":0,"entriesChecked":3}`},
		{"sensitive_read", "audit:entries", "success", "user:eve", "192.0.2.9", `{"actor":"admin","entries":2}`},
	}
	if diff := cmp.Diff(want, entries); diff != "" {
		t.Errorf("entries (-want +got):\n%s", diff)
	}
	if result := a.Verify(); !result.Valid || result.Checked != 5 {
		t.Errorf("check: %+v", result)
	}
}

func TestTamperingShowsInTheAnswer(t *testing.T) {
	t.Parallel()
	a := setup(t)
	a.log.committed = audittest.Deliveries(1, 5)
	a.deliver()
	row := a.Rows()[2]
	row.ActorID = "other"
	a.PutRow(3, row)
	got := read[integrity](a, "http.audit.integrity.v1", "")
	want := auditapi.IntegrityResponse{EntriesChecked: 2, FirstInvalidSeq: 3, Kind: string(domain.Altered)}
	if diff := cmp.Diff(want, got.Data); diff != "" {
		t.Errorf("integrity (-want +got):\n%s", diff)
	}
	entries := read[list](a, "http.audit.list.v1", "").Data
	if len(entries) != 5 || !entries[2].Damaged || entries[1].Damaged {
		t.Errorf("entries are %+v, want the third marked", entries)
	}
}

func TestOnlyAuditorsReadTheTrail(t *testing.T) {
	t.Parallel()
	a := setup(t)
	for _, id := range []string{"http.audit.list.v1", "http.audit.integrity.v1"} {
		for _, c := range []struct {
			roles []string
			want  int
		}{{nil, 401}, {[]string{"admin"}, 403}, {[]string{"config-editor", "audit"}, 403}, {[]string{"user", "auditor"}, 200}} {
			if got, body := a.get(id, "", c.roles...); got != c.want {
				t.Errorf("%s as %v: status %d, want %d: %s", id, c.roles, got, c.want, body)
			}
		}
	}
	if len(a.log.committed) != 2 {
		t.Errorf("%d events were published, want one for each that was let in", len(a.log.committed))
	}
}

func TestWrongParametersAreNamed(t *testing.T) {
	t.Parallel()
	a := setup(t)
	const secretValue = "s3cr3t-value"
	for query, name := range map[string]string{
		"limit=0":                "limit",
		"limit=1001":             "limit",
		"limit=" + secretValue:   "limit",
		"cursor=" + secretValue:  "cursor",
		"from=" + secretValue:    "from",
		"to=2030-01-02":          "to",
		"from=2030-13-01T00:00Z": "from",
		"from=2030-02-01T00:00:00Z&to=2030-01-01T00:00:00Z": "from",
		"from=2028-01-01T00:00:00Z&to=2030-01-01T00:00:00Z": "from",
		"actor=":                             "actor",
		"actor=" + strings.Repeat("x", 257):  "actor",
		"target=" + strings.Repeat("x", 513): "target",
		"action=" + strings.Repeat("x", 65):  "action",
		"actor=a&actor=b":                    "actor",
		"user=" + secretValue:                "user",
	} {
		status, body := a.get("http.audit.list.v1", query, "auditor")
		if status != http.StatusBadRequest || !strings.Contains(body, `"in":"query","name":"`+name+`"`) || strings.Contains(body, secretValue) {
			t.Errorf("%.40s: status %d: %s", query, status, body)
		}
	}
	if status, body := a.get("http.audit.integrity.v1", "deep=true", "auditor"); status != http.StatusBadRequest {
		t.Errorf("a parameter that integrity does not have: status %d: %s", status, body)
	}
	if len(a.log.committed) > 0 {
		t.Errorf("%d events were published for requests that were refused", len(a.log.committed))
	}
}

func TestAnswersCannotForgeLines(t *testing.T) {
	t.Parallel()
	a := setup(t)
	d := audittest.Delivery(1)
	d.Actor.ID, d.Payload = "a\r\nb\x1b[2J\u009b\u202e", []byte(`{"userId":"\u0000\u0085<b>=HYPERLINK(","username":"\u2028"}`)
	a.log.committed = []event.Delivery{d}
	a.deliver()
	_, body := a.get("http.audit.list.v1", url.Values{"actor": {d.Actor.ID}}.Encode(), "auditor")
	if !strings.Contains(body, `a\\u000d\\u000ab`) {
		t.Errorf("the entry is not found: %s", body)
	}
	if i := strings.IndexFunc(body, func(r rune) bool { return r < ' ' || r >= 0x7f && r < 0xa0 || r == '\u2028' || r == '\u202e' }); i >= 0 {
		t.Errorf("control character at %d of %q", i, body)
	}
}

func TestTheReaderTakesEveryEventOfTheCellsInBatches(t *testing.T) {
	t.Parallel()
	a := setup(t)
	var contracts []string
	for _, info := range a.reader.Contracts {
		contracts = append(contracts, info.ID)
	}
	slices.Sort(contracts)
	want := []string{
		"event.audit.integrity-verified.v1", "event.audit.queried.v1", "event.config.changed.v1", "event.config.rollback.v1",
		"event.session.created.v1", "event.session.revoked.v1", "event.user.created.v1",
	}
	if diff := cmp.Diff(want, contracts); diff != "" || a.reader.Mode != event.Batched || a.reader.Slice != "cells/audit/auditappend" {
		t.Errorf("%s reads in mode %s (-want +got):\n%s", a.reader.Slice, a.reader.Mode, diff)
	}
}

func TestMemoryIsRefusedInDurable(t *testing.T) {
	t.Parallel()
	w := audittest.New(t)
	all := persistent{w.Tx, &pipe{}, w.Keys}
	err := fxcelltest.Fault(fxcell.Assembly("trail", durability.Durable, portsOf(all, all, all), audit.Memory, audit.Module))
	for _, want := range []string{"store.Store", "store.memory (volatile)", `module "stores/audit/memory"`, "list a storage of cell audit that persists instead"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want an error that says %s", err, want)
		}
	}
}

// statements is the SQL of a database that nobody starts.
type statements struct{ db.SQL }

func (statements) Durability() durability.Grade { return durability.Persistent }

func TestPostgresIsLetIntoDurable(t *testing.T) {
	t.Parallel()
	w := audittest.New(t)
	all := persistent{w.Tx, &pipe{}, w.Keys}
	type result struct {
		fx.Out

		SQL   db.SQL
		Claim durability.Claim `group:"fxcell.claims"`
	}
	sql := fx.Module("infra/sql", fx.Provide(func() result {
		return result{SQL: statements{}, Claim: durability.Claim{Port: "db.SQL", Module: "infra/sql", Subject: statements{}}}
	}))
	var s store.Store
	err := fxcelltest.Fault(
		fxcell.Assembly("trail", durability.Durable, portsOf(all, all, all), sql, audit.Postgres, audit.Module),
		fx.Populate(&s),
	)
	if err != nil || s == nil || s.Durability() != durability.Persistent {
		t.Errorf("the store is %v, %v; want one that persists", s, err)
	}
}

func TestASectionThatCannotBeUsedFailsTheStart(t *testing.T) {
	t.Parallel()
	w := audittest.New(t)
	err := fxcelltest.Fault(
		fxcell.Assembly("trail", durability.Demo, ports(w, &pipe{}), audit.Memory, audit.Module),
		fx.Replace(auditappend.Config{RotateAfter: 1}),
		fx.Invoke(func(struct {
			fx.In

			Subscriptions []contract.Subscription `group:"fxcell.subscriptions"`
		},
		) {
		}),
	)
	if err == nil || !strings.Contains(err.Error(), "audit.rotate_after") || !strings.Contains(err.Error(), "FXCELL_AUDIT__ROTATE_AFTER") {
		t.Errorf("got %v, want an error that names key and cure", err)
	}
}
