package contract_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"go.opentelemetry.io/otel/trace"
	"go.uber.org/fx"

	"fxcell.dev/fxcell"
	"fxcell.dev/fxcell/auth"
	"fxcell.dev/fxcell/clock"
	"fxcell.dev/fxcell/contract"
	"fxcell.dev/fxcell/durability"
	"fxcell.dev/fxcell/event"
	"fxcell.dev/fxcell/level"
	"fxcell.dev/fxcell/log"
	"fxcell.dev/fxcell/outbox"
)

type sold struct {
	ID    string    `json:"id"`
	Price int       `json:"price"`
	At    time.Time `json:"at,omitzero"`
}

var soldV1 = contract.Event[sold]{
	ID: "event.sold.v1", Owner: "till", Level: level.L2, Key: func(s sold) string { return s.ID }, KeyAt: "/id", Payload: "payload.schema.json",
	Files: fstest.MapFS{"event/sold/v1/payload.schema.json": {Data: []byte(`{"type": "object", "additionalProperties": false, "required": ["id", "price"],
		"properties": {"id": {"type": "string", "maxLength": 8}, "price": {"type": "integer", "minimum": 1}, "at": {"type": "string", "format": "date-time"}}}`)}},
}

// ledger keeps what is written into it, or fails.
type ledger struct {
	mu     sync.Mutex
	events []event.Event
	err    error
}

func (*ledger) Durability() durability.Grade { return durability.Volatile }

func (l *ledger) Write(_ context.Context, events ...event.Event) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.events = append(l.events, events...)
	return l.err
}

type ledgerOut struct {
	fx.Out

	Writer outbox.Writer
	Claim  durability.Claim `group:"fxcell.claims"`
}

func (l *ledger) module() fx.Option {
	return fx.Module("infra/ledger", fx.Provide(func() ledgerOut {
		return ledgerOut{Writer: l, Claim: durability.Claim{Port: "outbox.Writer", Module: "infra/ledger", Subject: l}}
	}))
}

// till is a service that does nothing but hold its publisher.
type till struct {
	sold contract.Publisher[sold]
}

func (*till) on(context.Context, none) (none, error) { return none{}, nil }

var tillV1 = contract.HTTP[none, none]{ID: "http.till.v1", Owner: "till", Level: level.L0, Method: "GET", Path: "/till", Policy: "public"}

func tillCell(into *till, h contract.Event[sold]) fxcell.Part {
	newTill := func(p contract.Publisher[sold]) *till {
		into.sold = p
		return into
	}
	meta := fxcell.SliceMeta{ID: "sale", Cell: "till", Serves: []string{tillV1.ID}, Publishes: []string{h.ID}}
	return fxcell.Cell(fxcell.CellMeta{ID: "till", Type: "core", Level: level.L2},
		fxcell.Slice(meta, fxcell.Provide(newTill), contract.Serve(tillV1, (*till).on), contract.Publish(h)))
}

func TestEventSaysWhoCausedItWhenAndWhere(t *testing.T) {
	t.Parallel()
	l, s := &ledger{}, till{}
	now := clock.NewManual(time.Date(2030, 1, 2, 3, 4, 5, 6, time.UTC))
	build(t, l.module(), tillCell(&s, soldV1), fx.Decorate(func(clock.Clock) clock.Clock { return now }))

	ctx := log.WithIDs(t.Context(), log.IDs{Request: "r-1", Correlation: "c-1"})
	ctx = auth.WithAddress(auth.WithPrincipal(ctx, auth.Principal{Kind: auth.User, ID: "u-1", Session: "s-1"}), "203.0.113.7")
	state, err := trace.ParseTraceState("vendor=x")
	if err != nil {
		t.Fatal(err)
	}
	ctx = trace.ContextWithSpanContext(ctx, trace.NewSpanContext(trace.SpanContextConfig{
		TraceID: trace.TraceID{15: 1}, SpanID: trace.SpanID{7: 2}, TraceFlags: trace.FlagsSampled, TraceState: state,
	}))
	if err := inTx(ctx, func(ctx context.Context) error { return s.sold.Publish(ctx, sold{ID: "i-1", Price: 5}) }); err != nil {
		t.Fatal(err)
	}
	if len(l.events) != 1 {
		t.Fatalf("got %d events, want 1", len(l.events))
	}
	got := l.events[0]
	if id, err := uuid.Parse(got.ID); err != nil || id.Version() != 7 {
		t.Errorf("got the id %q, want a UUID of version 7", got.ID)
	}
	got.ID = ""
	want := event.Event{
		Contract: "event.sold.v1", Topic: "till", Key: "i-1", Source: "cells/till/sale", Time: now.Now(),
		Actor:   auth.Actor{Kind: auth.User, ID: "u-1", Session: auth.HashSession("s-1"), Address: "203.0.113.7"},
		Request: "r-1", Correlation: "c-1", TraceParent: "00-00000000000000000000000000000001-0000000000000002-01", TraceState: "vendor=x",
		Payload: []byte(`{"id":"i-1","price":5}`),
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("event (-want +got):\n%s", diff)
	}
}

func TestEventsActorIsTheSystemOrWhoWasNamed(t *testing.T) {
	t.Parallel()
	l, s := &ledger{}, till{}
	topic := soldV1
	topic.Topic = "sales"
	build(t, l.module(), tillCell(&s, topic))
	for _, ctx := range []context.Context{t.Context(), auth.WithActor(t.Context(), auth.Actor{Kind: auth.User, ID: "u-9"})} {
		if err := inTx(ctx, func(ctx context.Context) error { return s.sold.Publish(ctx, sold{ID: "i-1", Price: 5}) }); err != nil {
			t.Fatal(err)
		}
	}
	if got := []string{l.events[0].Actor.String(), l.events[1].Actor.String(), l.events[0].Topic}; !cmp.Equal(got, []string{"system:system", "user:u-9", "sales"}) {
		t.Errorf("got %v, want the system, the named user and the contract's topic", got)
	}
	if l.events[0].ID == l.events[1].ID {
		t.Error("two events have one id")
	}
}

func TestPublishFails(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name    string
		in      func(context.Context, func(context.Context) error) error
		payload sold
		writer  error
		want    error  // what the error wraps
		text    string // what it holds
	}{
		{name: "outside a transaction", in: outside, payload: sold{ID: "i-1", Price: 5}, want: outbox.ErrNoTransaction, text: soldV1.ID},
		{name: "after its transaction", in: after, payload: sold{ID: "i-1", Price: 5}, writer: errDisk, want: errDisk, text: soldV1.ID},
		{name: "a payload that does not fit", in: inTx, payload: sold{ID: "much-too-long", Price: 0}, text: "payload does not fit its schema: " +
			"[/id: maxLength: must have at most 8 characters] [/price: minimum: must be at least 1]"},
		{name: "a full log", in: inTx, payload: sold{ID: "i-1", Price: 5}, writer: outbox.ErrFull, want: outbox.ErrFull, text: soldV1.ID},
	}
	for _, c := range cases {
		l, s := &ledger{err: c.writer}, till{}
		build(t, l.module(), tillCell(&s, soldV1))
		err := c.in(t.Context(), func(ctx context.Context) error { return s.sold.Publish(ctx, c.payload) })
		misfit, fits := errors.AsType[*contract.MisfitError](err)
		if err == nil || (c.want != nil && !errors.Is(err, c.want)) || (c.want == nil && (!fits || misfit.What != "payload")) || !strings.Contains(err.Error(), c.text) {
			t.Errorf("%s: got error %v, want %v with %q", c.name, err, c.want, c.text)
		}
		if strings.Contains(err.Error(), "much-too-long") {
			t.Errorf("%s: the error shows the payload: %v", c.name, err)
		}
		if c.writer == nil && len(l.events) > 0 {
			t.Errorf("%s: %d events were written, want none", c.name, len(l.events))
		}
	}
}

func outside(ctx context.Context, fn func(context.Context) error) error { return fn(ctx) }

// after runs fn in a transaction that has ended: only the writer can tell.
//
//nolint:contextcheck // a context that outlives its transaction is what is tested
func after(ctx context.Context, fn func(context.Context) error) error {
	var ended context.Context
	if err := inTx(ctx, func(ctx context.Context) error { ended = ctx; return nil }); err != nil {
		return err
	}
	return fn(ended)
}

func TestPublisherAndClientOfATestNeedNoContainer(t *testing.T) {
	t.Parallel()
	var got []sold
	p := contract.NewTestPublisher(func(_ context.Context, s sold) error {
		got = append(got, s)
		return nil
	})
	c := contract.NewTestClient(func(_ context.Context, r pingReq) (pingRes, error) { return pingRes{Way: r.Way + "!"}, nil })
	if err := p.Publish(t.Context(), sold{ID: "i-1"}); err != nil || len(got) != 1 || got[0].ID != "i-1" {
		t.Errorf("publisher: got %v, error %v, want the payload", got, err)
	}
	if res, err := c.Call(t.Context(), pingReq{Way: "go"}); err != nil || res.Way != "go!" {
		t.Errorf("client: got %v, error %v, want the answer of the function", res, err)
	}
}
