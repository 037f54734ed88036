package postgres

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"fxcell.dev/fxcell/auth"
	"fxcell.dev/fxcell/event"
)

// fullEvent has every attribute.
func fullEvent() event.Event {
	return event.Event{
		ID: "1", Source: "cells/suite/full", Subject: "sübject", Time: time.Date(2026, 3, 1, 12, 30, 15, 123456789, time.UTC),
		Actor:   auth.Actor{Kind: auth.User, ID: "42", Session: "0123456789abcdef", Address: "192.0.2.7"},
		Request: "req-1", Correlation: "corr-1", TraceParent: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", TraceState: "vendor=value",
	}
}

func TestHeadersComeBackTheShortWayToo(t *testing.T) {
	t.Parallel()
	text, err := headersOf(fullEvent())
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := scanHeaders(text); !ok {
		t.Errorf("%s is read the long way", text)
	}
	var got event.Event
	if err := addHeaders(&got, []byte(text)); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(fullEvent(), got); diff != "" {
		t.Errorf("(-written +read):\n%s", diff)
	}
}

func FuzzHeadersAreReadAlikeBothWays(f *testing.F) {
	text, err := headersOf(fullEvent())
	if err != nil {
		f.Fatal(err)
	}
	for _, seed := range []string{
		text, `{}`, `{"id": "1", "actor": {"id": "2", "kind": "user"}}`, `{"id":"a\nb"}`, `{"ID":"x"}`, `{"id":1}`, `{"time":"2026-03-01T12:30:15Z"}`,
		`{"id":"1","id":"2"}`, `{"actor":{}, "subject" : "s"} `, `{"time":"2026-3-1"}`, `[]`, `{"id":"1",}`, "{\"id\":\"\xff\"}", `{"actor":null}`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		short, ok := scanHeaders(text)
		if !ok {
			return
		}
		var long headers
		if err := json.Unmarshal([]byte(text), &long); err != nil {
			t.Fatalf("%q is read the short way, and the long way ends in %v", text, err)
		}
		if diff := cmp.Diff(long, short); diff != "" {
			t.Errorf("%q (-long +short):\n%s", text, diff)
		}
	})
}

func BenchmarkHeaders(b *testing.B) {
	text, err := headersOf(fullEvent())
	if err != nil {
		b.Fatal(err)
	}
	raw := []byte(text)
	for b.Loop() {
		var e event.Event
		if err := addHeaders(&e, raw); err != nil {
			b.Fatal(err)
		}
	}
}
