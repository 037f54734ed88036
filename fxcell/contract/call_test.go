package contract_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/google/go-cmp/cmp"
	"go.uber.org/fx"

	"fxcell.dev/fxcell"
	"fxcell.dev/fxcell/auth"
	"fxcell.dev/fxcell/contract"
	"fxcell.dev/fxcell/db"
	"fxcell.dev/fxcell/level"
	"fxcell.dev/fxcell/page"
	"fxcell.dev/fxcell/problem"
	"fxcell.dev/fxcell/secret"
)

// desk calls every contract of the shop from another cell.
type desk struct {
	put    contract.Client[putRequest, item]
	raw    contract.Client[none, item]
	list   contract.Client[listRequest, page.Page[row]]
	remove contract.Client[byID, none]
	login  contract.Client[loginRequest, loginResponse]
	tags   contract.Client[tagsRequest, tagsResponse]
}

func (*desk) on(context.Context, none) (none, error) { return none{}, nil }

var deskV1 = contract.HTTP[none, none]{ID: "http.desk.v1", Owner: "desk", Level: level.L1, Method: http.MethodGet, Path: "/desk", Policy: "public"}

// deskCell gives its service to into as soon as it is built: its route makes that happen.
func deskCell(into *desk) fxcell.Part {
	meta := fxcell.SliceMeta{
		ID: "desk", Cell: "desk", Serves: []string{deskV1.ID}, Calls: []string{putV1.ID, rawV1.ID, listV1.ID, deleteV1.ID, loginV1.ID, tagsV1.ID},
	}
	newDesk := func(
		put contract.Client[putRequest, item], raw contract.Client[none, item], list contract.Client[listRequest, page.Page[row]],
		remove contract.Client[byID, none], login contract.Client[loginRequest, loginResponse], tags contract.Client[tagsRequest, tagsResponse],
	) *desk {
		*into = desk{put, raw, list, remove, login, tags}
		return into
	}
	return fxcell.Cell(fxcell.CellMeta{ID: "desk", Type: "core", Level: level.L1}, fxcell.Slice(meta, fxcell.Provide(newDesk), contract.Serve(deskV1, (*desk).on),
		contract.Call(putV1), contract.Call(rawV1), contract.Call(listV1), contract.Call(deleteV1), contract.Call(loginV1), contract.Call(tagsV1)))
}

func TestCallInProcessIsServedAsOverTheNetwork(t *testing.T) {
	t.Parallel()
	var d desk
	r := build(t, deskCell(&d))
	ctx := auth.WithPrincipal(t.Context(), editor)

	since := time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)
	got, err := d.put.Call(ctx, putRequest{ID: "item-1", Limit: 7, Big: -1, Flag: true, Since: since, Q: "a b", IfMatch: `"6"`, Name: "pencil", Count: 3})
	want := item{ETag: `"7"`, ID: "item-1", Name: "pencil", Count: 3, Limit: 7, Big: -1, Flag: true, Since: "2030-01-02T03:04:05Z", Q: "a b"}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("put: error %v, item (-want +got):\n%s", err, diff)
	}
	raw, err := d.raw.Call(ctx, none{})
	if diff := cmp.Diff(item{Cache: "public, max-age=300", ID: "1", Name: "raw"}, raw); err != nil || diff != "" {
		t.Errorf("raw: error %v, item (-want +got):\n%s", err, diff)
	}
	list, err := d.list.Call(ctx, listRequest{page.Request{Limit: 2}})
	if diff := cmp.Diff(page.Page[row]{Data: []row{{"a"}, {"b"}}, NextCursor: page.Encode("b"), HasMore: true}, list); err != nil || diff != "" {
		t.Errorf("list: error %v, page (-want +got):\n%s", err, diff)
	}
	if _, err := d.remove.Call(ctx, byID{"u-1"}); err != nil {
		t.Errorf("delete of one's own: %v", err)
	}
	login, err := d.login.Call(ctx, loginRequest{"anna", secret.NewText("open sesame")})
	if err != nil || login.Token != "t-anna" {
		t.Errorf("login: got %+v, error %v, want the token: secrets reach the contract that asks for them", login, err)
	}
	if len(r.logs.All()) > 0 {
		t.Errorf("got the log %v, want nothing", r.logs.All())
	}
}

// TestCallInProcessFailsAsOverTheNetwork sends each request in both ways: its caller cannot tell them apart.
func TestCallInProcessFailsAsOverTheNetwork(t *testing.T) {
	t.Parallel()
	var d desk
	r := build(t, deskCell(&d))
	good := putRequest{ID: "item-1", IfMatch: `"6"`, Name: "pencil"}
	cases := []struct {
		name   string
		caller auth.Principal
		change func(*putRequest)
		status int
	}{
		{"without the role", reader, func(*putRequest) {}, 403},
		{"a path against its pattern", editor, func(p *putRequest) { p.ID = "A B" }, 400},
		{"a header missing", editor, func(p *putRequest) { p.IfMatch = "" }, 400},
		{"a query out of range", editor, func(p *putRequest) { p.Limit = 101 }, 400},
		{"a query too long", editor, func(p *putRequest) { p.Q = "123456789" }, 400},
		{"a query that is not UTF-8", editor, func(p *putRequest) { p.Q = "\xff" }, 400},
		{"a member empty", editor, func(p *putRequest) { p.Name = "" }, 400},
		{"members of members", editor, func(p *putRequest) { p.Nested.Tags = []string{"ok", "too long", "", "x"} }, 400},
		{"everything", editor, func(p *putRequest) { *p = putRequest{Limit: -1, Q: "123456789", Count: 101} }, 400},
		{"stale", editor, func(p *putRequest) { p.Name = "stale" }, 412},
		{"to be tried again", editor, func(p *putRequest) { p.Name = "later" }, 503},
		{"unlisted", editor, func(p *putRequest) { p.Name = "unlisted" }, 500},
		{"plain", editor, func(p *putRequest) { p.Name = "plain" }, 500},
		{"misfit", editor, func(p *putRequest) { p.Name = "misfit" }, 500},
	}
	for _, c := range cases {
		p := good
		c.change(&p)
		_, err := d.put.Call(auth.WithPrincipal(t.Context(), c.caller), p)
		in := &problem.Error{}
		if !errors.As(err, &in) {
			t.Errorf("%s: got the error %v, want a *problem.Error", c.name, err)
			continue
		}
		over := documentOf(t, c.name, r.send(t, putV1.ID, overNetwork(t, c.caller, p)))
		if over.Status != c.status {
			t.Errorf("%s: got %d over the network, want %d", c.name, over.Status, c.status)
		}
		if diff := cmp.Diff(over, problem.DocumentOf(in, "r-1")); diff != "" {
			t.Errorf("%s: (-network +in process):\n%s", c.name, diff)
		}
	}
}

// overNetwork writes a request down as a client over the network would.
func overNetwork(t *testing.T, caller auth.Principal, p putRequest) call {
	t.Helper()
	body, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	query := url.Values{}
	if p.Limit != 0 {
		query.Set("limit", fmt.Sprint(p.Limit))
	}
	if p.Q != "" {
		query.Set("q", p.Q)
	}
	return call{caller: caller, id: p.ID, query: query.Encode(), header: http.Header{"If-Match": {p.IfMatch}}, body: string(body)}
}

func TestCallerIsThePrincipalOrElseTheCellItself(t *testing.T) {
	t.Parallel()
	var d desk
	r := build(t, deskCell(&d))
	if _, err := d.tags.Call(t.Context(), tagsRequest{[]string{"a"}}); err != nil {
		t.Errorf("a cell on its own calls what is for services: got error %v", err)
	}
	if _, err := d.tags.Call(auth.WithPrincipal(t.Context(), admin), tagsRequest{}); !problem.Has(err, problem.Forbidden) {
		t.Errorf("a user calls what is for services: got error %v, want %s", err, problem.Forbidden.Name)
	}
	if _, err := d.put.Call(t.Context(), putRequest{}); !problem.Has(err, problem.Forbidden) {
		t.Errorf("a cell on its own calls what is for a role: got error %v, want %s", err, problem.Forbidden.Name)
	}
	ctx := auth.WithAddress(auth.WithPrincipal(t.Context(), editor), "203.0.113.7")
	if _, err := d.put.Call(ctx, putRequest{ID: "i", IfMatch: "1", Name: "n"}); err != nil {
		t.Errorf("an editor: got error %v", err)
	}
	if want := []auth.Actor{{Kind: auth.User, ID: "u-1", Address: "203.0.113.7"}}; !cmp.Equal(r.shop.callers, want) {
		t.Errorf("the handler saw %v, want %v", r.shop.callers, want)
	}
}

func TestCallKeepsToTheDeadlineOfTheContract(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var d desk
		build(t, deskCell(&d))
		began := time.Now()
		_, err := d.put.Call(auth.WithPrincipal(t.Context(), editor), putRequest{ID: "i", IfMatch: "1", Name: "wait"})
		if took := time.Since(began); !problem.Has(err, problem.Unavailable) || took != 10*time.Second {
			t.Errorf("got error %v after %s, want %s after 10s", err, took, problem.Unavailable.Name)
		}
	})
}

// unit is a transaction that does nothing.
type unit struct{}

func (unit) Commit(context.Context) error     { return nil }
func (unit) Rollback(context.Context) error   { return nil }
func (unit) Savepoint(context.Context) error  { return nil }
func (unit) RollbackTo(context.Context) error { return nil }
func (unit) Release(context.Context) error    { return nil }

func inTx(ctx context.Context, fn func(ctx context.Context) error) error {
	return db.Run(ctx, func(context.Context) (db.Unit, error) { return unit{}, nil }, fn) //nolint:wrapcheck // a test's transactor
}

func TestCallInsideATransactionIsRefused(t *testing.T) {
	t.Parallel()
	var d desk
	r := build(t, deskCell(&d))
	err := inTx(auth.WithPrincipal(t.Context(), editor), func(ctx context.Context) error {
		_, err := d.put.Call(ctx, putRequest{ID: "i", IfMatch: "1", Name: "n"})
		return err //nolint:wrapcheck // looked at as it is
	})
	if !errors.Is(err, contract.ErrInTransaction) || !strings.Contains(err.Error(), putV1.ID) || len(r.shop.callers) > 0 {
		t.Errorf("got error %v after %d calls, want %v that names the contract", err, len(r.shop.callers), contract.ErrInTransaction)
	}
}

func TestCallOfWhatNobodyServesIsAnError(t *testing.T) {
	t.Parallel()
	other := contract.HTTP[none, none]{ID: "http.gone.v1", Owner: "gone", Level: level.L0, Method: http.MethodGet, Path: "/gone", Policy: "public"}
	var gone contract.Client[none, none]
	meta := fxcell.SliceMeta{ID: "s", Cell: "lonely", Serves: []string{lonelyV1.ID}, Calls: []string{other.ID}}
	newLonely := func(c contract.Client[none, none]) *desk {
		gone = c
		return &desk{}
	}
	build(t, fxcell.Cell(fxcell.CellMeta{ID: "lonely", Type: "core", Level: level.L1},
		fxcell.Slice(meta, fxcell.Provide(newLonely), contract.Serve(lonelyV1, (*desk).on), contract.Call(other))))
	if _, err := gone.Call(t.Context(), none{}); !errors.Is(err, contract.ErrNoRoute) || !strings.Contains(err.Error(), other.ID) {
		t.Errorf("got error %v, want %v that names the contract", err, contract.ErrNoRoute)
	}
}

var lonelyV1 = contract.HTTP[none, none]{ID: "http.lonely.v1", Owner: "lonely", Level: level.L1, Method: http.MethodGet, Path: "/lonely", Policy: "public"}

type (
	hops struct {
		Left int    `json:"left"`
		Way  string `json:"way"`
	}
	pingReq hops
	pingRes hops
	pongReq hops
	pongRes hops
)

var (
	pingV1 = contract.HTTP[pingReq, pingRes]{
		ID: "http.ping.v1", Owner: "ping", Level: level.L1, Method: http.MethodPost, Path: "/ping", Policy: "authenticated", Request: "r.json", Files: hopFiles,
	}
	pongV1 = contract.HTTP[pongReq, pongRes]{
		ID: "http.pong.v1", Owner: "pong", Level: level.L1, Method: http.MethodPost, Path: "/pong", Policy: "authenticated", Request: "r.json", Files: hopFiles,
	}
)

type ping struct {
	pong contract.Client[pongReq, pongRes]
}

func newPing(pong contract.Client[pongReq, pongRes]) *ping { return &ping{pong} }

func (s *ping) Ping(ctx context.Context, r pingReq) (pingRes, error) {
	if r.Left == 0 {
		return pingRes{Way: r.Way + "!"}, nil
	}
	res, err := s.pong.Call(ctx, pongReq{r.Left - 1, r.Way + " ping"})
	return pingRes(res), err //nolint:wrapcheck // a problem stays what it is
}

type pong struct {
	ping contract.Client[pingReq, pingRes]
}

func newPong(ping contract.Client[pingReq, pingRes]) *pong { return &pong{ping} }

func (s *pong) Pong(ctx context.Context, r pongReq) (pongRes, error) {
	if r.Left == 0 {
		return pongRes{Way: r.Way + "!"}, nil
	}
	res, err := s.ping.Call(ctx, pingReq{r.Left - 1, r.Way + " pong"})
	return pongRes(res), err //nolint:wrapcheck // a problem stays what it is
}

func TestTwoCellsCallEachOther(t *testing.T) {
	t.Parallel()
	cells := []fx.Option{
		fxcell.Cell(fxcell.CellMeta{ID: "ping", Type: "core", Level: level.L1}, fxcell.Slice(
			fxcell.SliceMeta{ID: "s", Cell: "ping", Serves: []string{pingV1.ID}, Calls: []string{pongV1.ID}},
			fxcell.Provide(newPing), contract.Serve(pingV1, (*ping).Ping), contract.Call(pongV1))),
		fxcell.Cell(fxcell.CellMeta{ID: "pong", Type: "core", Level: level.L1}, fxcell.Slice(
			fxcell.SliceMeta{ID: "s", Cell: "pong", Serves: []string{pongV1.ID}, Calls: []string{pingV1.ID}},
			fxcell.Provide(newPong), contract.Serve(pongV1, (*pong).Pong), contract.Call(pingV1))),
	}
	r := build(t, cells...)
	got := r.send(t, pingV1.ID, call{caller: reader, body: `{"left": 4, "way": "go"}`})
	if want := `{"data":{"left":0,"way":"go ping pong ping pong!"}}`; got.Status != 200 || got.Body != want {
		t.Errorf("got %d %s, want 200 %s", got.Status, got.Body, want)
	}
}
