package faults

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// written is one version of a setting.
type written struct {
	key     string
	version int64
}

// load is clients that write settings, and what they were promised.
type load struct {
	t     *testing.T
	token string
	next  func() string // the replica to ask

	inFlight atomic.Int64
	unknown  atomic.Int64 // requests that ended without an answer that says what became of them
	mu       sync.Mutex
	promised map[written]string // what was acknowledged, with its value
	refused  map[int]int        // answers that are no success, by status
	group    sync.WaitGroup
	stop     context.CancelFunc
}

// hot keys are written by all clients.
const hotKeys = 3

// drive starts clients that write until halt, each its own keys and the hot ones.
func drive(t *testing.T, clients int, seed uint64, token string, next func() string) *load {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	l := &load{t: t, token: token, next: next, promised: map[written]string{}, refused: map[int]int{}, stop: stop}
	for c := range clients {
		l.group.Go(func() {
			rng := rand.New(rand.NewPCG(seed, uint64(c))) //nolint:gosec // no secret
			for n := 0; ctx.Err() == nil; n++ {
				key := fmt.Sprintf("c%d-%d", c, n/20) // twenty writes of a key, one after the other
				if rng.IntN(4) == 0 {
					key = fmt.Sprintf("hot-%d", rng.IntN(hotKeys))
				}
				l.write(ctx, key, fmt.Sprintf("%d/%d", c, n))
			}
		})
	}
	t.Cleanup(func() { l.halt() })
	return l
}

// halt waits until every client has its last answer.
func (l *load) halt() {
	l.stop()
	l.group.Wait()
}

// write makes one attempt to give a setting its next version.
func (l *load) write(ctx context.Context, key, value string) {
	current, ok := l.ask(ctx, request{method: http.MethodGet, path: "/api/v1/config/" + key, token: l.token})
	if !ok {
		return
	}
	write := request{method: http.MethodPost, path: "/api/v1/config/", token: l.token, body: fmt.Sprintf(`{"key":%q,"value":%q}`, key, value)}
	if current.status == http.StatusOK {
		write = request{
			method: http.MethodPut, path: "/api/v1/config/" + key, token: l.token, body: fmt.Sprintf(`{"value":%q}`, value),
			header: map[string]string{"If-Match": current.header.Get("ETag")},
		}
	}
	got, ok := l.ask(ctx, write)
	if !ok || got.status != http.StatusOK && got.status != http.StatusCreated {
		return
	}
	version := data[struct{ Version int64 }](l.t, got).Version
	l.mu.Lock()
	defer l.mu.Unlock()
	w := written{key, version}
	if before, twice := l.promised[w]; twice {
		l.t.Errorf("%v was promised to two: %q and %q", w, before, value)
	}
	l.promised[w] = value
}

// ask sends a request. Refusals that a fault explains are counted and waited out; others are errors of the product.
func (l *load) ask(ctx context.Context, r request) (answer, bool) {
	l.inFlight.Add(1)
	got, err := do(context.WithoutCancel(ctx), l.next(), r)
	l.inFlight.Add(-1)
	if err != nil {
		l.unknown.Add(1)
		pause(ctx)
		return answer{}, false
	}
	switch {
	case got.status < http.StatusBadRequest:
		return got, true
	case got.status == http.StatusNotFound && r.method == http.MethodGet:
		return got, true
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.refused[got.status]++
	switch got.status {
	case http.StatusServiceUnavailable:
		carriedOut := strings.Contains(string(got.body), "may have been carried out") // then nobody is asked to repeat it
		if got.header.Get("Retry-After") == "" && !carriedOut || !strings.HasPrefix(got.header.Get("Content-Type"), "application/problem+json") {
			l.t.Errorf("%s %s: 503 without Retry-After or problem+json: %v %s", r.method, r.path, got.header, got.body)
		}
		l.mu.Unlock()
		pause(ctx)
		l.mu.Lock()
	case http.StatusPreconditionFailed, http.StatusConflict: // another client was first
	default:
		l.t.Errorf("%s %s: status %d: %s", r.method, r.path, got.status, got.body)
	}
	return answer{}, false
}

// promises is how many writes were acknowledged.
func (l *load) promises() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.promised)
}

// pause waits a little before the next attempt.
func pause(ctx context.Context) {
	select {
	case <-ctx.Done():
	case <-time.After(20 * time.Millisecond):
	}
}
