// Package memdb keeps tables in this process with the promises of a database: transactions, savepoints, and readers outside of a transaction
// that see what was committed and nothing else.
package memdb

import (
	"context"
	"slices"
	"sync/atomic"

	"fxcell.dev/fxcell/db"
	"fxcell.dev/fxcell/durability"
)

// Engine is a db.Transactor with one writer at a time: a second transaction waits for its turn, or for the end of its context.
type Engine struct{ slot chan struct{} }

var _ db.Transactor = (*Engine)(nil)

// NewEngine returns an engine without open transactions.
func NewEngine() *Engine { return &Engine{slot: make(chan struct{}, 1)} }

// Durability is Volatile: tables end with the process.
func (*Engine) Durability() durability.Grade { return durability.Volatile }

// InTx implements db.Transactor.
func (e *Engine) InTx(ctx context.Context, fn func(ctx context.Context) error) error {
	return db.Run(ctx, e.begin, fn)
}

func (e *Engine) begin(ctx context.Context) (db.Unit, error) {
	if err := context.Cause(ctx); err != nil {
		return nil, err
	}
	select {
	case e.slot <- struct{}{}:
		return &unit{engine: e}, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// Participant is what a table, or anything else that keeps state in memory, has pending in one transaction.
type Participant interface {
	// Save returns a function that takes the pending state back to what it is now.
	Save() (restore func())
	// Apply makes the pending state the committed one. It cannot fail: whatever can is checked when the change is made. The tables of the
	// transaction show their new rows by then.
	Apply()
}

// preparer is a participant whose readers see its pending state as soon as committed is set: all tables of a transaction change at once.
type preparer interface{ prepare(committed *atomic.Bool) }

// unit is one open transaction. Only its goroutine uses it.
type unit struct {
	engine     *Engine
	keys       []any // in the order of joining, which is the order of applying
	pending    map[any]Participant
	savepoints []savepoint
}

type savepoint struct {
	joined  int // how many participants there were
	restore []func()
}

// Join returns the participant that stands for key in the transaction of ctx, made by start when there is none yet. It returns
// db.ErrNoTransaction or db.ErrTxDone without an open transaction of an Engine.
func Join[P Participant](ctx context.Context, key any, start func() P) (P, error) {
	var none P
	u, ok := db.UnitOf(ctx).(*unit)
	if !ok {
		return none, noUnit(ctx)
	}
	if p, ok := u.pending[key].(P); ok {
		return p, nil
	}
	p := start()
	if u.pending == nil {
		u.pending = map[any]Participant{}
	}
	u.pending[key] = p
	u.keys = append(u.keys, key)
	return p, nil
}

// joined returns the participant that stands for key in the transaction of ctx, if there is one.
func joined[P Participant](ctx context.Context, key any) (p P, ok bool) {
	if u, isOurs := db.UnitOf(ctx).(*unit); isOurs {
		p, ok = u.pending[key].(P)
	}
	return p, ok
}

func noUnit(ctx context.Context) error {
	if err := db.OnCommit(ctx, func(context.Context) {}); err != nil {
		return err
	}
	return db.ErrNoTransaction // a transaction of another adapter is none of ours
}

// Commit implements db.Unit.
func (u *unit) Commit(context.Context) error {
	committed := &atomic.Bool{}
	for _, key := range u.keys {
		if p, ok := u.pending[key].(preparer); ok {
			p.prepare(committed)
		}
	}
	committed.Store(true)
	for _, key := range u.keys {
		u.pending[key].Apply()
	}
	u.end()
	return nil
}

// Rollback implements db.Unit.
func (u *unit) Rollback(context.Context) error {
	u.end()
	return nil
}

func (u *unit) end() {
	u.keys, u.pending = nil, nil
	<-u.engine.slot
}

// Savepoint implements db.Unit.
func (u *unit) Savepoint(context.Context) error {
	s := savepoint{joined: len(u.keys)}
	for _, key := range u.keys {
		s.restore = append(s.restore, u.pending[key].Save())
	}
	u.savepoints = append(u.savepoints, s)
	return nil
}

// RollbackTo implements db.Unit.
func (u *unit) RollbackTo(context.Context) error {
	s := u.pop()
	for _, restore := range s.restore {
		restore()
	}
	for _, key := range slices.Clone(u.keys[s.joined:]) {
		delete(u.pending, key)
	}
	u.keys = u.keys[:s.joined]
	return nil
}

// Release implements db.Unit.
func (u *unit) Release(context.Context) error {
	u.pop()
	return nil
}

func (u *unit) pop() savepoint {
	s := u.savepoints[len(u.savepoints)-1]
	u.savepoints = u.savepoints[:len(u.savepoints)-1]
	return s
}
