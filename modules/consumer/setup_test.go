package consumer

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	oteltrace "go.opentelemetry.io/otel/trace"
	"go.uber.org/fx"
	"go.uber.org/goleak"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"fxcell.dev/fxcell/clock"
	"fxcell.dev/fxcell/config"
	"fxcell.dev/fxcell/contract"
	"fxcell.dev/fxcell/db"
	"fxcell.dev/fxcell/db/memdb"
	"fxcell.dev/fxcell/event"
	"fxcell.dev/fxcell/outbox"
	"fxcell.dev/infra/memory" //nolint:depguard // fakes of ports are the memory adapters
	"fxcell.dev/modules/logsource"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var errTest = errors.New("test")

// silent is a configuration that says nothing.
type silent struct{}

func (silent) Decode(string, any) error { return nil }

// world is everything that a consumer meets: the memory adapters, a source that can lose its streams, and a table for effects.
type world struct {
	running *Consumer // once it is started
	t       testing.TB
	cfg     Config
	tx      db.Transactor
	writer  outbox.Writer
	source  *source
	inbox   event.Inbox
	parking event.Parking
	effects *memdb.Table[string, int] // by event id: how often it had an effect
	logs    *observer.ObservedLogs
	tracer  oteltrace.Tracer // nil is the global one
	stop    func() error
}

type adapters struct {
	fx.In

	Tx      db.Transactor
	Writer  outbox.Writer
	Log     outbox.Log
	Inbox   event.Inbox
	Parking event.Parking
}

func newWorld(tb testing.TB) *world {
	tb.Helper()
	return newWorldOf(tb, memory.Config{})
}

func newWorldOf(tb testing.TB, capacities memory.Config) *world {
	tb.Helper()
	w := &world{t: tb, effects: memdb.NewTable[string, int](0)}
	var a adapters
	app := fx.New(memory.Module, fx.NopLogger, fx.Replace(capacities),
		fx.Provide(func() config.Source { return silent{} }),
		fx.Invoke(func(in adapters) { a = in }),
	)
	if err := app.Err(); err != nil {
		tb.Fatal(err)
	}
	var core zapcore.Core
	core, w.logs = observer.New(zap.DebugLevel)
	w.tx, w.writer, w.inbox, w.parking = a.Tx, a.Writer, a.Inbox, a.Parking
	w.source = &source{Source: logsource.New(a.Log, zap.NewNop()), logger: zap.New(core)}
	return w
}

// start runs subscriptions until the test stops them, or ends.
func (w *world) start(subscriptions ...contract.Subscription) {
	w.t.Helper()
	c, err := New(w.cfg, subscriptions, Ports{w.source, w.inbox, w.parking, w.tx, w.source.logger, clock.System()})
	if err != nil {
		w.t.Fatal(err)
	}
	for _, r := range c.readers {
		if w.tracer != nil {
			r.tracer = w.tracer
		}
	}
	w.running = c
	if err := c.Start(w.t.Context()); err != nil {
		w.t.Fatalf("Start = %v", err)
	}
	w.stop = sync.OnceValue(func() error {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(w.t.Context()), 20*time.Second)
		defer cancel()
		return c.Stop(ctx)
	})
	w.t.Cleanup(func() { w.mustStop() })
}

func (w *world) mustStop() {
	w.t.Helper()
	if err := w.stop(); err != nil {
		w.t.Errorf("Stop = %v", err)
	}
}

// publish commits events, all in one transaction.
func (w *world) publish(events ...event.Event) {
	w.t.Helper()
	ctx := context.WithoutCancel(w.t.Context())
	if err := w.tx.InTx(ctx, func(ctx context.Context) error { return w.writer.Write(ctx, events...) }); err != nil {
		w.t.Fatalf("publish: %v", err)
	}
}

// ev is an event of event.a.v1 with the key.
func ev(id, key string) event.Event {
	return event.Event{ID: id, Contract: "event.a.v1", Topic: "a", Key: key, Payload: []byte("payload-of-" + id)}
}

// later lets the time of a bubble pass, and everything happen that is due.
func later(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}

func (w *world) count(ctx context.Context, id string) error {
	n, _ := w.effects.Get(ctx, id)
	return w.effects.Put(ctx, id, n+1)
}

// effectsOf returns what was committed, e.g. "1 2x2 3", in the order of ids.
func (w *world) effectsOf() string {
	var out []string
	w.effects.Ascend(context.Background(), "", func(id string, n int) bool {
		if n != 1 {
			id += fmt.Sprintf("x%d", n)
		}
		out = append(out, id)
		return true
	})
	return join(out)
}

func join(parts []string) string { return strings.Join(parts, " ") }

// parkedOf returns the ids of the parked events, those that are held in brackets.
func (w *world) parkedOf(reader string) string {
	w.t.Helper()
	list, err := w.parking.List(context.Background(), reader)
	if err != nil {
		w.t.Fatal(err)
	}
	var out []string
	for _, p := range list {
		if p.Held {
			p.ID = "(" + p.ID + ")"
		}
		out = append(out, p.ID)
	}
	return join(out)
}

// unpassed returns what the reader's next owner would read. The consumer must have stopped.
func (w *world) unpassed(contracts ...string) string {
	w.t.Helper()
	ctx, cancel := context.WithCancel(w.t.Context())
	streams, err := w.source.Source.Open(ctx, event.Reader{Name: "cells/c/s", Contracts: contracts})
	if err != nil {
		w.t.Fatal(err)
	}
	s := <-streams
	b, err := s.Next(ctx, 1<<20)
	if err != nil {
		w.t.Fatal(err)
	}
	cancel()
	_ = s.Release(context.WithoutCancel(ctx))
	for range streams {
		w.t.Error("a stream after the end")
	}
	var out []string
	for _, e := range b.Events {
		out = append(out, e.ID)
	}
	return join(out)
}

type handler = func(ctx context.Context, deliveries []event.Delivery) error

// fast is a retry that a test need not wait long for.
var fast = event.Retry{Attempts: 3, From: 100 * time.Millisecond, To: time.Second}

func subscription(mode event.Mode, h handler, infos ...contract.Info) contract.Subscription {
	if len(infos) == 0 {
		infos = []contract.Info{{ID: "event.a.v1", Retry: fast}}
	}
	return contract.Subscription{Slice: "cells/c/s", Contracts: infos, Mode: mode, Handle: h}
}

// effect is a handler that counts its events.
func (w *world) effect(ctx context.Context, ds []event.Delivery) error {
	for _, d := range ds {
		if err := w.count(ctx, d.ID); err != nil {
			return err
		}
	}
	return nil
}

// tape records calls in order. It is safe for concurrent use.
type tape struct {
	mu    sync.Mutex
	calls []string
}

func (tr *tape) add(format string, args ...any) {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	tr.calls = append(tr.calls, fmt.Sprintf(format, args...))
}

func (tr *tape) all() string {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	return join(tr.calls)
}

func (tr *tape) sorted() string {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	return join(slices.Sorted(slices.Values(tr.calls)))
}

// lines returns the messages that were logged at a level, with the field's value where there is one.
func (w *world) lines(level zapcore.Level, field string) []string {
	var out []string
	for _, l := range w.logs.All() {
		if l.Level == level {
			out = append(out, fmt.Sprintf("%s %v", l.Message, cmp.Or(l.ContextMap()[field], any("-"))))
		}
	}
	return out
}
