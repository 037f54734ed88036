// Package outboxtest is the conformance suite of outbox.Writer and outbox.Log: what every adapter of the two promises, memory or server.
//
// An adapter runs it from a test of its own, and says by Features what it is like:
//
//	func TestLog(t *testing.T) {
//		outboxtest.Run(t, newSubject, outboxtest.Features{Bounded: true, Serial: true, Bubble: true})
//	}
package outboxtest

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"fxcell.dev/fxcell/db"
	"fxcell.dev/fxcell/event"
	"fxcell.dev/fxcell/internal/promise"
	"fxcell.dev/fxcell/outbox"
)

// Subject is an adapter under test. Each test gets one whose log is empty and has no reader; it closes what it opened in a cleanup of the test.
type Subject struct {
	Tx     db.Transactor
	Writer outbox.Writer
	Log    outbox.Log
}

// Capacity is the room that the log of a Bounded adapter has in the suite.
const Capacity = 32

// Features says what an adapter is like. The zero value is a server that keeps what it is given and runs many transactions at a time.
type Features struct {
	// Bounded is for a log that refuses what it has no room for: every test then gets one with room for exactly Capacity events.
	Bounded bool
	// Serial is for a database that runs one transaction at a time. What happens between two open ones is not tested.
	Serial bool
	// Bubble is for adapters without I/O and without goroutines that outlive a test: each test runs in a testing/synctest bubble, in which waiting
	// costs no time.
	Bubble bool
	// Patience is how long a test waits for what must happen; 10 s when zero.
	Patience time.Duration
	// Quiet is how long a test watches that something does not happen; 50 ms when zero.
	Quiet time.Duration
}

// Run holds what open returns against every promise of the ports, a new subject for each, in parallel.
func Run(t *testing.T, open func(t *testing.T) Subject, f Features) {
	t.Helper()
	w := promise.Waits{Bubble: f.Bubble, Patience: f.Patience, Quiet: f.Quiet}
	promise.Run(t, w, cases(f), func(t *testing.T, report *promise.T) *kit {
		t.Helper()
		return &kit{report, open(t)}
	})
}

func cases(f Features) []promise.Case[*kit] {
	all := slices.Concat(writeCases(), eventCases(), readerCases(), readCases(), advanceCases(), ownerCases(), chaosCases())
	if f.Bounded {
		all = append(all, fullCases()...)
	}
	if !f.Serial {
		all = append(all, lateCases()...)
	}
	return all
}

// kit is one subject under test, and the test.
type kit struct {
	*promise.T
	Subject
}

var errTest = errors.New("outboxtest: undo")

// named returns an event with the id. An id "b:x" is of contract event.b.v1, every other of event.a.v1; all have one key.
func named(id string) event.Event {
	contract := "event.a.v1"
	if strings.HasPrefix(id, "b:") {
		contract = "event.b.v1"
	}
	return event.Event{ID: id, Contract: contract, Topic: "suite", Key: "k", Source: "outboxtest", Payload: []byte(`{"id":"` + id + `"}`)}
}

// add writes events in the transaction of ctx.
func (k *kit) add(ctx context.Context, ids ...string) {
	k.Helper()
	for _, id := range ids {
		if err := k.Writer.Write(ctx, named(id)); err != nil {
			k.Fatalf("Write of %s = %v", id, err)
		}
	}
}

// try commits a transaction with one event for each id, and returns what became of it.
func (k *kit) try(ids ...string) error {
	return k.Tx.InTx(k.Outside, func(ctx context.Context) error {
		for _, id := range ids {
			if err := k.Writer.Write(ctx, named(id)); err != nil {
				return err
			}
		}
		return nil
	})
}

// write commits a transaction with one event for each id.
func (k *kit) write(ids ...string) {
	k.Helper()
	if err := k.try(ids...); err != nil {
		k.Fatalf("write %v: %v", ids, err)
	}
}

// own returns the stream of a reader, which is released when the test ends.
func (k *kit) own(r event.Reader) event.Stream {
	k.Helper()
	s, err := k.Log.Own(k.Outside, r)
	if err != nil {
		k.Fatalf("Own of %s = %v", r.Name, err)
	}
	k.releaseAtEnd(s)
	return s
}

func (k *kit) releaseAtEnd(s event.Stream) {
	ctx := context.WithoutCancel(k.Outside)
	k.Cleanup(func() {
		ctx, cancel := context.WithTimeout(ctx, k.Patience)
		defer cancel()
		_ = s.Release(ctx) // again, as a rule
	})
}

func (k *kit) release(s event.Stream) {
	k.Helper()
	if err := s.Release(k.Outside); err != nil {
		k.Errorf("Release = %v", err)
	}
}

func (k *kit) next(s event.Stream, limit int) event.Batch {
	k.Helper()
	b, err := s.Next(k.Outside, limit)
	if err != nil {
		k.Fatalf("Next = %v", err)
	}
	if len(b.Events) > limit {
		k.Errorf("Next of at most %d returned %d events", limit, len(b.Events))
	}
	return b
}

// reads reads until as many events have come as there are ids: a server may need a look more, or a moment. They must be these, in this order.
func (k *kit) reads(s event.Stream, limit int, ids ...string) []event.Batch {
	k.Helper()
	var batches []event.Batch
	var got []string
	for len(got) < len(ids) && k.Outside.Err() == nil {
		b := k.next(s, min(limit, len(ids)-len(got)))
		if len(b.Events) > 0 {
			batches, got = append(batches, b), append(got, idsOf(b)...)
			continue
		}
		select {
		case <-s.Wake():
		case <-time.After(k.Quiet):
		case <-k.Outside.Done():
		}
	}
	if !slices.Equal(got, ids) {
		k.Fatalf("read %q, want %q", got, ids)
	}
	return batches
}

// readsAll reads the events with the ids in one or more batches of any size, and finds no others.
func (k *kit) readsAll(s event.Stream, ids ...string) []event.Batch {
	k.Helper()
	batches := k.reads(s, Capacity, ids...)
	k.readsNothing(s)
	return batches
}

func (k *kit) readsNothing(s event.Stream) {
	k.Helper()
	if b := k.next(s, Capacity); len(b.Events) > 0 {
		k.Errorf("read %q, want nothing", idsOf(b))
	}
}

// tryAdvance advances over the batches in one transaction, and returns what became of it.
func (k *kit) tryAdvance(s event.Stream, batches ...event.Batch) error {
	return k.Tx.InTx(k.Outside, func(ctx context.Context) error {
		for _, b := range batches {
			if err := s.Advance(ctx, b); err != nil {
				return err
			}
		}
		return nil
	})
}

func (k *kit) advance(s event.Stream, batches ...event.Batch) {
	k.Helper()
	if err := k.tryAdvance(s, batches...); err != nil {
		k.Fatalf("Advance = %v", err)
	}
}

func idsOf(b event.Batch) []string {
	out := make([]string, len(b.Events))
	for i, e := range b.Events {
		out[i] = e.ID
	}
	return out
}
