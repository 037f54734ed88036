// Package eventtest holds the conformance suites of event.Source, event.Sink, event.Inbox and event.Parking: what every adapter of each promises,
// memory, server or broker.
//
// An adapter runs them from tests of its own, and says by Features what its source is like:
//
//	func TestSource(t *testing.T) {
//		eventtest.RunSource(t, newSource, eventtest.Features{Streams: partitions})
//	}
package eventtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"fxcell.dev/fxcell/auth"
	"fxcell.dev/fxcell/db"
	"fxcell.dev/fxcell/durability"
	"fxcell.dev/fxcell/event"
	"fxcell.dev/fxcell/internal/promise"
)

var errTest = errors.New("eventtest: undo")

// statesItsGrade fails when an adapter does not say what it keeps.
func statesItsGrade(t *promise.T, s durability.Stated) {
	t.Helper()
	if got := s.Durability(); got != durability.Volatile && got != durability.Persistent {
		t.Errorf("Durability = %v, want volatile or persistent", got)
	}
}

// commit runs fn in a transaction that must commit.
func commit(t *promise.T, tx db.Transactor, fn func(ctx context.Context) error) {
	t.Helper()
	if err := tx.InTx(t.Outside, fn); err != nil {
		t.Fatalf("InTx = %v, want a commit", err)
	}
}

// undo runs fn in a transaction, or in a savepoint of ctx's, that is undone.
func undo(ctx context.Context, t *promise.T, tx db.Transactor, fn func(ctx context.Context) error) {
	t.Helper()
	if err := tx.InTx(ctx, func(ctx context.Context) error {
		if err := fn(ctx); err != nil {
			return err
		}
		return errTest
	}); !errors.Is(err, errTest) {
		t.Errorf("InTx = %v, want the error of its function", err)
	}
}

// of returns the event with the Seq of a topic and key.
func of(topic, key string, seq int64) event.Event {
	return event.Event{ID: fmt.Sprint("event ", seq), Seq: seq, Contract: "event.a.v1", Topic: topic, Key: key}
}

// full is an event whose attributes are all said. Its time has the microseconds that servers keep; its payload is no text at all.
func full() event.Event {
	return event.Event{
		ID: "0198c5a0-0000-7000-8000-000000000001", Contract: "event.a.v1", Topic: "suite", Key: "kéy/with: all",
		Source: "cells/suite/full", Subject: "sübject", Time: time.Date(2026, 3, 1, 12, 30, 15, 123456000, time.UTC),
		Actor:   auth.Actor{Kind: auth.User, ID: "42", Session: "0123456789abcdef", Address: "192.0.2.7"},
		Request: "req-1", Correlation: "corr-1",
		TraceParent: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", TraceState: "vendor=value",
		Payload: []byte("{\"b\": 1,  \"a\": 1.0}\n\x00\xff"),
	}
}

// difference compares what is of events; an empty payload is as good as none.
func difference(want, got any) string {
	return cmp.Diff(want, got, cmp.Comparer(time.Time.Equal), cmp.Comparer(bytes.Equal))
}

// places are readers, topics and keys that are easily taken for one another.
var places = []struct{ reader, topic, key string }{
	{"cells/a", "t", "k"},
	{"cells/b", "t", "k"},
	{"cells/a", "t2", "k"},
	{"cells/a", "t", "k2"},
	{"cells/a", "t", "K"},
	{"cells/a/t", "k", "x"},
	{"cells/a", "t/k", "x"},
	{"cells/a", "t", "k/x"},
	{"cells/a", "t:k", "x"},
	{"cells/a", "t", "k:x"},
	{"cells/a", "t", "kéy with \" and ' and % and _"},
}

// Features says what a source is like. The zero value is a source with one stream for each reader.
type Features struct {
	// Streams is how many streams the only member of a reader is handed; 1 when zero.
	Streams int
	// Bubble is for sources without I/O and without goroutines that outlive a test: each test runs in a testing/synctest bubble, in which waiting
	// costs no time.
	Bubble bool
	// Patience is how long a test waits for what must happen; 10 s when zero.
	Patience time.Duration
	// Quiet is how long a test watches that something does not happen; 50 ms when zero.
	Quiet time.Duration
}

// RunSource holds what open returns against every promise of event.Source, a new subject for each, in parallel.
func RunSource(t *testing.T, open func(t *testing.T) SourceSubject, f Features) {
	t.Helper()
	w := promise.Waits{Bubble: f.Bubble, Patience: f.Patience, Quiet: f.Quiet}
	promise.Run(t, w, sourceCases(), func(t *testing.T, report *promise.T) *sourceKit {
		t.Helper()
		return &sourceKit{report, open(t), max(f.Streams, 1)}
	})
}

// RunInbox holds what open returns against every promise of event.Inbox, a new subject for each, in parallel.
func RunInbox(t *testing.T, open func(t *testing.T) InboxSubject) {
	t.Helper()
	promise.Run(t, promise.Waits{}, inboxCases(), func(t *testing.T, report *promise.T) *inboxKit {
		t.Helper()
		return &inboxKit{report, open(t)}
	})
}

// RunParking holds what open returns against every promise of event.Parking, a new subject for each, in parallel.
func RunParking(t *testing.T, open func(t *testing.T) ParkingSubject) {
	t.Helper()
	promise.Run(t, promise.Waits{}, parkingCases(), func(t *testing.T, report *promise.T) *parkingKit {
		t.Helper()
		return &parkingKit{report, open(t)}
	})
}
