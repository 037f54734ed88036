package faults

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"fxcell.dev/integration/testenv/postgres"
)

// outage is how long the product has to do without its server.
const outage = 20 * time.Second

// The server crashes under load and comes back at once, and then stays away for longer: requests are refused with a reason, operators are told why, and
// all of it recovers without anybody's doing.
func TestTheProductOutlastsItsServer(t *testing.T) { //nolint:paralleltest // each takes the whole machine
	server(t) // without one for the others there is none for this test either
	s, err := postgres.Start(t.Context(), postgres.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Stop(); err != nil {
			t.Error(err)
		}
	})
	t.Log(s.Text)
	p := deploy(t, s.DSN)
	r := p.launch()
	p.setUp(r.public)
	token := p.login(r.public)
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	l := drive(t, 8, seed, token, func() string { return r.public })
	for _, away := range []time.Duration{0, outage} {
		promised := l.promises()
		p.await("that clients write", func() bool { return l.promises() > promised+200 })
		p.await("a moment with requests in flight", func() bool { return l.inFlight.Load() > 0 })
		if err := s.Crash(); err != nil {
			t.Fatal(err)
		}
		if away > 0 {
			p.await("that requests are refused", func() bool { return l.refusals(http.StatusServiceUnavailable) > 0 })
			p.notReady(r)
			<-time.After(away)
		}
		if err := s.Restart(); err != nil {
			t.Fatal(err)
		}
		back, promised := time.Now(), l.promises()
		p.await("that clients write again", func() bool { return l.promises() > promised })
		t.Logf("away for %v; writes again %v after the server was back", away, time.Since(back).Round(time.Millisecond))
		p.await("that the product is ready again", func() bool {
			a, err := do(t.Context(), r.ops, request{method: http.MethodGet, path: "/readyz"})
			return err == nil && a.status == http.StatusOK
		})
	}
	l.halt()
	p.check(l, r.public, token)
}

// notReady holds what operators are told while the server is away.
func (p *product) notReady(r *replica) {
	p.Helper()
	var a answer
	p.await("that the product is not ready", func() bool {
		var err error
		a, err = do(p.Context(), r.ops, request{method: http.MethodGet, path: "/readyz"})
		return err == nil && a.status == http.StatusServiceUnavailable
	})
	if !strings.Contains(string(a.body), "postgres") {
		p.Errorf("/readyz does not say why: %s", a.body)
	}
	p.Logf("/readyz: %s", a.body)
}

// refusals is how many answers had the status.
func (l *load) refusals(status int) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.refused[status]
}
