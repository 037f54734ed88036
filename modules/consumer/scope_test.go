package consumer

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"
	"go.uber.org/zap"

	"fxcell.dev/fxcell/auth"
	"fxcell.dev/fxcell/event"
	"fxcell.dev/fxcell/log"
)

const (
	traceID     = "4bf92f3577b34da6a3ce929d0e0e4736"
	traceParent = "00-" + traceID + "-00f067aa0ba902b7-01"
)

func caused(id string) event.Event {
	e := ev(id, "k")
	e.Actor = auth.Actor{Kind: auth.User, ID: "u1"}
	e.Correlation, e.Request = "corr", "req of the publisher"
	e.TraceParent, e.TraceState = traceParent, "vendor=x"
	return e
}

// told is what a handler finds in its context.
type told struct {
	Actor, Principal, Correlation, Trace string
}

func tellOf(ctx context.Context) told {
	p, _ := auth.PrincipalOf(ctx)
	return told{
		auth.ActorOf(ctx).String(), string(p.Kind) + ":" + p.ID, log.IDsOf(ctx).Correlation,
		trace.SpanContextFromContext(ctx).TraceID().String(),
	}
}

func TestHandlerActsForTheActorAsItsCell(t *testing.T) {
	t.Parallel()
	none := trace.TraceID{}.String()
	for _, c := range []struct {
		name   string
		mode   event.Mode
		events []event.Event
		want   told
	}{
		{"each", event.Each, []event.Event{caused("1")}, told{"user:u1", "service:cells/c", "corr", traceID}},
		{"external", event.External, []event.Event{caused("1")}, told{"user:u1", "service:cells/c", "corr", traceID}},
		{"nobody", event.Each, []event.Event{ev("1", "k")}, told{"service:cells/c", "service:cells/c", "", none}},
		{"batch", event.Batched, []event.Event{caused("1"), caused("2")}, told{"service:cells/c", "service:cells/c", "corr", none}},
		{"batch of several causes", event.Batched, []event.Event{caused("1"), ev("2", "k")}, told{"service:cells/c", "service:cells/c", "", none}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				requests := map[string]bool{}
				w.publish(c.events...)
				w.start(subscription(c.mode, func(ctx context.Context, _ []event.Delivery) error {
					if diff := cmp.Diff(c.want, tellOf(ctx)); diff != "" {
						t.Error(diff)
					}
					request := log.IDsOf(ctx).Request
					if uuid.Validate(request) != nil || requests[request] {
						t.Errorf("request id %q, want a new one for each handling", request)
					}
					requests[request] = true
					if len(requests) == 1 {
						return errTest
					}
					return nil
				}))
				later(time.Minute)
				if len(requests) != 2 {
					t.Errorf("%d handlings, want 2", len(requests))
				}
				line := w.logs.FilterMessage("event handling failed").All()[0].ContextMap()
				if id, _ := line["request_id"].(string); !requests[id] || line["correlation_id"] != c.want.Correlation {
					t.Errorf("the line about the failure has the ids %v, %v", line["request_id"], line["correlation_id"])
				}
			})
		})
	}
}

// tracer records spans. It makes none itself, as the API without an SDK does.
type tracer struct {
	noop.Tracer

	spans []*span
}

type span struct {
	trace.Span

	name   string
	config trace.SpanConfig
	status codes.Code
	text   string
	ended  int
}

func (tr *tracer) Start(ctx context.Context, name string, options ...trace.SpanStartOption) (context.Context, trace.Span) {
	ctx, inner := tr.Tracer.Start(ctx, name, options...)
	s := &span{Span: inner, name: name, config: trace.NewSpanStartConfig(options...)}
	tr.spans = append(tr.spans, s)
	return ctx, s
}

func (s *span) SetStatus(code codes.Code, text string) { s.status, s.text = code, text }
func (s *span) End(...trace.SpanEndOption)             { s.ended++ }

func TestSpanLinksToTheProducers(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		mode       event.Mode
		name       string
		links      int
		attributes []attribute.KeyValue
	}{
		{event.Each, "consume event.a.v1", 1, []attribute.KeyValue{attribute.String("fxcell.event_id", "1"), attribute.String("fxcell.reader", "cells/c/s")}},
		{event.Batched, "consume batch", maxLinks, []attribute.KeyValue{attribute.Int("fxcell.events", 200), attribute.String("fxcell.reader", "cells/c/s")}},
	} {
		t.Run(string(c.mode), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w, tr := newWorld(t), &tracer{}
				w.tracer, w.cfg.Batch = tr, 200
				events := []event.Event{caused("1")}
				for len(events) < 200 && c.mode == event.Batched {
					events = append(events, caused(uuid.NewString()))
				}
				w.publish(events...)
				failed := false
				w.start(subscription(c.mode, func(context.Context, []event.Delivery) error {
					if !failed {
						failed = true
						return errTest
					}
					return nil
				}))
				later(time.Minute)
				if len(tr.spans) != 2 {
					t.Fatalf("%d spans, want one for each attempt", len(tr.spans))
				}
				first, second := tr.spans[0], tr.spans[1]
				if first.status != codes.Error || first.text != "an error (*errors.errorString)" || second.status != codes.Unset {
					t.Errorf("status %v %q, then %v, want an error without its text, then nothing", first.status, first.text, second.status)
				}
				for _, s := range tr.spans {
					if s.name != c.name || s.ended != 1 || !s.config.NewRoot() || s.config.SpanKind() != trace.SpanKindConsumer {
						t.Errorf("span %q, ended %d times, %+v", s.name, s.ended, s.config)
					}
					links := s.config.Links()
					if len(links) != c.links || links[0].SpanContext.TraceID().String() != traceID || links[0].SpanContext.TraceState().Get("vendor") != "x" {
						t.Errorf("%d links, the first %+v, want %d to the producers", len(links), links[0], c.links)
					}
					got := s.config.Attributes()
					if len(got) != 2 || got[0] != c.attributes[0] || got[1] != c.attributes[1] {
						t.Errorf("attributes %v, want %v", got, c.attributes)
					}
				}
			})
		})
	}
}

func TestBrokenTraceParentLinksToNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w, tr := newWorld(t), &tracer{}
		w.tracer = tr
		e := ev("1", "k")
		e.TraceParent = "00-nonsense"
		w.publish(e)
		w.start(subscription(event.Each, w.effect))
		synctest.Wait()
		if got := w.effectsOf(); got != "1" || len(tr.spans) != 1 || len(tr.spans[0].config.Links()) != 0 {
			t.Errorf("effects %q, spans %+v", got, tr.spans)
		}
		if got := w.logs.FilterLevelExact(zap.WarnLevel).Len(); got != 0 {
			t.Errorf("%d lines", got)
		}
	})
}
