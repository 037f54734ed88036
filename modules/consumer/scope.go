package consumer

import (
	"context"

	"github.com/google/uuid"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"fxcell.dev/fxcell/auth"
	"fxcell.dev/fxcell/event"
	"fxcell.dev/fxcell/log"
)

// maxLinks bounds the links of a span.
const maxLinks = 128

// scope returns the context in which an event is handled: the cell acts for the event's actor, in a span that links to the producer's.
func (r *reader) scope(ctx context.Context, e event.Event) (context.Context, trace.Span) {
	ctx = r.identify(ctx, e.Correlation)
	if e.Actor != (auth.Actor{}) {
		ctx = auth.WithActor(ctx, e.Actor)
	}
	producer := producerOf(e)
	// Without a tracing SDK there is no span of ours: the producer's trace then goes on in logs and in what the handler publishes.
	ctx = trace.ContextWithRemoteSpanContext(ctx, producer)
	return r.span(ctx, "consume "+e.Contract, []event.Event{e}, attribute.String("fxcell.event_id", e.ID))
}

// batchScope returns the context in which events are handled together. They may have many actors; the handler finds them in the events.
func (r *reader) batchScope(ctx context.Context, events []event.Event) (context.Context, trace.Span) {
	correlation := events[0].Correlation
	for _, e := range events {
		if e.Correlation != correlation {
			correlation = ""
		}
	}
	return r.span(r.identify(ctx, correlation), "consume batch", events, attribute.Int("fxcell.events", len(events)))
}

func (r *reader) identify(ctx context.Context, correlation string) context.Context {
	ctx = log.WithIDs(ctx, log.IDs{Request: uuid.NewString(), Correlation: correlation})
	return auth.WithPrincipal(ctx, auth.Principal{Kind: auth.Service, ID: r.cell})
}

func (r *reader) span(ctx context.Context, name string, events []event.Event, attributes ...attribute.KeyValue) (context.Context, trace.Span) {
	var links []trace.Link
	for _, e := range events[:min(len(events), maxLinks)] {
		if producer := producerOf(e); producer.IsValid() {
			links = append(links, trace.Link{SpanContext: producer})
		}
	}
	return r.tracer.Start(ctx, name, trace.WithNewRoot(), trace.WithSpanKind(trace.SpanKindConsumer), trace.WithLinks(links...),
		trace.WithAttributes(append(attributes, attribute.String("fxcell.reader", r.name))...))
}

// producerOf returns the span that published an event, an invalid one when there was none.
func producerOf(e event.Event) trace.SpanContext {
	if e.TraceParent == "" {
		return trace.SpanContext{}
	}
	carrier := propagation.MapCarrier{"traceparent": e.TraceParent, "tracestate": e.TraceState}
	return trace.SpanContextFromContext(propagation.TraceContext{}.Extract(context.Background(), carrier))
}

// blame marks a span as failed, by the kind of its error only.
func blame(span trace.Span, err error) { span.SetStatus(codes.Error, kindOf(err)) }
