package consumer

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"fxcell.dev/fxcell/contract"
	"fxcell.dev/fxcell/db"
	"fxcell.dev/fxcell/event"
)

// idsOf returns the deliveries' ids and the attempt that they all have.
func idsOf(ds []event.Delivery) string {
	var out []string
	for _, d := range ds {
		out = append(out, d.ID)
	}
	return fmt.Sprintf("%s.%d", strings.Join(out, "+"), ds[0].Attempt)
}

func TestBatchIsHandledInOneTransactionThatPassesIt(t *testing.T) {
	t.Parallel()
	for _, plain := range []bool{false, true} {
		t.Run(fmt.Sprintf("plain %v", plain), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w, calls := newWorld(t), &tape{}
				w.source.plain = plain
				if plain {
					w.source.Source = &unjoined{w.source.Source, w.tx}
				}
				w.cfg.Batch = 3
				w.publish(ev("1", "a"), ev("2", "b"), ev("3", "c"), ev("4", "a"))
				w.start(subscription(event.Batched, func(ctx context.Context, ds []event.Delivery) error {
					calls.add("%s", idsOf(ds))
					return w.effect(ctx, ds)
				}))
				synctest.Wait()
				if got := calls.all(); got != "1+2+3.1 4.1" {
					t.Errorf("handled %q, want 1+2+3.1 4.1", got)
				}
				seen, _ := w.inbox.Seen(t.Context(), "cells/c/s", event.Event{Topic: "a", Key: "a", Seq: 4})
				if seen != plain {
					t.Errorf("in the inbox: %v; the position is the dedup where the stream is transactional", seen)
				}
				w.mustStop()
				w.start(subscription(event.Batched, w.effect))
				synctest.Wait()
				if got := w.effectsOf(); got != "1 2 3 4" {
					t.Errorf("effects %q, want each once", got)
				}
			})
		})
	}
}

// unjoined is a source whose positions are stored apart from every transaction, as a broker's are.
type unjoined struct {
	event.Source

	tx db.Transactor
}

func (u *unjoined) Open(ctx context.Context, r event.Reader) (<-chan event.Stream, error) {
	in, err := u.Source.Open(ctx, r)
	if err != nil {
		return nil, err
	}
	out := make(chan event.Stream)
	go func() {
		defer close(out)
		for s := range in {
			select {
			case out <- unjoinedStream{s, u.tx}:
			case <-ctx.Done():
				_ = s.Release(context.WithoutCancel(ctx))
			}
		}
	}()
	return out, nil
}

type unjoinedStream struct {
	event.Stream

	tx db.Transactor
}

func (s unjoinedStream) Transactional() bool { return false }

func (s unjoinedStream) Advance(ctx context.Context, b event.Batch) error {
	if db.InTx(ctx) {
		return errors.New("advanced in a transaction that cannot hold it")
	}
	return s.tx.InTx(ctx, func(ctx context.Context) error { return s.Stream.Advance(ctx, b) })
}

func TestBatchThatFailsIsTriedAgainAsAWhole(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w, calls := newWorld(t), &tape{}
		w.publish(ev("1", "a"), ev("2", "b"))
		w.start(subscription(event.Batched, func(ctx context.Context, ds []event.Delivery) error {
			calls.add("%s", idsOf(ds))
			if ds[0].Attempt < 3 {
				return errors.Join(w.effect(ctx, ds), errTest)
			}
			return w.effect(ctx, ds)
		}))
		later(time.Minute)
		if got := calls.all() + "; " + w.effectsOf(); got != "1+2.1 1+2.2 1+2.3; 1 2" {
			t.Errorf("handled and effects: %q", got)
		}
	})
}

func TestBatchIsSplitForItsPoisonOnly(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		err     error
		handled string
	}{
		"permanent": {event.Permanent(errTest), "1+bad+2+3.1 1.2 bad.2 3.2 4.1"},
		"exhausted": {errTest, "1+bad+2+3.1 1+bad+2+3.2 1+bad+2+3.3 1.4 bad.4 3.4 4.1"},
	} {
		for _, plain := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s plain %v", name, plain), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					w, calls := newWorld(t), &tape{}
					if plain {
						w.source.plain, w.source.Source = true, &unjoined{w.source.Source, w.tx}
					}
					w.publish(ev("1", "a"), ev("bad", "b"), ev("2", "b"), ev("3", "c"))
					w.start(subscription(event.Batched, func(ctx context.Context, ds []event.Delivery) error {
						calls.add("%s", idsOf(ds))
						return w.poisoned(c.err)(ctx, ds)
					}))
					later(time.Minute)
					w.publish(ev("4", "a"), ev("5", "b"))
					later(time.Minute)
					if got := calls.all(); got != c.handled {
						t.Errorf("handled %q, want %q", got, c.handled)
					}
					last := event.Event{Topic: "a", Key: "b", Seq: 6}
					if seen, _ := w.inbox.Seen(t.Context(), "cells/c/s", last); seen != plain {
						t.Errorf("the held event is in the inbox: %v, want that where the position does not tell", seen)
					}
					if got := w.effectsOf() + "; " + w.parkedOf("cells/c/s"); got != "1 3 4; bad (2) (5)" {
						t.Errorf("effects and parked: %q, want 1 3 4; bad (2) (5)", got)
					}
				})
			})
		}
	}
}

func TestFewestAttemptsOfABatchDecideWhenItIsSplit(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w, calls := newWorld(t), &tape{}
		few, many := fast, fast
		few.Attempts, many.Attempts = 2, 5
		b := ev("bad", "b")
		b.Contract = "event.b.v1"
		w.publish(b, ev("1", "a"))
		w.start(subscription(event.Batched, func(ctx context.Context, ds []event.Delivery) error {
			calls.add("%s", idsOf(ds))
			return w.poisoned(errTest)(ctx, ds)
		}, contract.Info{ID: "event.a.v1", Retry: few}, contract.Info{ID: "event.b.v1", Retry: many}))
		later(time.Minute)
		if got := calls.all(); got != "bad+1.1 bad+1.2 bad.3 bad.4 bad.5 1.3" {
			t.Errorf("handled %q, want the poison to have the attempts of its own contract", got)
		}
	})
}

func TestBatchHandsNeighboursOfOneSubscriptionTogether(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w, calls := newWorld(t), &tape{}
		b := func(id string) event.Event {
			e := ev(id, "k")
			e.Contract = "event.b.v1"
			return e
		}
		x := ev("x", "k")
		x.Contract = "event.x.v1"
		record := func(name string) handler {
			return func(_ context.Context, ds []event.Delivery) error {
				calls.add("%s:%s", name, idsOf(ds))
				return nil
			}
		}
		w.publish(ev("1", "k"), x, ev("2", "k"), b("3"), ev("4", "k"))
		w.start(subscription(event.Batched, record("a")), subscription(event.Batched, record("b"), contract.Info{ID: "event.b.v1"}))
		synctest.Wait()
		if got := calls.all(); got != "a:1+2.1 b:3.1 a:4.1" {
			t.Errorf("handled %q, want a:1+2.1 b:3.1 a:4.1", got)
		}
	})
}

func TestSplitBatchThatChangesItsOwnerIsGoneOnWith(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w, calls, lost := newWorld(t), &tape{}, false
		twice := fast
		twice.Attempts = 2
		lose := w.source.lose
		w.publish(ev("1", "a"), ev("2", "b"), ev("bad", "c"), ev("3", "a"))
		w.start(subscription(event.Batched, func(ctx context.Context, ds []event.Delivery) error {
			calls.add("%s", idsOf(ds))
			if ds[0].ID == "bad" && len(ds) == 1 && !lost {
				lost = true
				lose() // in the middle of the split
				<-ctx.Done()
			}
			return w.poisoned(errTest)(ctx, ds)
		}, contract.Info{ID: "event.a.v1", Retry: twice}))
		later(time.Minute)
		if got := w.effectsOf() + "; " + w.parkedOf("cells/c/s"); got != "1 2 3; bad" {
			t.Errorf("effects and parked: %q, want 1 2 3; bad", got)
		}
		if got := calls.all(); got != "1+2+bad+3.1 1+2+bad+3.2 1.3 2.3 bad.3 bad+3.1 bad+3.2 bad.3 3.3" {
			t.Errorf("handled %q, want the next owner to go on behind 2", got)
		}
		w.publish(ev("4", "a"))
		synctest.Wait()
		if got := w.effectsOf(); got != "1 2 3 4" {
			t.Errorf("effects %q, want 1 2 3 4", got)
		}
	})
}

func TestStopInTheMiddleOfASplitBatchPassesNothingOfIt(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		err  error // of the handler that Stop waits for
		left string
		next string
	}{
		"its handler succeeds": {nil, "1", "bad+2+3.1 bad.2 2.2 3.2"},
		"its handler fails":    {errTest, "", "1+bad+2+3.1 1.2 bad.2 2.2 3.2"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w, calls, next := newWorld(t), &tape{}, &tape{}
				poisoned := w.poisoned(event.Permanent(errTest))
				w.publish(ev("1", "a"), ev("bad", "b"), ev("2", "c"), ev("3", "d"))
				w.start(subscription(event.Batched, func(ctx context.Context, ds []event.Delivery) error {
					calls.add("%s", idsOf(ds))
					if len(ds) > 1 {
						return poisoned(ctx, ds)
					}
					<-time.After(10 * time.Second) // Stop comes meanwhile
					return errors.Join(poisoned(ctx, ds), c.err)
				}))
				synctest.Wait()
				w.mustStop()
				if got := calls.all(); got != "1+bad+2+3.1 1.2" {
					t.Fatalf("handled %q, want the stop to come while 1 is handled alone", got)
				}
				if got := w.effectsOf() + "; " + w.parkedOf("cells/c/s"); got != c.left+"; " {
					t.Errorf("effects and parked: %q, want %q", got, c.left+"; ")
				}
				if got := w.unpassed("event.a.v1"); got != "1 bad 2 3" {
					t.Errorf("not passed: %q, want the whole batch: 1 bad 2 3", got)
				}
				w.start(subscription(event.Batched, func(ctx context.Context, ds []event.Delivery) error {
					next.add("%s", idsOf(ds))
					return poisoned(ctx, ds)
				}))
				later(time.Minute)
				if got := next.all(); got != c.next {
					t.Errorf("the next owner handled %q, want %q", got, c.next)
				}
				if got := w.effectsOf() + "; " + w.parkedOf("cells/c/s"); got != "1 2 3; bad" {
					t.Errorf("effects and parked in the end: %q, want 1 2 3; bad", got)
				}
			})
		})
	}
}
