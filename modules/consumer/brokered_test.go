package consumer

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"

	"fxcell.dev/fxcell/event"
)

// brokered is a source like a broker's: it hands out streams that were filled before, each once, and its positions join no transaction.
type brokered []*partition

func (b brokered) Open(ctx context.Context, _ event.Reader) (<-chan event.Stream, error) {
	out := make(chan event.Stream)
	go func() {
		defer close(out)
		for _, p := range b {
			select {
			case out <- p:
			case <-ctx.Done():
				return
			}
		}
		<-ctx.Done()
	}()
	return out, nil
}

// partition has one batch to read, whose turn comes once.
type partition struct {
	event.Batch

	mu     sync.Mutex
	read   bool
	passed bool
}

func (p *partition) Next(context.Context, int) (event.Batch, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.read {
		return event.Batch{}, nil
	}
	p.read = true
	return p.Batch, nil
}

func (p *partition) Advance(ctx context.Context, _ event.Batch) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.passed = true
	return ctx.Err()
}

func (p *partition) wasPassed() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.passed
}

func (*partition) Transactional() bool           { return false }
func (*partition) Wake() <-chan struct{}         { return nil }
func (*partition) Lost() <-chan struct{}         { return nil }
func (*partition) Release(context.Context) error { return nil }

// numbered gives the events places in the log.
func numbered(events ...event.Event) []event.Event {
	for i := range events {
		events[i].Seq = int64(i + 1)
	}
	return events
}

func eachMode(t *testing.T, check func(w *world, mode event.Mode)) {
	t.Helper()
	for _, mode := range []event.Mode{event.Each, event.External, event.Batched} {
		t.Run(string(mode), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { check(newWorld(t), mode) })
		})
	}
}

// inTx counts effects in a transaction, whatever the mode.
func (w *world) inTx(ctx context.Context, ds []event.Delivery) error {
	return w.tx.InTx(ctx, func(ctx context.Context) error { return w.effect(ctx, ds) })
}

func TestWhatCouldNotBeReadIsParkedWithItsCause(t *testing.T) {
	t.Parallel()
	eachMode(t, func(w *world, mode event.Mode) {
		t := w.t
		foreign := event.Event{ID: "foreign", Topic: "a", Key: "a/0/1"}
		unwanted := event.Event{ID: "unwanted", Contract: "event.z.v1", Topic: "a", Key: "x"}
		p := &partition{Batch: event.Batch{
			Events: numbered(ev("1", "k"), foreign, ev("broken", "k"), unwanted, ev("2", "k"), ev("3", "other")),
			Faults: map[int]error{1: errors.Join(errTest, errTest), 2: errTest, 3: errTest},
		}}
		w.source.Source = brokered{p}
		w.source.plain = true
		w.start(subscription(mode, w.inTx))
		later(time.Minute)
		if got := w.effectsOf(); got != "1 3" {
			t.Errorf("effects %q, want 1 3: what could not be read has none, and its key waits where it is known", got)
		}
		if got := w.parkedOf("cells/c/s"); got != "foreign broken (2)" {
			t.Errorf("parked %q, want foreign broken (2)", got)
		}
		list, _ := w.parking.List(t.Context(), "cells/c/s")
		if got := list[0]; got.Reason != "could not be read: test; test" || got.Attempts != 0 {
			t.Errorf("parked after %d attempts by %q, want none and the source's word", got.Attempts, got.Reason)
		}
		if !p.wasPassed() {
			t.Error("the batch was not passed: it stops its stream")
		}
		if got := w.logs.FilterMessage("event parked").FilterLevelExact(zap.ErrorLevel).Len(); got != 2 {
			t.Errorf("%d lines about what could not be read, want 2", got)
		}
	})
}

func TestWhatIsReadAgainIsNotParkedAgain(t *testing.T) {
	t.Parallel()
	eachMode(t, func(w *world, mode event.Mode) {
		t := w.t
		w.source.plain = true
		for range 2 { // owners, the first of which did not pass it
			broken := event.Batch{Events: numbered(ev("broken", "k")), Faults: map[int]error{0: errTest}}
			w.source.Source = brokered{{Batch: broken}}
			w.start(subscription(mode, w.inTx))
			later(time.Minute)
			w.mustStop()
		}
		if got := w.parkedOf("cells/c/s"); got != "broken" {
			t.Errorf("parked %q, want broken once", got)
		}
		if got := w.logs.FilterMessage("event parked").Len(); got != 1 {
			t.Errorf("%d lines about it, want 1", got)
		}
	})
}

// asked is an inbox that notes by what it is asked.
type asked struct {
	event.Inbox

	tape
}

func (a *asked) Seen(ctx context.Context, reader string, e event.Event) (bool, error) {
	a.add("%s:%s:%d", e.ID, e.Key, e.Seq)
	return a.Inbox.Seen(ctx, reader, e)
}

func (a *asked) Mark(ctx context.Context, reader string, e event.Event) error {
	a.add("%s:%s:%d!", e.ID, e.Key, e.Seq)
	return a.Inbox.Mark(ctx, reader, e)
}

// A watermark of the key would drop the second of two that have no place.
func TestEventWithoutAPlaceInALogIsKnownByItsID(t *testing.T) {
	t.Parallel()
	eachMode(t, func(w *world, mode event.Mode) {
		t := w.t
		inbox := &asked{Inbox: w.inbox}
		w.inbox = inbox
		placed := ev("2", "k")
		placed.Seq = 7
		w.source.Source = brokered{{Batch: event.Batch{Events: []event.Event{ev("1", "k"), placed}}}}
		w.source.plain = true
		w.start(subscription(mode, w.inTx))
		later(time.Minute)
		if got := w.effectsOf(); got != "1 2" {
			t.Errorf("effects %q, want 1 2", got)
		}
		for call := range strings.FieldsSeq(inbox.all()) {
			if !strings.HasPrefix(call, "1::0") && !strings.HasPrefix(call, "2:k:7") {
				t.Errorf("the inbox was asked by %s, want the id where there is no place, the key where there is one", call)
			}
		}
	})
}

func TestEventThatComesAgainInABatchHasOneEffect(t *testing.T) {
	t.Parallel()
	eachMode(t, func(w *world, mode event.Mode) {
		t := w.t
		keyed := numbered(ev("1", "k"), ev("2", "k"), ev("3", ""), ev("4", ""))
		byHand := []event.Event{ev("5", "k"), ev("6", "k"), ev("5", "k")}
		w.source.Source = brokered{{Batch: event.Batch{Events: slices.Concat(keyed, byHand, keyed)}}}
		w.source.plain = true
		w.start(subscription(mode, w.inTx))
		later(time.Minute)
		if got := w.effectsOf(); got != "1 2 3 4 5 6" {
			t.Errorf("effects %q, want one of each", got)
		}
	})
}

func TestLanesAreTheReadersNotItsStreams(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.cfg.Lanes = 2
		var streams brokered
		for i := range 5 {
			key := fmt.Sprint(i)
			streams = append(streams, &partition{Batch: event.Batch{Events: numbered(ev(key+"a", key), ev(key+"b", key+"'"))}})
		}
		w.source.Source = streams
		w.source.plain = true
		var running, most, handled atomic.Int64
		w.start(subscription(event.External, func(_ context.Context, ds []event.Delivery) error {
			most.Store(max(most.Load(), running.Add(1)))
			<-time.After(time.Second)
			running.Add(-1)
			handled.Add(int64(len(ds)))
			return nil
		}))
		later(time.Minute)
		if most.Load() != 2 || handled.Load() != 10 {
			t.Errorf("%d handled at a time and %d in all, want 2 and 10", most.Load(), handled.Load())
		}
	})
}
