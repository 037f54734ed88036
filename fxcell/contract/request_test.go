package contract_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"fxcell.dev/fxcell/auth"
)

// unread counts what is read of a body.
type unread struct {
	left, read int
}

func (u *unread) Read(b []byte) (int, error) {
	n := min(len(b), u.left)
	if n == 0 {
		return 0, io.EOF
	}
	for i := range n {
		b[i] = ' '
	}
	u.left, u.read = u.left-n, u.read+n
	return n, nil
}

func TestWhoMayNotCallNeverGetsHisBodyRead(t *testing.T) {
	t.Parallel()
	r := build(t)
	cases := []struct {
		name, contract string
		caller         auth.Principal
		id             string
		want           int
	}{
		{"nobody", putV1.ID, nobody, "item-1", 401},
		{"another role", putV1.ID, reader, "item-1", 403},
		{"a service", putV1.ID, peer, "item-1", 403},
		{"nobody, of a list", listV1.ID, nobody, "", 401},
		{"nobody, of his own", deleteV1.ID, nobody, "", 401},
		{"another user", deleteV1.ID, reader, "u-1", 403},
		{"a service named as the user", deleteV1.ID, auth.Principal{Kind: auth.Service, ID: "u-1"}, "u-1", 403},
		{"a user, of what is for services", tagsV1.ID, admin, "", 403},
	}
	for _, c := range cases {
		body := &unread{left: 10 << 20}
		got := r.send(t, c.contract, call{caller: c.caller, id: c.id, query: "unknown=1&%zz", reader: body})
		d := documentOf(t, c.name, got)
		if got.Status != c.want || body.read > 0 || len(d.Errors) > 0 {
			t.Errorf("%s: got %d after %d bytes with the faults %v, want %d after none and no faults", c.name, got.Status, body.read, d.Errors, c.want)
		}
	}
}

func TestPolicyLetsIn(t *testing.T) {
	t.Parallel()
	r := build(t)
	for name, c := range map[string]struct {
		contract string
		call     call
		want     int
	}{
		"a role":            {putV1.ID, put(nil), 201},
		"any user":          {listV1.ID, call{caller: reader}, 200},
		"the user himself":  {deleteV1.ID, call{caller: reader, id: "u-2"}, 204},
		"the role for all":  {deleteV1.ID, call{caller: admin, id: "u-2"}, 204},
		"a service":         {tagsV1.ID, call{caller: peer, body: `["a"]`}, 200},
		"nobody, of public": {loginV1.ID, call{body: `{"username": "anna", "password": "open sesame"}`}, 200},
	} {
		if got := r.send(t, c.contract, c.call); got.Status != c.want {
			t.Errorf("%s: got %d %s, want %d", name, got.Status, got.Body, c.want)
		}
	}
}

func TestParametersReachTheRequest(t *testing.T) {
	t.Parallel()
	r := build(t)
	got := r.send(t, putV1.ID, put(func(s *call) {
		s.query = "limit=7&big=-9223372036854775808&flag=true&since=2030-01-02T03:04:05%2B02:00&q=a%20b%C3%A9+c"
	}))
	want := `{"data":{"id":"item-1","name":"pencil","count":0,"limit":7,"big":-9223372036854775808,"flag":true,"since":"2030-01-02T01:04:05Z","q":"a bé c"}}`
	if got.Status != 201 || got.Body != want {
		t.Errorf("got %d %s, want 201 %s", got.Status, got.Body, want)
	}
}

// fault is a fault as an answer shows it, in one line.
func faultsOf(t *testing.T, what string, a answer) []string {
	t.Helper()
	var out []string
	for _, f := range documentOf(t, what, a).Errors {
		where := "pointer " + f.Pointer
		if f.In != "" {
			where = f.In + " " + f.Name
		}
		if f.Message == "" {
			t.Errorf("%s: the fault %+v has no message", what, f)
		}
		out = append(out, where+": "+f.Rule)
	}
	return out
}

func TestBadParametersAreNamed(t *testing.T) {
	t.Parallel()
	r := build(t)
	query := func(q string) func(*call) { return func(s *call) { s.query = q } }
	header := func(values ...string) func(*call) {
		return func(s *call) { s.header = http.Header{"If-Match": values} }
	}
	id := func(id string) func(*call) { return func(s *call) { s.id = id } }
	cases := []struct {
		name   string
		change func(*call)
		want   []string
	}{
		{"path: empty", id(""), []string{"path id: pattern"}},
		{"path: against its pattern", id("Item 1"), []string{"path id: pattern"}},
		{"path: too long", id(strings.Repeat("a", 17)), []string{"path id: maxLength"}},
		{"path: not UTF-8", id("a\xff"), []string{"path id: utf8"}},
		{"header: missing", header(), []string{"header If-Match: required"}},
		{"header: empty", header(""), []string{"header If-Match: minLength"}},
		{"header: too long", header(strings.Repeat("x", 17)), []string{"header If-Match: maxLength"}},
		{"header: twice", header(`"1"`, `"2"`), []string{"header If-Match: single"}},
		{"header: not UTF-8", header("\"\xff\""), []string{"header If-Match: utf8"}},
		{"int: text", query("limit=ten"), []string{"query limit: type"}},
		{"int: empty", query("limit="), []string{"query limit: type"}},
		{"int: fraction", query("limit=1.5"), []string{"query limit: type"}},
		{"int: exponent", query("limit=1e1"), []string{"query limit: type"}},
		{"int: plus", query("limit=%2B1"), []string{"query limit: type"}},
		{"int: zeros", query("limit=007"), []string{"query limit: type"}},
		{"int: space", query("limit=+7"), []string{"query limit: type"}},
		{"int: hexadecimal", query("limit=0x7"), []string{"query limit: type"}},
		{"int: below", query("limit=0"), []string{"query limit: minimum"}},
		{"int: above", query("limit=101"), []string{"query limit: maximum"}},
		{"int: twice", query("limit=1&limit=1"), []string{"query limit: single"}},
		{"int64: beyond", query("big=9223372036854775808"), []string{"query big: type"}},
		{"bool: number", query("flag=1"), []string{"query flag: type"}},
		{"bool: case", query("flag=True"), []string{"query flag: type"}},
		{"bool: empty", query("flag="), []string{"query flag: type"}},
		{"time: date only", query("since=2030-01-02"), []string{"query since: format"}},
		{"time: impossible", query("since=2030-02-30T00:00:00Z"), []string{"query since: format"}},
		{"string: too long", query("q=123456789"), []string{"query q: maxLength"}},
		{"string: not UTF-8", query("q=%ff"), []string{"query q: utf8"}},
		{"unknown", query("a=1&limit=5&B=2"), []string{"query B: unknown", "query a: unknown"}},
		{"another case", query("Limit=5"), []string{"query Limit: unknown"}},
		{"unknown and long", query(strings.Repeat("x", 80) + "=1"), []string{"query " + strings.Repeat("x", 64) + "…: unknown"}},
		{"unknown and not UTF-8", query("%ff=1"), []string{"query �: unknown"}},
		{"malformed escape", query("q=%zz"), []string{"query : syntax"}},
		{"semicolon", query("q=1;limit=2"), []string{"query : syntax"}},
		{"all at once", func(s *call) {
			s.query, s.header, s.id, s.body = "limit=0&flag=2", nil, "!", `{"name": "", "count": -1}`
		}, []string{"path id: pattern", "query limit: minimum", "query flag: type", "header If-Match: required", "pointer /count: minimum", "pointer /name: minLength"}},
	}
	for _, c := range cases {
		got := r.send(t, putV1.ID, put(c.change))
		if diff := cmp.Diff(c.want, faultsOf(t, c.name, got)); got.Status != 400 || diff != "" {
			t.Errorf("%s: got %d, want 400; faults (-want +got):\n%s", c.name, got.Status, diff)
		}
	}
	if len(r.shop.callers) > 0 {
		t.Errorf("the handler was called %d times, want never", len(r.shop.callers))
	}
}

func TestManyUnknownParametersAreCut(t *testing.T) {
	t.Parallel()
	r := build(t)
	var query strings.Builder
	for i := range 2000 {
		fmt.Fprintf(&query, "p%d=1&", i)
	}
	got := r.send(t, putV1.ID, put(func(s *call) { s.query = query.String() }))
	if n := len(faultsOf(t, "many", got)); got.Status != 400 || n != 100 {
		t.Errorf("got %d with %d faults, want 400 with 100", got.Status, n)
	}
}

func TestBadBodiesAreRefused(t *testing.T) {
	t.Parallel()
	r := build(t)
	const one = "pointer : "
	cases := []struct {
		name, contract string
		call           call
		status         int
		want           []string
	}{
		{"none", putV1.ID, put(func(s *call) { s.body = "" }), 400, []string{one + "syntax"}},
		{"spaces", putV1.ID, put(func(s *call) { s.body = "  " }), 400, []string{one + "syntax"}},
		{"broken", putV1.ID, put(func(s *call) { s.body = `{"name": "a"` }), 400, []string{one + "syntax"}},
		{"two", putV1.ID, put(func(s *call) { s.body = `{"name": "a"}{}` }), 400, []string{one + "syntax"}},
		{"byte order mark", putV1.ID, put(func(s *call) { s.body = "\ufeff" + `{"name": "a"}` }), 400, []string{one + "syntax"}},
		{"not UTF-8", putV1.ID, put(func(s *call) { s.body = "{\"name\": \"\xff\"}" }), 400, []string{one + "utf8"}},
		{"half a surrogate pair", putV1.ID, put(func(s *call) { s.body = `{"name": "\ud800"}` }), 400, []string{one + "utf8"}},
		{"a member twice", putV1.ID, put(func(s *call) { s.body = `{"name": "a", "name": "b"}` }), 400, []string{"pointer /name: duplicate"}},
		{"depth of 10,000", putV1.ID, put(func(s *call) { s.body = strings.Repeat("[", 4000) }), 400, []string{"pointer " + strings.Repeat("/0", 63) + "/0: depth"}},
		{"a huge exponent", putV1.ID, put(func(s *call) { s.body = `{"name": "a", "count": 1e1000001}` }), 400, []string{"pointer /count: number"}},
		{"an array", putV1.ID, put(func(s *call) { s.body = `[]` }), 400, []string{one + "type"}},
		{"null", putV1.ID, put(func(s *call) { s.body = `null` }), 400, []string{one + "type"}},
		{"missing", putV1.ID, put(func(s *call) { s.body = `{}` }), 400, []string{"pointer /name: required"}},
		{"wrong type", putV1.ID, put(func(s *call) { s.body = `{"name": 1}` }), 400, []string{"pointer /name: type"}},
		{"null member", putV1.ID, put(func(s *call) { s.body = `{"name": null}` }), 400, []string{"pointer /name: type"}},
		{"too long", putV1.ID, put(func(s *call) { s.body = `{"name": "` + strings.Repeat("n", 21) + `"}` }), 400, []string{"pointer /name: maxLength"}},
		{"unknown", putV1.ID, put(func(s *call) { s.body = `{"name": "a", "x/y~z": 1}` }), 400, []string{"pointer /x~1y~0z: additionalProperties"}},
		{"another case", putV1.ID, put(func(s *call) { s.body = `{"NAME": "a"}` }), 400, []string{"pointer /NAME: additionalProperties", "pointer /name: required"}},
		{"nested", putV1.ID, put(func(s *call) { s.body = `{"name": "a", "nested": {"tags": ["ok", "too long", 1]}}` }), 400, []string{"pointer /nested/tags/1: maxLength", "pointer /nested/tags/2: type"}},
		{"an integer with a fraction part", putV1.ID, put(func(s *call) { s.body = `{"name": "a", "count": 1.0}` }), 400, []string{"pointer /count: type"}},
		{"an integer with an exponent", putV1.ID, put(func(s *call) { s.body = `{"name": "a", "count": 1e1}` }), 400, []string{"pointer /count: type"}},
		{"parameter as member", putV1.ID, put(func(s *call) { s.body = `{"name": "a", "id": "x"}` }), 400, []string{"pointer /id: additionalProperties"}},
		{"4 KiB and one", putV1.ID, put(func(s *call) { s.body = `{"name": "a"}` + strings.Repeat(" ", 4<<10-12) }), 413, nil},
		{"too large in pieces", putV1.ID, put(func(s *call) { s.reader = &unread{left: 5 << 10} }), 413, nil},
		{"no content type", putV1.ID, put(func(s *call) { s.contentType = "-" }), 415, nil},
		{"text", putV1.ID, put(func(s *call) { s.contentType = "text/plain" }), 415, nil},
		{"a form", putV1.ID, put(func(s *call) { s.contentType = "application/x-www-form-urlencoded" }), 415, nil},
		{"another charset", putV1.ID, put(func(s *call) { s.contentType = "application/json; charset=utf-16" }), 415, nil},
		{"malformed content type", putV1.ID, put(func(s *call) { s.contentType = "application/json; charset" }), 415, nil},
		{"ended early", putV1.ID, put(func(s *call) { s.reader = io.MultiReader(strings.NewReader(`{"na`), broken{}) }), 400, []string{one + "read"}},
		{"where none is taken", deleteV1.ID, call{caller: admin, id: "u-1", body: `{"a": 1}`}, 400, []string{one + "empty"}},
		{"a list where none is taken", deleteV1.ID, call{caller: admin, id: "u-1", body: `[]`}, 400, []string{one + "empty"}},
		{"an object where a list is", tagsV1.ID, call{caller: peer, body: `{}`}, 400, []string{one + "type"}},
		{"an item too long", tagsV1.ID, call{caller: peer, body: `["ok", "much too long"]`}, 400, []string{"pointer /1: maxLength"}},
	}
	for _, c := range cases {
		got := r.send(t, c.contract, c.call)
		if diff := cmp.Diff(c.want, faultsOf(t, c.name, got)); got.Status != c.status || diff != "" {
			t.Errorf("%s: got %d, want %d; faults (-want +got):\n%s", c.name, got.Status, c.status, diff)
		}
	}
	if len(r.shop.callers) > 0 {
		t.Errorf("the handler was called %d times, want never", len(r.shop.callers))
	}
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

func TestGoodBodiesAreTaken(t *testing.T) {
	t.Parallel()
	r := build(t)
	for name, c := range map[string]struct {
		contract string
		call     call
		want     int
	}{
		"with a charset":                {putV1.ID, put(func(s *call) { s.contentType = "application/json; charset=UTF-8" }), 201},
		"of exactly the limit":          {putV1.ID, put(func(s *call) { s.body = `{"name": "a"}` + strings.Repeat(" ", 4<<10-13) }), 201},
		"none where none is taken":      {deleteV1.ID, call{caller: admin, id: "u-1"}, 204},
		"{} where none is taken":        {deleteV1.ID, call{caller: admin, id: "u-1", body: " {} "}, 204},
		"a list as the whole body":      {tagsV1.ID, call{caller: peer, body: `["a", "b"]`}, 200},
		"all that the schema describes": {putV1.ID, put(func(s *call) { s.body = `{"name": "é\u00e9\ud83d\ude00", "count": 100, "nested": {"tags": ["a"]}}` }), 201},
	} {
		if got := r.send(t, c.contract, c.call); got.Status != c.want {
			t.Errorf("%s: got %d %s, want %d", name, got.Status, got.Body, c.want)
		}
	}
}

// TestNoValueThatWasSentComesBack puts a mark into every place of a request, one by one and in every way that is refused.
func TestNoValueThatWasSentComesBack(t *testing.T) {
	t.Parallel()
	const mark = "S3CRET"
	r := build(t)
	bodies := []string{
		mark, `"` + mark, `{"name": ` + mark, `{"name": "` + mark + `", "name": "` + mark + `"}`, `{"name": "` + mark + strings.Repeat("x", 20) + `"}`,
		`{"name": ["` + mark + `"]}`, `{"name": "a", "count": "` + mark + `"}`, `{"name": "a", "nested": {"tags": ["` + mark + `"]}}`,
		`{"name": "\ud800` + mark + `"}`, "{\"name\": \"\xff" + mark + `"}`, `{"name": "plain", "count": "` + mark + `"}`,
		`{"username": "` + mark + `", "password": 1}`, `{"username": 1, "password": "` + mark + `"}`, `{"username": "a", "password": "` + mark + `"}`,
		`{"username": "a", "password": "` + strings.Repeat(mark, 20) + `"}`, `["` + mark + `"]`, `["ok", "` + mark + mark + `"]`, `{"username": "a", "password": "` + mark + `"} x`,
	}
	for _, contract := range []string{putV1.ID, loginV1.ID, tagsV1.ID, deleteV1.ID} {
		caller := editor
		if contract == tagsV1.ID {
			caller = peer
		}
		for _, body := range bodies {
			got := r.send(t, contract, call{caller: caller, id: "u-1", header: http.Header{"If-Match": {"1"}}, body: body})
			if got.Status < 400 && contract != tagsV1.ID {
				t.Errorf("%s took %s", contract, body)
			}
			if got.Status >= 400 {
				r.silent(t, contract+" "+body, got, mark)
			}
		}
	}
	for name, change := range map[string]func(*call){
		"path":         func(s *call) { s.id = mark },
		"int":          func(s *call) { s.query = "limit=" + mark },
		"bool":         func(s *call) { s.query = "flag=" + mark },
		"time":         func(s *call) { s.query = "since=" + mark },
		"string":       func(s *call) { s.query = "q=" + mark + mark },
		"twice":        func(s *call) { s.query = "q=" + mark + "&q=" + mark },
		"unknown":      func(s *call) { s.query = "unknown=" + mark },
		"escape":       func(s *call) { s.query = "q=" + mark + "%zz" },
		"header":       func(s *call) { s.header = http.Header{"If-Match": {mark + mark + mark}} },
		"content type": func(s *call) { s.contentType = "text/" + mark },
		"no rights":    func(s *call) { s.caller, s.id, s.query, s.body = reader, mark, "q="+mark, mark },
	} {
		got := r.send(t, putV1.ID, put(change))
		if got.Status < 400 || got.Status >= 500 {
			t.Errorf("%s: got %d, want a refusal", name, got.Status)
		}
		r.silent(t, name, got, mark)
	}
}

func TestRefusalsTakeLittleTime(t *testing.T) {
	t.Parallel()
	r := build(t)
	for name, body := range map[string]string{
		"many faults":    `{"name": "a", "nested": {"tags": [` + strings.TrimSuffix(strings.Repeat("1,", 1900), ",") + `]}}`,
		"many exponents": `{"name": "a", "nested": {"tags": [` + strings.TrimSuffix(strings.Repeat("1e308,", 600), ",") + `]}}`,
		"many members":   `{` + strings.TrimSuffix(strings.Repeat(`"a":1,`, 600), ",") + `}`,
	} {
		began := time.Now()
		got := r.send(t, putV1.ID, put(func(s *call) { s.body = body }))
		if took := time.Since(began); got.Status != 400 || took > time.Second || len(got.Body) > 64<<10 {
			t.Errorf("%s: got %d with %d bytes after %s, want 400 with few, soon", name, got.Status, len(got.Body), took)
		}
	}
}
