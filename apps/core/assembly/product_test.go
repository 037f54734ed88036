package assembly_test

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"go.uber.org/fx"
	"go.uber.org/zap"

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
	return fx.Replace(httpserver.Config{Public: httpserver.Listener{Addr: httpserver.Off}, Ops: httpserver.Listener{Addr: httpserver.Off}})
}

// quiet keeps the product's log out of the test's output.
func quiet() fx.Option {
	return fx.Decorate(func(*zap.Logger) *zap.Logger { return zap.NewNop() })
}

// product is the Demo assembly with its first administrator logged in.
type product struct {
	*fxcelltest.App

	t     testing.TB
	token string
	admin string // the administrator's id
}

var setupToken = regexp.MustCompile(`"token":"([^"]+)"`)

// tokenOf finds the one-time token in what the product tells the person who started it.
func tokenOf(tb testing.TB, report *inspect.Report) string {
	tb.Helper()
	lines := strings.Join(report.Lines(), "\n")
	found := setupToken.FindStringSubmatch(lines)
	if found == nil {
		tb.Fatalf("no setup token in\n%s", lines)
	}
	return found[1]
}

// setUp makes the first administrator.
func (p *product) setUp(report *inspect.Report) {
	p.t.Helper()
	var user struct {
		ID string `json:"id"`
	}
	p.must(http.StatusCreated, &user, fxcelltest.Request{
		Method: http.MethodPost, Path: "/api/v1/access/setup",
		Body: fmt.Sprintf(`{"token":%q,"username":"admin","email":"admin@example.com","password":%q}`, tokenOf(p.t, report), password),
	})
	p.admin = user.ID
}

func start(t *testing.T, options ...fx.Option) *product {
	t.Helper()
	var report *inspect.Report
	app := fxcelltest.New(t, append(options, assembly.Demo, withoutSockets(), fx.Populate(&report))...)
	p := &product{App: app, t: t}
	p.setUp(report)
	p.token = p.login()
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
	Seq       int64  `json:"seq"`
	EventType string `json:"eventType"`
	ActorID   string `json:"actorId"`
	Payload   struct {
		Key     string `json:"key"`
		Version int64  `json:"version"`
	} `json:"payload"`
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

func fxRequest(method, path, token string) fxcelltest.Request {
	return fxcelltest.Request{Method: method, Path: path, Token: token}
}

func fxPost(path, body string) fxcelltest.Request {
	return fxcelltest.Request{Method: http.MethodPost, Path: path, Body: body}
}
