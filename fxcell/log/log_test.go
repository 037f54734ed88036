package log_test

import (
	"context"
	"maps"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/trace"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"fxcell.dev/fxcell/auth"
	"fxcell.dev/fxcell/log"
)

func TestALineCarriesTheIDsOfItsContext(t *testing.T) {
	t.Parallel()
	var (
		ids     = log.IDs{Request: "r-1", Correlation: "c-1"}
		span    = trace.NewSpanContext(trace.SpanContextConfig{TraceID: trace.TraceID{1}, SpanID: trace.SpanID{2}})
		user    = auth.Principal{Kind: auth.User, ID: "42", Session: "s-1", Token: "jti"}
		request = map[string]any{"request_id": "r-1", "correlation_id": "c-1"}
	)
	for name, c := range map[string]struct {
		change func(context.Context) context.Context
		want   map[string]any
	}{
		"none":      {func(ctx context.Context) context.Context { return ctx }, nil},
		"a request": {func(ctx context.Context) context.Context { return log.WithIDs(ctx, ids) }, request},
		"the last request counts": {func(ctx context.Context) context.Context {
			return log.WithIDs(log.WithIDs(ctx, log.IDs{Request: "r-0"}), ids)
		}, request},
		"an actor": {func(ctx context.Context) context.Context { return auth.WithPrincipal(ctx, user) }, map[string]any{"actor": "user:42"}},
		"the system": {func(ctx context.Context) context.Context {
			return auth.WithActor(auth.WithPrincipal(ctx, user), auth.Actor{Kind: auth.System, ID: "system"})
		}, nil},
		"a trace": {func(ctx context.Context) context.Context { return trace.ContextWithSpanContext(ctx, span) }, map[string]any{
			"trace_id": "01000000000000000000000000000000", "span_id": "0200000000000000",
		}},
		"all": {func(ctx context.Context) context.Context {
			return auth.WithPrincipal(trace.ContextWithSpanContext(log.WithIDs(ctx, ids), span), user)
		}, map[string]any{
			"request_id": "r-1", "correlation_id": "c-1", "actor": "user:42", "trace_id": "01000000000000000000000000000000", "span_id": "0200000000000000",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			core, lines := observer.New(zap.DebugLevel)
			logger := zap.New(core)
			log.For(c.change(t.Context()), logger).Info("x", zap.Int("own", 1))
			logger.Info("the logger that was given stays as it is")
			want := map[string]any{"own": int64(1)}
			maps.Copy(want, c.want)
			if diff := cmp.Diff(want, lines.All()[0].ContextMap()); diff != "" {
				t.Error(diff)
			}
			if got := lines.All()[1].ContextMap(); len(got) > 0 {
				t.Errorf("the logger was changed: %v", got)
			}
		})
	}
}

func TestTheIDsOfAContextCanBeRead(t *testing.T) {
	t.Parallel()
	ids := log.IDs{Request: "r", Correlation: "c"}
	if got := log.IDsOf(log.WithIDs(t.Context(), ids)); got != ids {
		t.Errorf("got %+v, want %+v", got, ids)
	}
	if got := log.IDsOf(t.Context()); got != (log.IDs{}) {
		t.Errorf("got %+v, want none", got)
	}
}
