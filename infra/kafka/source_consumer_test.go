package kafka

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/fx"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"fxcell.dev/fxcell/clock"
	"fxcell.dev/fxcell/config"
	"fxcell.dev/fxcell/contract"
	"fxcell.dev/fxcell/db"
	"fxcell.dev/fxcell/db/memdb"
	"fxcell.dev/fxcell/event"
	"fxcell.dev/infra/memory"
	"fxcell.dev/modules/consumer" //nolint:depguard // it is what a source is for
)

// silent is a configuration that says nothing.
type silent struct{}

func (silent) Decode(string, any) error { return nil }

// database is what the members of a reader share: its inbox, its parking, and effects by event id.
type database struct {
	Tx      db.Transactor
	Inbox   event.Inbox
	Parking event.Parking

	effects *memdb.Table[string, int]
	last    *memdb.Table[string, int64] // by key

	mu      sync.Mutex
	faults  []string
	handled map[string]int // by event id, whether it was committed or not
	latest  map[int]time.Time
	longest map[int]time.Duration
	placeOf func(key string) int // which partition a key is in; nil when nobody asks
}

func newDatabase(tb testing.TB) *database {
	tb.Helper()
	d := &database{
		effects: memdb.NewTable[string, int](0), last: memdb.NewTable[string, int64](0), handled: map[string]int{},
		latest: map[int]time.Time{}, longest: map[int]time.Duration{},
	}
	app := fx.New(memory.Module, fx.NopLogger, fx.Provide(func() config.Source { return silent{} }),
		fx.Invoke(func(in struct {
			fx.In

			Tx      db.Transactor
			Inbox   event.Inbox
			Parking event.Parking
		},
		) {
			d.Tx, d.Inbox, d.Parking = in.Tx, in.Inbox, in.Parking
		}))
	if err := app.Err(); err != nil {
		tb.Fatal(err)
	}
	return d
}

// handle has one effect for each event, and holds them to the order of their key.
func (d *database) handle(ctx context.Context, ds []event.Delivery) error {
	for _, e := range ds {
		d.note(e.Event)
		n, _ := d.effects.Get(ctx, e.ID)
		if err := d.effects.Put(ctx, e.ID, n+1); err != nil {
			return err
		}
		last, _ := d.last.Get(ctx, e.Key)
		if e.Seq > 0 && e.Seq <= last {
			d.fault("%s has place %d after %d of key %s", e.ID, e.Seq, last, e.Key)
		}
		if err := d.last.Put(ctx, e.Key, e.Seq); err != nil {
			return err
		}
	}
	return nil
}

func (d *database) note(e event.Event) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.handled[e.ID]++
	if d.placeOf == nil {
		return
	}
	in, now := d.placeOf(e.Key), time.Now()
	if last, ok := d.latest[in]; ok {
		d.longest[in] = max(d.longest[in], now.Sub(last))
	}
	d.latest[in] = now
}

func (d *database) fault(format string, args ...any) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.faults = append(d.faults, fmt.Sprintf(format, args...))
}

// count returns how many events had an effect.
func (d *database) count() (n int) {
	d.effects.Ascend(context.Background(), "", func(string, int) bool { n++; return true })
	return n
}

// again returns how many events were handled more than once, whatever became of that.
func (d *database) again() (n int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, times := range d.handled {
		if times > 1 {
			n++
		}
	}
	return n
}

// check fails unless n events had one effect each, in the order of their keys.
func (d *database) check(tb testing.TB, n int) {
	tb.Helper()
	got := 0
	d.effects.Ascend(context.Background(), "", func(id string, times int) bool {
		if got++; times != 1 {
			tb.Errorf("%s had %d effects", id, times)
		}
		return true
	})
	if got != n {
		tb.Errorf("%d events had an effect, want %d", got, n)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, f := range d.faults {
		tb.Error(f)
	}
}

// process is a consumer over a source of its own, as a replica of an app has them.
type process struct {
	*consumer.Consumer

	logs    *observer.ObservedLogs
	stop    func()
	handled atomic.Int64
}

// joined returns how often the process became a member of its group.
func (p *process) joined() int { return p.logs.FilterMessage("group joined").Len() }

// start runs a reader in a process of its own. The handler is the database's where there is none.
func (d *database) start(tb testing.TB, cfg Config, lanes consumer.Config, s contract.Subscription) *process {
	tb.Helper()
	core, logs := observer.New(zap.InfoLevel)
	logger := zap.New(core)
	rig := newSourceRigOf(tb, cfg, logger)
	p := &process{logs: logs}
	s.Slice = "cells/suite/counter"
	handle := s.Handle
	if handle == nil {
		handle = d.handle
	}
	s.Handle = func(ctx context.Context, ds []event.Delivery) error {
		p.handled.Add(int64(len(ds)))
		return handle(ctx, ds)
	}
	if s.Contracts == nil {
		retry := event.Retry{Attempts: 3, From: 10 * time.Millisecond, To: 50 * time.Millisecond}
		s.Contracts = []contract.Info{{ID: "event.a.v1", Topic: "suite", Retry: retry}}
	}
	c, err := consumer.New(lanes, []contract.Subscription{s}, consumer.Ports{
		Source: rig, Inbox: d.Inbox, Parking: d.Parking, Tx: d.Tx, Logger: logger, Clock: clock.System(),
	})
	if err != nil {
		tb.Fatal(err)
	}
	if err := c.Start(tb.Context()); err != nil {
		tb.Fatal(err)
	}
	p.Consumer = c
	p.stop = sync.OnceFunc(func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(tb.Context()), 20*time.Second)
		defer cancel()
		if err := c.Stop(ctx); err != nil {
			tb.Errorf("Stop = %v", err)
		}
	})
	tb.Cleanup(p.stop)
	return p
}

// until waits for a condition.
func until(tb testing.TB, what string, done func() bool) {
	tb.Helper()
	for deadline := time.After(40 * time.Second); !done(); {
		select {
		case <-time.After(10 * time.Millisecond):
		case <-deadline:
			tb.Fatalf("%s: not after 40 s", what)
		}
	}
}
