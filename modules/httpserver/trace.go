package httpserver

import (
	"context"
	"net/http"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
)

// startSpan continues the trace that the caller's header names (W3C trace context) by a server span. It is named by the route's template: a path
// would make as many names as there are things, and show them.
func startSpan(ctx context.Context, tracer trace.Tracer, h http.Header, e *exchange) (context.Context, trace.Span) {
	ctx = propagation.TraceContext{}.Extract(ctx, propagation.HeaderCarrier(h))
	name := e.method
	attributes := []attribute.KeyValue{attribute.String("http.request.method", e.method)}
	if e.Contract != "" {
		name += " " + e.Path
		attributes = append(attributes, attribute.String("http.route", e.Path), attribute.String("fxcell.contract", e.Contract))
	}
	return tracer.Start(ctx, name, trace.WithSpanKind(trace.SpanKindServer), trace.WithAttributes(attributes...))
}

// endSpan notes the status that was answered: what is the server's own fault is an error of the span.
func endSpan(span trace.Span, status int) {
	span.SetAttributes(attribute.Int("http.response.status_code", status))
	if status == 0 || status >= http.StatusInternalServerError {
		span.SetStatus(codes.Error, "")
	}
	span.End()
}
