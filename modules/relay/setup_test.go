package relay

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/fx"
	"go.uber.org/goleak"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"fxcell.dev/fxcell/clock"
	"fxcell.dev/fxcell/config"
	"fxcell.dev/fxcell/db"
	"fxcell.dev/fxcell/durability"
	"fxcell.dev/fxcell/event"
	"fxcell.dev/fxcell/outbox"
	"fxcell.dev/infra/memory" //nolint:depguard // fakes of ports are the memory adapters
)

// The driver measures with the clock of a goroutine that never ends.
func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreTopFunction("github.com/rcrowley/go-metrics.(*meterArbiter).tick"))
}

var errDown = errors.New("the broker is away")

// unset is a configuration that says nothing.
type unset struct{}

func (unset) Decode(string, any) error { return nil }

// testSink is a broker that acknowledges after a while. Its fields but for the mutex are set before it is used, or with it.
type testSink struct {
	latency time.Duration
	most    int // bytes of a payload

	mu      sync.Mutex
	kept    []event.Event
	refused map[string]bool
	down    bool // it answers, with an error that passes
	silent  bool // it does not answer
	onWay   int
	peak    int
	peakOf  int // bytes
	bytes   int
	tries   int
}

type testSender struct {
	*testSink

	ctx    context.Context //nolint:containedctx // a sender is as old as its context
	failed map[string]bool
	last   chan struct{} // closes when what was handed over before is done
}

func (*testSink) Durability() durability.Grade { return durability.Volatile }

func (s *testSink) Fits(e event.Event) error {
	if s.most > 0 && len(e.Payload) > s.most {
		return event.Permanent(errors.New("too large"))
	}
	return nil
}

func (s *testSink) Open(ctx context.Context) event.Sender {
	begun := make(chan struct{})
	close(begun)
	return &testSender{testSink: s, ctx: ctx, failed: map[string]bool{}, last: begun}
}

// Send acknowledges all events together, after those before them.
func (s *testSender) Send(events []event.Event, done func(int, error)) {
	before, after := s.last, make(chan struct{})
	s.last = after
	s.note(len(events), bytesOf(events))
	go func() {
		defer close(after)
		if s.latency > 0 {
			select {
			case <-time.After(s.latency):
			case <-s.ctx.Done():
			}
		}
		<-before
		s.wait()
		errs := make([]error, len(events))
		s.mu.Lock()
		s.tries++
		for i, e := range events {
			errs[i] = s.judge(e)
		}
		s.mu.Unlock()
		s.note(-len(events), -bytesOf(events))
		for i, err := range errs {
			done(i, err)
		}
	}()
}

func bytesOf(events []event.Event) (n int) {
	for _, e := range events {
		n += len(e.Payload)
	}
	return n
}

func (s *testSink) note(n, bytes int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.onWay += n
	s.bytes += bytes
	s.peak, s.peakOf = max(s.peak, s.onWay), max(s.peakOf, s.bytes)
}

// wait waits for the broker's answer, or for the end of the sender.
func (s *testSender) wait() {
	for s.ctx.Err() == nil {
		s.mu.Lock()
		silent := s.silent
		s.mu.Unlock()
		if !silent {
			return
		}
		select {
		case <-time.After(time.Millisecond):
		case <-s.ctx.Done():
		}
	}
}

func (s *testSender) judge(e event.Event) error {
	key := e.Topic + "/" + e.Key
	if err := context.Cause(s.ctx); err != nil {
		return err
	}
	switch {
	case s.failed[key] && e.Key != "":
		return event.ErrBehind
	case s.refused[e.ID]:
		s.failed[key] = true
		return event.Permanent(errors.New("the broker refuses it"))
	case s.down:
		s.failed[key] = true
		return errDown
	}
	s.kept = append(s.kept, e)
	return nil
}

func (s *testSink) set(change func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change()
}

// ids returns what was kept of a key, in order.
func (s *testSink) ids(key string) (ids []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, e := range s.kept {
		if e.Key == key {
			ids = append(ids, e.ID)
		}
	}
	return ids
}

// world is everything that a relay meets.
type world struct {
	t       *testing.T
	cfg     Config
	sink    *testSink
	tx      db.Transactor
	writer  outbox.Writer
	log     outbox.Log
	parking event.Parking
	logger  *zap.Logger
	logs    *observer.ObservedLogs
}

type adapters struct {
	fx.In

	Tx      db.Transactor
	Writer  outbox.Writer
	Log     outbox.Log
	Parking event.Parking
}

func newWorld(t *testing.T) *world {
	t.Helper()
	var a adapters
	app := fx.New(memory.Module, fx.NopLogger, fx.Provide(func() config.Source { return unset{} }), fx.Invoke(func(in adapters) { a = in }))
	if err := app.Err(); err != nil {
		t.Fatal(err)
	}
	var core zapcore.Core
	w := &world{t: t, sink: &testSink{refused: map[string]bool{}}, tx: a.Tx, writer: a.Writer, log: a.Log, parking: a.Parking}
	core, w.logs = observer.New(zap.DebugLevel)
	w.logger = zap.New(core)
	return w
}

// start runs a relay until the test stops it, or ends.
func (w *world) start() (r *Relay, stop func()) {
	w.t.Helper()
	r, err := New(w.cfg, Ports{w.log, w.sink, w.parking, w.tx, w.logger, clock.System()})
	if err != nil {
		w.t.Fatal(err)
	}
	if err := r.Start(w.t.Context()); err != nil {
		w.t.Fatalf("Start = %v", err)
	}
	stop = sync.OnceFunc(func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(w.t.Context()), 20*time.Second)
		defer cancel()
		if err := r.Stop(ctx); err != nil {
			w.t.Errorf("Stop = %v", err)
		}
	})
	w.t.Cleanup(stop)
	return r, stop
}

// publish commits n events of each key, from the given number on, key by key in turn.
func (w *world) publish(from, n int, keys ...string) {
	w.t.Helper()
	var events []event.Event
	for i := from; i < from+n; i++ {
		for _, key := range keys {
			events = append(events, named(key, i))
		}
	}
	w.commit(events...)
}

func (w *world) commit(events ...event.Event) {
	w.t.Helper()
	if err := w.tx.InTx(w.t.Context(), func(ctx context.Context) error { return w.writer.Write(ctx, events...) }); err != nil {
		w.t.Fatalf("publish: %v", err)
	}
}

func named(key string, n int) event.Event {
	return event.Event{ID: fmt.Sprintf("%s%d", key, n), Contract: "event.order.placed.v1", Topic: "order", Key: key, Payload: make([]byte, 100)}
}

func idsOf(key string, from, n int) []string {
	ids := make([]string, n)
	for i := range ids {
		ids[i] = fmt.Sprintf("%s%d", key, from+i)
	}
	return ids
}

// published fails unless the sink keeps the ids of a key, in order.
func (w *world) published(when, key string, want ...string) {
	w.t.Helper()
	if got := w.sink.ids(key); !slices.Equal(got, want) {
		w.t.Errorf("%s: published of %s %q, want %q", when, key, got, want)
	}
}

// parkedIs fails unless these are parked; a held one has a + before its id.
func (w *world) parkedIs(when string, want ...string) {
	w.t.Helper()
	all, err := w.parking.List(w.t.Context(), name)
	var got []string
	for _, p := range all {
		if p.Held {
			p.ID = "+" + p.ID
		}
		got = append(got, p.ID)
	}
	if err != nil || !slices.Equal(got, want) {
		w.t.Errorf("%s: parked %q, %v, want %q", when, got, err, want)
	}
}

// after lets time pass, and everything that happens in it.
func (w *world) after(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}
