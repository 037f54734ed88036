package assembly_test

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"go.uber.org/fx"

	"fxcell.dev/apps/core/assembly"
	"fxcell.dev/fxcell/fxcelltest"
	"fxcell.dev/fxcell/inspect"
	"fxcell.dev/modules/httpserver"
)

const password = "correct horse battery staple"

// patience bounds what a test waits for.
const patience = time.Minute

// withoutSockets lets a test drive the product in process.
func withoutSockets() fx.Option {
	return fx.Replace(httpserver.Config{Public: httpserver.Listener{Addr: "off"}, Ops: httpserver.Listener{Addr: "off"}})
}

// product is the Demo assembly with its first administrator logged in.
type product struct {
	*fxcelltest.App

	t     *testing.T
	token string
	admin string // the administrator's id
}

var setupToken = regexp.MustCompile(`"token":"([^"]+)"`)

func start(t *testing.T, options ...fx.Option) *product {
	t.Helper()
	var report *inspect.Report
	app := fxcelltest.New(t, append(options, assembly.Demo, withoutSockets(), fx.Populate(&report))...)
	p := &product{App: app, t: t}
	found := setupToken.FindStringSubmatch(strings.Join(report.Lines(), "\n"))
	if found == nil {
		t.Fatalf("no setup token in\n%s", strings.Join(report.Lines(), "\n"))
	}
	var user struct{ ID string }
	p.must(http.StatusCreated, &user, fxcelltest.Request{
		Method: http.MethodPost, Path: "/api/v1/access/setup",
		Body: fmt.Sprintf(`{"token":%q,"username":"admin","email":"admin@example.com","password":%q}`, found[1], password),
	})
	p.admin = user.ID
	var tokens struct{ AccessToken string }
	p.must(http.StatusCreated, &tokens, fxcelltest.Request{
		Method: http.MethodPost, Path: "/api/v1/access/sessions/login",
		Body: fmt.Sprintf(`{"username":"admin","password":%q}`, password),
	})
	p.token = tokens.AccessToken
	return p
}

// must sends a request, holds the status, and decodes the answer's data.
func (p *product) must(status int, into any, r fxcelltest.Request) fxcelltest.Answer {
	p.t.Helper()
	r.Token = p.token
	answer := p.Do(r)
	if answer.Status != status {
		p.t.Fatalf("%s %s: status %d, want %d: %s", r.Method, r.Path, answer.Status, status, answer.Body)
	}
	if into != nil {
		p.Decode(answer, into)
	}
	return answer
}

type entry struct {
	Seq       int64
	EventType string
	ActorID   string
	Payload   struct {
		Action  string
		Key     string
		Version int64
	}
}

// trailUntilOK reads the whole audit trail, oldest first. Reading is an event, so chaos may refuse it: a page is asked for until it comes.
func (p *product) trailUntilOK() []entry {
	p.t.Helper()
	var all []entry
	for cursor := ""; ; {
		path := "/api/v1/audit/entries?limit=500"
		if cursor != "" {
			path += "&cursor=" + cursor
		}
		var page []entry
		answer := p.untilOK(fxcelltest.Request{Method: http.MethodGet, Path: path, Token: p.token}, http.StatusOK, &page)
		all = append(all, page...)
		next := regexp.MustCompile(`"nextCursor":"([^"]+)"`).FindStringSubmatch(answer.Body)
		if next == nil {
			break
		}
		cursor = next[1]
	}
	sortBySeq(all)
	return all
}
