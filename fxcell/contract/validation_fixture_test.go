package contract_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/metric/noop"
	"go.uber.org/fx"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"fxcell.dev/fxcell"
	"fxcell.dev/fxcell/contract"
	"fxcell.dev/fxcell/db"
	"fxcell.dev/fxcell/db/memdb"
	"fxcell.dev/fxcell/durability"
	"fxcell.dev/fxcell/event"
	"fxcell.dev/fxcell/level"
	"fxcell.dev/fxcell/outbox"
)

// tooLong is what a service answers and publishes where its contract allows eight letters.
const tooLong = "longer-than-it-may-be"

type (
	labelRequest struct {
		Text string `json:"text"`
	}
	label struct {
		Text string `json:"text"`
	}
	labelMade struct {
		Text string `json:"text"`
	}
)

const (
	eightLetters = `{"type": "object", "additionalProperties": false, "required": ["text"], "properties": {"text": {"type": "string", "maxLength": 8}}}`
	manyLetters  = `{"type": "object", "additionalProperties": false, "required": ["text"], "properties": {"text": {"type": "string", "maxLength": 99}}}`
)

var (
	labelFiles = fstest.MapFS{
		"http/label/show/v1/request.schema.json":  {Data: []byte(manyLetters)},
		"http/label/show/v1/response.schema.json": {Data: []byte(eightLetters)},
		"http/label/make/v1/request.schema.json":  {Data: []byte(manyLetters)},
		"event/label/made/v1/payload.schema.json": {Data: []byte(eightLetters)},
	}
	// The answer of show, and what make publishes, is what was sent: so it may be too long.
	labelShowV1 = contract.HTTP[labelRequest, label]{
		ID: "http.label.show.v1", Owner: "label", Level: level.L0, Method: http.MethodPost, Path: "/show", Policy: "public",
		Request: "request.schema.json", Response: "response.schema.json", Files: labelFiles,
	}
	labelMakeV1 = contract.HTTP[labelRequest, label]{
		ID: "http.label.make.v1", Owner: "label", Level: level.L2, Method: http.MethodPost, Path: "/make", Policy: "public",
		Request: "request.schema.json", Files: labelFiles,
	}
	labelMadeV1 = contract.Event[labelMade]{
		ID: "event.label.made.v1", Owner: "label", Level: level.L2, Key: func(labelMade) string { return "1" },
		Payload: "payload.schema.json", Files: labelFiles,
	}
)

type labelShow struct{}

func newLabelShow() *labelShow { return &labelShow{} }

func (*labelShow) Show(_ context.Context, req labelRequest) (label, error) { return label(req), nil }

type labelMake struct {
	tx   db.Transactor
	made contract.Publisher[labelMade]
}

func newLabelMake(tx db.Transactor, made contract.Publisher[labelMade]) *labelMake {
	return &labelMake{tx, made}
}

func (s *labelMake) Make(ctx context.Context, req labelRequest) (label, error) {
	return label(req), s.tx.InTx(ctx, func(ctx context.Context) error { return s.made.Publish(ctx, labelMade(req)) })
}

// labels is a cell whose answers and payloads may not fit.
var labels = fxcell.Cell(fxcell.CellMeta{ID: "label", Level: level.L2},
	fxcell.Slice(fxcell.SliceMeta{ID: "show", Cell: "label", Serves: []string{labelShowV1.ID}},
		fxcell.Provide(newLabelShow), contract.Serve(labelShowV1, (*labelShow).Show)),
	fxcell.Slice(fxcell.SliceMeta{ID: "make", Cell: "label", Serves: []string{labelMakeV1.ID}, Publishes: []string{labelMadeV1.ID}},
		fxcell.Provide(newLabelMake), contract.Publish(labelMadeV1), contract.Serve(labelMakeV1, (*labelMake).Make)),
)

// labelEngine states the grade that the assembly's mode wants, so that both modes can be had over one kind of engine.
type labelEngine struct {
	*memdb.Engine

	grade durability.Grade
}

func (e labelEngine) Durability() durability.Grade { return e.grade }

// labelWriter is a writer that keeps what is committed.
type labelWriter struct {
	grade durability.Grade

	mu       sync.Mutex
	events   []event.Event
	dropping bool // keeps nothing: a benchmark writes many
}

func (w *labelWriter) Durability() durability.Grade { return w.grade }

func (w *labelWriter) Write(ctx context.Context, events ...event.Event) error {
	return db.OnCommit(ctx, func(context.Context) {
		w.mu.Lock()
		defer w.mu.Unlock()
		if !w.dropping {
			w.events = append(w.events, events...)
		}
	})
}

func (w *labelWriter) payloads() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	out := make([]string, 0, len(w.events))
	for _, e := range w.events {
		out = append(out, string(e.Payload))
	}
	return out
}

type labelPorts struct {
	fx.Out

	Tx     db.Transactor
	Writer outbox.Writer
	Claim  durability.Claim `group:"fxcell.claims"`
}

// labelApp is an app with the cell, what it wrote and its log.
type labelApp struct {
	tb     testing.TB
	routes map[string]contract.Route
	events *labelWriter
	logs   *observer.ObservedLogs
}

type labelRoutes struct {
	fx.In

	Routes []contract.Route `group:"fxcell.routes"`
}

// newLabelApp builds an app. It is not started: a route needs nothing that has a hook.
func newLabelApp(tb testing.TB, mode durability.Mode, options ...fx.Option) *labelApp {
	tb.Helper()
	app := &labelApp{tb: tb, events: &labelWriter{grade: durability.Persistent}, routes: map[string]contract.Route{}}
	core, logs := observer.New(zap.InfoLevel)
	app.logs = logs
	tx := labelEngine{memdb.NewEngine(), durability.Persistent}
	ports := fx.Module("infra/test", fx.Provide(
		func() *zap.Logger { return zap.New(core) },
		func() labelPorts {
			return labelPorts{Tx: tx, Writer: app.events, Claim: durability.Claim{Port: "db.Transactor", Module: "infra/test", Subject: tx}}
		},
	))
	err := fx.New(append(options, fxcell.Assembly("labels", mode, ports, labels), fx.NopLogger, fx.Invoke(func(in labelRoutes) {
		for _, r := range in.Routes {
			app.routes[r.Path] = r
		}
	}))...).Err()
	if err != nil {
		tb.Fatalf("does not build: %v", err)
	}
	return app
}

// send posts {"text": text} and returns status and body of the answer.
func (a *labelApp) send(path, text string) (int, string) {
	a.tb.Helper()
	req := httptest.NewRequestWithContext(a.tb.Context(), http.MethodPost, path, strings.NewReader(`{"text":"`+text+`"}`))
	req.Header.Set("Content-Type", "application/json")
	rec := httptest.NewRecorder()
	a.routes[path].ServeHTTP(rec, req)
	return rec.Code, rec.Body.String()
}

// lines are the messages in the log; none may hold what was sent.
func (a *labelApp) lines() []string {
	a.tb.Helper()
	out := []string{}
	for _, e := range a.logs.All() {
		for _, f := range e.Context {
			if err, ok := f.Interface.(error); strings.Contains(f.String, tooLong) || ok && strings.Contains(err.Error(), tooLong) {
				a.tb.Errorf("the log line %q holds what was sent: %v", e.Message, f)
			}
		}
		out = append(out, e.Message)
	}
	return out
}

// labelMeter is a meter that keeps what is added to its counters.
type labelMeter struct {
	noop.Meter

	mu   sync.Mutex
	adds []string
}

func (c *labelMeter) Int64Counter(name string, _ ...metric.Int64CounterOption) (metric.Int64Counter, error) {
	return &labelCounter{meter: c, name: name}, nil
}

func (c *labelMeter) all() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.adds)
}

type labelCounter struct {
	noop.Int64Counter

	meter *labelMeter
	name  string
}

func (c *labelCounter) Add(_ context.Context, _ int64, options ...metric.AddOption) {
	set := metric.NewAddConfig(options).Attributes()
	c.meter.mu.Lock()
	defer c.meter.mu.Unlock()
	c.meter.adds = append(c.meter.adds, c.name+"{"+set.Encoded(attribute.DefaultEncoder())+"}")
}
