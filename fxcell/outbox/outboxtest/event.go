package outboxtest

import (
	"bytes"
	"context"
	"time"

	"github.com/google/go-cmp/cmp"

	"fxcell.dev/fxcell/auth"
	"fxcell.dev/fxcell/event"
	"fxcell.dev/fxcell/internal/promise"
)

func eventCases() []promise.Case[*kit] {
	return []promise.Case[*kit]{
		{Name: "events come back as they were written", Keep: comeBackAsWritten},
		{Name: "nobody changes an event that others read", Keep: eventsAreCopies},
		{Name: "the place of an event grows, and stays", Keep: placesGrow},
	}
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

func comeBackAsWritten(k *kit) {
	s := k.own(event.Reader{Name: "r"})
	bare := event.Event{ID: "2", Contract: "event.a.v1", Topic: "suite", Time: full().Time}
	err := k.Tx.InTx(k.Outside, func(ctx context.Context) error { return k.Writer.Write(ctx, full(), bare) })
	if err != nil {
		k.Fatalf("InTx = %v", err)
	}
	var got []event.Event
	for _, b := range k.readsAll(s, full().ID, "2") {
		got = append(got, b.Events...)
	}
	for i, want := range []event.Event{full(), bare} {
		want.Seq = got[i].Seq
		if diff := cmp.Diff(want, got[i], cmp.Comparer(time.Time.Equal), cmp.Comparer(bytes.Equal)); diff != "" {
			k.Errorf("event %s (-written +read):\n%s", want.ID, diff)
		}
	}
}

func eventsAreCopies(k *kit) {
	first, second := k.own(event.Reader{Name: "1"}), k.own(event.Reader{Name: "2"})
	e := named("1")
	want := string(e.Payload)
	err := k.Tx.InTx(k.Outside, func(ctx context.Context) error {
		defer clear(e.Payload) // the writer may use its buffer again
		return k.Writer.Write(ctx, e)
	})
	if err != nil {
		k.Fatalf("InTx = %v", err)
	}
	clear(k.readsAll(first, "1")[0].Events[0].Payload)
	if got := string(k.readsAll(second, "1")[0].Events[0].Payload); got != want {
		k.Errorf("payload %q, want %q", got, want)
	}
}

func placesGrow(k *kit) {
	first, second := k.own(event.Reader{Name: "1"}), k.own(event.Reader{Name: "2"})
	k.write("1", "2", "3")
	k.write("4")
	batches := k.reads(first, 2, "1", "2", "3", "4")
	k.release(first)
	again := k.own(event.Reader{Name: "1"})
	seen := map[string]int64{}
	last := int64(0)
	for _, b := range batches {
		for _, e := range b.Events {
			if e.Seq <= last {
				k.Errorf("event %s has Seq %d after %d, want it to grow", e.ID, e.Seq, last)
			}
			last, seen[e.ID] = e.Seq, e.Seq
		}
	}
	for who, s := range map[string]event.Stream{"another reader": second, "the next owner": again} {
		for _, b := range k.reads(s, 3, "1", "2", "3", "4") {
			for _, e := range b.Events {
				if e.Seq != seen[e.ID] {
					k.Errorf("event %s has Seq %d, for %s %d", e.ID, seen[e.ID], who, e.Seq)
				}
			}
		}
	}
}
