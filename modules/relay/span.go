package relay

import (
	"context"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"fxcell.dev/fxcell/event"
)

// maxLinks bounds the links of a span.
const maxLinks = 128

// span covers a batch until it is passed, and links to those who wrote it.
func (t *tenure) span(ctx context.Context, events []event.Event) trace.Span {
	var links []trace.Link
	ctx = trace.ContextWithSpanContext(ctx, trace.SpanContext{}) // what links are read into
	for _, e := range events[:min(len(events), maxLinks)] {
		carrier := propagation.MapCarrier{"traceparent": e.TraceParent, "tracestate": e.TraceState}
		if c := trace.SpanContextFromContext(propagation.TraceContext{}.Extract(ctx, carrier)); c.IsValid() {
			links = append(links, trace.Link{SpanContext: c})
		}
	}
	_, span := t.tracer.Start(ctx, "outbox.publish", trace.WithNewRoot(), trace.WithSpanKind(trace.SpanKindProducer), trace.WithLinks(links...),
		trace.WithAttributes(attribute.String("fxcell.reader", name), attribute.Int("fxcell.events", len(events))))
	return span
}
