package assembly_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"go.uber.org/fx"

	"fxcell.dev/fxcell/auth"
	"fxcell.dev/fxcell/db"
	"fxcell.dev/fxcell/fxcelltest"
)

func sortBySeq(all []entry) {
	slices.SortFunc(all, func(a, b entry) int { return cmp.Compare(a.Seq, b.Seq) })
}

// chaos makes transactions of requests fail at random: by an error, a panic, or the end of their time, each after the work was done.
type chaos struct {
	db.Transactor

	mu   sync.Mutex
	rand *rand.Rand
}

var errChaos = errors.New("chaos")

// InTx implements db.Transactor.
func (c *chaos) InTx(ctx context.Context, fn func(context.Context) error) error {
	if caller, _ := auth.PrincipalOf(ctx); caller.Kind != auth.User || db.InTx(ctx) {
		return c.Transactor.InTx(ctx, fn)
	}
	c.mu.Lock()
	kind := c.rand.IntN(6)
	c.mu.Unlock()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	return c.Transactor.InTx(ctx, func(inside context.Context) error {
		err := fn(inside)
		switch kind {
		case 0:
			return errors.Join(err, errChaos)
		case 1:
			panic(errChaos) //nolint:forbidigo // what the test is about
		case 2:
			cancel() // the deadline passes before the commit
		}
		return err
	})
}

type write struct {
	key     string
	version int64
}

// 300 settings written by 8 clients while transactions fail, panic and time out: each committed write is in the trail exactly once, in the order of
// its key, and no other is.
func TestEveryCommittedWriteIsInTheTrailOnce(t *testing.T) {
	t.Parallel()
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	p := start(t, quiet(), fx.Decorate(func(tx db.Transactor) db.Transactor {
		return &chaos{Transactor: tx, rand: rand.New(rand.NewPCG(seed, 1))} //nolint:gosec // no secret
	}))
	const clients, settings = 8, 300
	acknowledged := make([][]write, clients)
	var wg sync.WaitGroup
	for c := range clients {
		wg.Go(func() {
			for n := c; n < settings; n += clients {
				acknowledged[c] = append(acknowledged[c], p.writes(fmt.Sprintf("setting-%03d", n))...)
			}
		})
	}
	wg.Wait()
	want := slices.Concat(acknowledged...)
	if len(want) < settings {
		t.Fatalf("only %d writes were acknowledged", len(want))
	}
	got := p.waitForWrites(len(want))
	compareWrites(t, want, got)

	p.token = p.login() // the token may be old by now, and chaos may refuse a check: it is tried again
	var integrity struct {
		Valid          bool  `json:"valid"`
		EntriesChecked int64 `json:"entriesChecked"`
	}
	p.untilOK(fxcelltest.Request{Method: http.MethodGet, Path: "/api/v1/audit/integrity", Token: p.token}, http.StatusOK, &integrity)
	if !integrity.Valid || integrity.EntriesChecked < int64(len(want)) {
		t.Errorf("integrity %+v", integrity)
	}
	t.Logf("%d writes acknowledged, %d entries checked", len(want), integrity.EntriesChecked)
}

// writes creates one setting and updates it twice, each until it is acknowledged, and returns what was acknowledged.
func (p *product) writes(key string) []write {
	var out []write
	created := p.untilOK(fxcelltest.Request{Method: http.MethodPost, Path: "/api/v1/config/", Token: p.token, Body: `{"key":"` + key + `","value":"1"}`}, http.StatusCreated, nil)
	out = append(out, write{key, 1})
	etag := created.Header.Get("ETag")
	for version := int64(2); version <= 3; version++ {
		updated := p.untilOK(fxcelltest.Request{
			Method: http.MethodPut, Path: "/api/v1/config/" + key, Token: p.token,
			Body: fmt.Sprintf(`{"value":"%d"}`, version), Header: map[string]string{"If-Match": etag},
		}, http.StatusOK, nil)
		out = append(out, write{key, version})
		etag = updated.Header.Get("ETag")
	}
	return out
}

// untilOK sends a request until it succeeds: only chaos may refuse it, with a 5xx.
func (p *product) untilOK(r fxcelltest.Request, status int, into any) fxcelltest.Answer {
	for {
		answer := p.Do(r)
		if answer.Status == status {
			if into != nil {
				p.Decode(answer, into)
			}
			return answer
		}
		if answer.Status < http.StatusInternalServerError {
			p.t.Errorf("%s %s: status %d: %s", r.Method, r.Path, answer.Status, answer.Body)
			runtime.Goexit() // what follows would only repeat it
		}
	}
}

func (p *product) login() string {
	var tokens struct {
		AccessToken string `json:"accessToken"`
	}
	p.untilOK(fxcelltest.Request{
		Method: http.MethodPost, Path: "/api/v1/access/sessions/login", Body: fmt.Sprintf(`{"username":"admin","password":%q}`, password),
	}, http.StatusCreated, &tokens)
	return tokens.AccessToken
}

// waitForWrites reads the trail until it has n writes of settings.
func (p *product) waitForWrites(n int) []write {
	p.t.Helper()
	for deadline := time.Now().Add(patience); ; {
		var got []write
		for _, e := range p.trailUntilOK() {
			if e.EventType == "event.config.changed.v1" {
				got = append(got, write{e.Payload.Key, e.Payload.Version})
			}
		}
		if len(got) >= n || time.Now().After(deadline) {
			return got
		}
	}
}

func compareWrites(t *testing.T, want, got []write) {
	t.Helper()
	count, last := map[write]int{}, map[string]int64{}
	for _, w := range got {
		count[w]++
		if w.version <= last[w.key] {
			t.Errorf("%s: version %d comes after %d", w.key, w.version, last[w.key])
		}
		last[w.key] = w.version
	}
	for _, w := range want {
		if count[w] != 1 {
			t.Errorf("%+v was acknowledged and is in the trail %d times", w, count[w])
		}
		delete(count, w)
	}
	for w := range count {
		t.Errorf("%+v is in the trail and was not acknowledged", w)
	}
}
