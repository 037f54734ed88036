package eventtest

import (
	"context"
	"slices"
	"strings"

	"fxcell.dev/fxcell/db"
	"fxcell.dev/fxcell/event"
	"fxcell.dev/fxcell/internal/promise"
)

// SourceSubject is a source under test. Each test gets one without events and readers; it closes what it opened in a cleanup of the test.
type SourceSubject struct {
	Source event.Source
	// Tx runs the transactions in which transactional streams advance.
	Tx db.Transactor
	// Publish brings events on their way to the readers of the source, those of a key in their order. It returns when they will arrive.
	Publish func(ctx context.Context, events ...event.Event) error
}

type sourceKit struct {
	*promise.T
	SourceSubject

	streams int
}

func sourceCases() []promise.Case[*sourceKit] {
	return slices.Concat(deliveryCases(), streamCases(), memberCases())
}

// named returns an event with the id "key/number" or "b:key/number": the latter is of contract event.b.v1, every other of event.a.v1.
func named(id string) event.Event {
	e := event.Event{ID: id, Contract: "event.a.v1", Topic: "suite", Source: "eventtest", Payload: []byte(`{"id":"` + id + `"}`)}
	if key, ok := strings.CutPrefix(id, "b:"); ok {
		id, e.Contract = key, "event.b.v1"
	}
	e.Key, _, _ = strings.Cut(id, "/")
	return e
}

func (k *sourceKit) publish(ids ...string) {
	k.Helper()
	var events []event.Event
	for _, id := range ids {
		events = append(events, named(id))
	}
	if err := k.Publish(k.Outside, events...); err != nil {
		k.Fatalf("publish %q: %v", ids, err)
	}
}
