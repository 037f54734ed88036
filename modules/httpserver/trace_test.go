package httpserver_test

import (
	"context"
	"net/http"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"
	"go.uber.org/fx"
	"go.uber.org/zap"

	"fxcell.dev/fxcell/contract"
	"fxcell.dev/fxcell/fxcelltest"
	"fxcell.dev/modules/httpserver"
)

const parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

func TestTraceOfTheCallerGoesOn(t *testing.T) {
	t.Parallel()
	f := setup(t)
	got := seenOf(t, "traced", f.send(request(t, http.MethodGet, "/api/v1/things", "traceparent", parent)))
	if want := "0af7651916cd43dd8448eb211c80319c"; got.Trace != want {
		t.Errorf("got the trace %s, want %s", got.Trace, want)
	}
	line := f.logs.FilterMessage("request").All()[0].ContextMap()
	if line["trace_id"] != "0af7651916cd43dd8448eb211c80319c" {
		t.Errorf("got the access log %v, want the trace's id in it", line)
	}
	for _, odd := range []string{"", "garbage", "00-00000000000000000000000000000000-b7ad6b7169203331-01"} {
		if got := seenOf(t, odd, f.send(request(t, http.MethodGet, "/api/v1/things", "traceparent", odd))); got.Trace != "00000000000000000000000000000000" {
			t.Errorf("traceparent %q: got the trace %s, want none", odd, got.Trace)
		}
	}
}

// recorded is one span as it ended.
type recorded struct {
	Name       string
	Kind       trace.SpanKind
	Parent     string
	Attributes map[string]string
	Status     codes.Code
}

// recorder is a tracer that keeps its spans.
type recorder struct {
	noop.Tracer

	mu    sync.Mutex
	spans []recorded
}

type span struct {
	noop.Span

	recorder *recorder
	recorded recorded
}

func (r *recorder) Start(ctx context.Context, name string, options ...trace.SpanStartOption) (context.Context, trace.Span) {
	c := trace.NewSpanStartConfig(options...)
	s := &span{recorder: r, recorded: recorded{name, c.SpanKind(), trace.SpanContextFromContext(ctx).SpanID().String(), map[string]string{}, codes.Unset}}
	s.SetAttributes(c.Attributes()...)
	return trace.ContextWithSpan(ctx, s), s
}

func (s *span) SetAttributes(attributes ...attribute.KeyValue) {
	for _, a := range attributes {
		s.recorded.Attributes[string(a.Key)] = a.Value.String()
	}
}

func (s *span) SetStatus(code codes.Code, _ string) { s.recorded.Status = code }

func (s *span) End(...trace.SpanEndOption) {
	s.recorder.mu.Lock()
	defer s.recorder.mu.Unlock()
	s.recorder.spans = append(s.recorder.spans, s.recorded)
}

type routesIn struct {
	fx.In

	Routes []contract.Route `group:"fxcell.routes"`
}

func TestSpanIsNamedByTheRoute(t *testing.T) {
	t.Parallel()
	tracer := &recorder{}
	var f fixture
	off := httpserver.Config{Public: httpserver.Listener{Addr: "off"}, Ops: httpserver.Listener{Addr: "off"}}
	fxcelltest.New(t, assembly(zap.NewNop(), cell(&things{})), fx.Replace(off), fx.Invoke(func(in routesIn) (err error) {
		f.public, err = httpserver.NewHandler(off, in.Routes, callers{}, zap.NewNop(), tracer)
		return err
	}))
	f.send(request(t, http.MethodGet, "/api/v1/things/42?x=y", "traceparent", parent))
	f.send(request(t, http.MethodPost, "/api/v1/panic/x"))
	f.send(request(t, http.MethodGet, "/nowhere/42"))
	none := "0000000000000000"
	want := []recorded{
		{"GET /api/v1/things/{id}", trace.SpanKindServer, "b7ad6b7169203331", map[string]string{
			"http.request.method": "GET", "http.route": "/api/v1/things/{id}", "fxcell.contract": "http.get.v1", "http.response.status_code": "401",
		}, codes.Unset},
		{"POST /api/v1/panic/{id}", trace.SpanKindServer, none, map[string]string{
			"http.request.method": "POST", "http.route": "/api/v1/panic/{id}", "fxcell.contract": "http.panic.v1", "http.response.status_code": "500",
		}, codes.Error},
		{"GET", trace.SpanKindServer, none, map[string]string{"http.request.method": "GET", "http.response.status_code": "404"}, codes.Unset},
	}
	if diff := cmp.Diff(want, tracer.spans); diff != "" {
		t.Errorf("spans (-want +got):\n%s", diff)
	}
}
