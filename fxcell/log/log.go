// Package log carries the ids of a request through a context and puts them into log lines.
package log

import (
	"context"

	"go.opentelemetry.io/otel/trace"
	"go.uber.org/zap"

	"fxcell.dev/fxcell/auth"
)

// IDs tie what happens to what caused it.
type IDs struct {
	Request     string // one request or one handling of an event
	Correlation string // everything that one outside request caused
}

type idsKey struct{}

// WithIDs returns a context that carries ids.
func WithIDs(ctx context.Context, ids IDs) context.Context {
	return context.WithValue(ctx, idsKey{}, ids)
}

// IDsOf returns the ids that ctx carries, empty ones when there are none.
func IDsOf(ctx context.Context) IDs {
	ids, _ := ctx.Value(idsKey{}).(IDs)
	return ids
}

// For returns logger with the request, correlation, trace and actor ids of ctx as fields. The container's logger names cell and slice itself.
func For(ctx context.Context, logger *zap.Logger) *zap.Logger {
	fields := make([]zap.Field, 0, 5)
	if ids := IDsOf(ctx); ids != (IDs{}) {
		fields = append(fields, zap.String("request_id", ids.Request), zap.String("correlation_id", ids.Correlation))
	}
	if span := trace.SpanContextFromContext(ctx); span.IsValid() {
		fields = append(fields, zap.Stringer("trace_id", span.TraceID()), zap.Stringer("span_id", span.SpanID()))
	}
	if actor := auth.ActorOf(ctx); actor.Kind != auth.System {
		fields = append(fields, zap.Stringer("actor", actor))
	}
	return logger.With(fields...)
}
