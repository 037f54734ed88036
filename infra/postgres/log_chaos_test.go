package postgres

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"fxcell.dev/fxcell/db"
	"fxcell.dev/fxcell/event"
	"fxcell.dev/fxcell/secret"
)

// chaosFor is how long the writers of the chaos test write: seconds of FXCELL_CHAOS_SECONDS, else a few.
func chaosFor(t *testing.T) time.Duration {
	t.Helper()
	said, ok := os.LookupEnv("FXCELL_CHAOS_SECONDS")
	if !ok {
		return 4 * time.Second
	}
	seconds, err := strconv.Atoi(said)
	if err != nil {
		t.Fatal("FXCELL_CHAOS_SECONDS is no number")
	}
	return time.Duration(seconds) * time.Second
}

var errUndo = errors.New("undo")

// chaos is 32 writers, a tenth of whose transactions are rolled back and some of whose commits are held up, unrelated transactions that stay open, and
// owners of two processes that take a reader from one another.
type chaos struct {
	*process

	mu       sync.Mutex
	commits  map[string]time.Time // by id
	byKey    map[string][]string  // what was committed, in order: the key's row is locked while its events are written
	handled  []event.Event
	latency  []time.Duration
	takeover int
}

const chaosWriters, chaosKeys = 32, 40

func TestLogLosesNothingRepeatsNothingAndKeepsTheOrderOfKeysInChaos(t *testing.T) {
	t.Parallel()
	cfg := Config{DSN: secret.NewText(logDatabase(t)), MaxConns: chaosWriters + 8}
	c := &chaos{process: join(t, cfg), commits: map[string]time.Time{}, byKey: map[string][]string{}}
	cfg.MaxConns = 4
	other := join(t, cfg)
	c.prepare()
	reading, stop := context.WithCancel(t.Context())
	defer stop()
	var readers, writers sync.WaitGroup
	for i, p := range []*process{c.process, c.process, other} {
		readers.Go(func() { c.read(reading, p, rand.New(rand.NewPCG(1, uint64(i)))) })
	}
	writing, end := context.WithTimeout(t.Context(), chaosFor(t))
	defer end()
	for i := range 2 {
		writers.Go(func() { c.idle(writing, i) })
	}
	for i := range chaosWriters {
		writers.Go(func() { c.writeUntil(writing, i, rand.New(rand.NewPCG(2, uint64(i)))) })
	}
	writers.Wait()
	eventually(t, "every event, and some owners", func() bool {
		c.mu.Lock()
		defer c.mu.Unlock()
		return len(c.handled) >= len(c.commits) && c.takeover >= 4
	})
	stop()
	readers.Wait()
	c.check()
}

func (c *chaos) prepare() {
	c.Helper()
	err := c.tx.InTx(c.outside, func(ctx context.Context) error {
		_, err := c.sql.Exec(ctx, `CREATE TABLE effects (id text PRIMARY KEY)`)
		if err == nil {
			_, err = c.sql.Exec(ctx, `CREATE TABLE unrelated (n int)`)
		}
		return err
	})
	if err != nil {
		c.Fatal(err)
	}
}

// idle holds transactions open that have nothing to do with the log, but write.
func (c *chaos) idle(ctx context.Context, n int) {
	for ctx.Err() == nil {
		err := c.tx.InTx(c.outside, func(inside context.Context) error { //nolint:contextcheck // ctx says when to stop, not what to undo
			if _, err := c.sql.Exec(inside, `INSERT INTO unrelated VALUES ($1)`, n); err != nil {
				return err
			}
			rest(ctx, time.Second)
			return nil
		})
		if err != nil {
			c.Errorf("the unrelated transaction: %v", err)
		}
	}
}

// writeUntil commits transactions with a few events of one or two keys until ctx ends.
func (c *chaos) writeUntil(ctx context.Context, writer int, rng *rand.Rand) {
	for n := 0; ctx.Err() == nil; n++ {
		var events []event.Event
		for i := range 1 + rng.IntN(4) {
			key := fmt.Sprint("key ", rng.IntN(chaosKeys))
			events = append(events, event.Event{ID: fmt.Sprintf("%d-%d-%d", writer, n, i), Contract: "event.a.v1", Topic: "t", Key: key})
		}
		undo, held := rng.IntN(10) == 0, rng.IntN(30) == 0
		err := c.tx.InTx(c.outside, func(inside context.Context) error { //nolint:contextcheck // ctx says when to stop, not what to undo
			if rng.IntN(4) == 0 {
				_ = c.tx.InTx(inside, func(inside context.Context) error {
					return errors.Join(c.writer.Write(inside, entry("undone")), errUndo)
				})
			}
			if err := c.writer.Write(inside, events...); err != nil {
				return err
			}
			return lastHook(inside, 4, func(inside context.Context) error { // after the events were inserted, their keys' locks held
				if held {
					rest(ctx, time.Duration(rng.IntN(300))*time.Millisecond)
				}
				if undo {
					return errUndo
				}
				c.issue(events)
				return nil
			})
		})
		if undo != errors.Is(err, errUndo) || !undo && err != nil {
			c.Errorf("InTx = %v", err)
		}
	}
}

// lastHook runs fn before the commit, after so many rounds of other hooks.
func lastHook(ctx context.Context, rounds int, fn func(context.Context) error) error {
	return db.BeforeCommit(ctx, func(ctx context.Context) error {
		if rounds == 0 {
			return fn(ctx)
		}
		return lastHook(ctx, rounds-1, fn)
	})
}

// issue notes events just before their commit.
func (c *chaos) issue(events []event.Event) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, e := range events {
		c.commits[e.ID] = time.Now()
		c.byKey[e.Key] = append(c.byKey[e.Key], e.ID)
	}
}

// read owns the reader now and then, handles batches, some of them in vain, and lets go.
func (c *chaos) read(ctx context.Context, p *process, rng *rand.Rand) {
	for ctx.Err() == nil {
		s, err := p.log.Own(ctx, event.Reader{Name: "torn"})
		if err != nil {
			if ctx.Err() == nil {
				c.Errorf("Own = %v", err)
			}
			return
		}
		c.mu.Lock()
		c.takeover++
		c.mu.Unlock()
		c.serve(ctx, p, s, rng)
		if err := s.Release(c.outside); err != nil { //nolint:contextcheck // ctx says when to stop, not what to undo
			c.Errorf("Release = %v", err)
		}
	}
}

func (c *chaos) serve(ctx context.Context, p *process, s event.Stream, rng *rand.Rand) {
	for until := time.Now().Add(300 * time.Millisecond); time.Now().Before(until); {
		b, err := s.Next(ctx, 1+rng.IntN(100))
		if err != nil {
			if ctx.Err() == nil {
				c.Errorf("Next = %v", err)
			}
			return
		}
		if len(b.Events) == 0 {
			select {
			case <-s.Wake():
			case <-time.After(50 * time.Millisecond):
			case <-ctx.Done():
			}
			continue
		}
		undo := rng.IntN(10) == 0
		for done := false; !done; undo = false {
			err := p.tx.InTx(c.outside, func(ctx context.Context) error { return c.handle(ctx, p, s, b, undo) }) //nolint:contextcheck // see above
			if err != nil && !undo {
				c.Errorf("handle = %v", err)
				return
			}
			done = err == nil
		}
	}
}

// handle stores the effects of a batch with its position.
func (c *chaos) handle(ctx context.Context, p *process, s event.Stream, b event.Batch, undo bool) error {
	ids := strings.Split(idsIn(b), " ")
	if _, err := p.sql.Exec(ctx, `INSERT INTO effects SELECT * FROM unnest($1::text[])`, ids); err != nil {
		return err
	}
	if err := s.Advance(ctx, b); err != nil {
		return err
	}
	if undo {
		return errUndo
	}
	now := time.Now()
	return db.OnCommit(ctx, func(context.Context) {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.handled = append(c.handled, b.Events...)
		for _, e := range b.Events {
			c.latency = append(c.latency, now.Sub(c.commits[e.ID]))
		}
	})
}

func (c *chaos) check() {
	c.Helper()
	got := map[string][]string{}
	for _, e := range c.handled {
		got[e.Key] = append(got[e.Key], e.ID)
	}
	for key, want := range c.byKey {
		if !slices.Equal(got[key], want) {
			c.Errorf("%s: %d events were handled, not the %d that were committed in their order", key, len(got[key]), len(want))
		}
	}
	var effects int
	if err := c.sql.Get(c.outside, &effects, `SELECT count(*) FROM effects`); err != nil || effects != len(c.commits) {
		c.Errorf("%d effects, %v, want one of each of the %d events", effects, err, len(c.commits))
	}
	if len(c.commits) == 0 || c.takeover < 4 {
		c.Errorf("%d events and %d owners show nothing", len(c.commits), c.takeover)
	}
	slices.Sort(c.latency)
	at := func(p int) time.Duration { return c.latency[min(len(c.latency)*p/100, len(c.latency)-1)] }
	c.Logf("%d events, %d owners; from the commit to the effect p50 %v, p99 %v", len(c.commits), c.takeover, at(50), at(99))
}
