package dbtest

import (
	"context"
	"errors"
	"maps"
	"sync"
	"sync/atomic"

	"fxcell.dev/fxcell/db"
	"fxcell.dev/fxcell/durability"
)

// sabotage says how a fake breaks a promise, by what stands in for its own; the zero sabotage breaks none.
type sabotage struct {
	grade *durability.Grade
	inTx  func(ctx context.Context, f *fake, fn body) error
	unit  func(u *unit) db.Unit
	add   func(ctx context.Context, f *fake, key string, n int64) error
	get   func(ctx context.Context, f *fake, key string) int64
}

// fake is a small database of one table, with one writer at a time.
type fake struct {
	sabotage sabotage
	slot     chan struct{}

	mu    sync.Mutex
	rows  map[string]int64 // committed
	dirty map[string]int64 // as the open transaction sees them, for sabotage

	// What sabotage needs.
	place  chan struct{}
	met    chan struct{}
	starts atomic.Int64
	doomed bool
}

// body is what runs in a transaction.
type body = func(ctx context.Context) error

func newFake(s sabotage) *fake {
	return &fake{
		sabotage: s, slot: make(chan struct{}, 1), rows: map[string]int64{}, dirty: map[string]int64{},
		place: make(chan struct{}, 1), met: make(chan struct{}),
	}
}

func (f *fake) Durability() durability.Grade {
	if f.sabotage.grade != nil {
		return *f.sabotage.grade
	}
	return durability.Volatile
}

func (f *fake) InTx(ctx context.Context, fn body) error {
	if f.sabotage.inTx != nil {
		return f.sabotage.inTx(ctx, f, fn)
	}
	return f.inTx(ctx, fn)
}

func (f *fake) inTx(ctx context.Context, fn body) error {
	return db.Run(ctx, f.begin, fn)
}

func (f *fake) begin(ctx context.Context) (db.Unit, error) {
	select {
	case f.slot <- struct{}{}:
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	u := &unit{fake: f, rows: f.committed()}
	if f.sabotage.unit != nil {
		return f.sabotage.unit(u), nil
	}
	return u, nil
}

func (f *fake) committed() map[string]int64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	return maps.Clone(f.rows)
}

func (f *fake) show(rows map[string]int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.rows = rows
}

// unit is a transaction: a copy of the table, and one per open savepoint.
type unit struct {
	fake  *fake
	rows  map[string]int64
	saved []map[string]int64
}

func (u *unit) Commit(context.Context) error {
	u.fake.show(u.rows)
	<-u.fake.slot
	return nil
}

func (u *unit) Rollback(context.Context) error {
	<-u.fake.slot
	return nil
}

func (u *unit) Savepoint(context.Context) error {
	u.saved = append(u.saved, maps.Clone(u.rows))
	return nil
}

func (u *unit) RollbackTo(ctx context.Context) error {
	u.rows = u.saved[len(u.saved)-1]
	return u.Release(ctx)
}

func (u *unit) Release(context.Context) error {
	u.saved = u.saved[:len(u.saved)-1]
	return nil
}

// within is a unit that stands for another one.
type within interface{ inner() *unit }

func (u *unit) inner() *unit { return u }

// joined returns the transaction of ctx, nil without one.
func joined(ctx context.Context) *unit {
	if w, ok := db.UnitOf(ctx).(within); ok {
		return w.inner()
	}
	return nil
}

// counters is the table of a fake.
type counters struct{ *fake }

func (c counters) Add(ctx context.Context, key string, n int64) error {
	if c.sabotage.add != nil {
		return c.sabotage.add(ctx, c.fake, key, n)
	}
	return c.add(ctx, key, n)
}

func (f *fake) add(ctx context.Context, key string, n int64) error {
	u := joined(ctx)
	if u == nil {
		return noTransaction(ctx)
	}
	u.rows[key] += n
	f.mu.Lock()
	defer f.mu.Unlock()
	f.dirty[key] = u.rows[key]
	return nil
}

func (c counters) Get(ctx context.Context, key string) (int64, error) {
	if c.sabotage.get != nil {
		return c.sabotage.get(ctx, c.fake, key), nil
	}
	return c.get(ctx, key), nil
}

func (f *fake) get(ctx context.Context, key string) int64 {
	if u := joined(ctx); u != nil {
		return u.rows[key]
	}
	return f.committed()[key]
}

// noTransaction says why ctx carries no open transaction.
func noTransaction(ctx context.Context) error {
	if err := db.OnCommit(ctx, func(context.Context) {}); err != nil {
		return err
	}
	return errors.New("the transaction of another database")
}
