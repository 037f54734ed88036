package db

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
)

// Unit is one open transaction of an adapter. Run drives it: each method is called by one goroutine at a time.
type Unit interface {
	Commit(ctx context.Context) error
	Rollback(ctx context.Context) error
	// Savepoint starts a savepoint; savepoints end in reverse order, by RollbackTo or Release.
	Savepoint(ctx context.Context) error
	RollbackTo(ctx context.Context) error
	Release(ctx context.Context) error
}

// Run gives an adapter the semantics of Transactor.InTx: it opens a unit by begin, or a savepoint when ctx carries a transaction, runs fn and
// the hooks, and ends the unit whatever fn does. begin keeps to the isolation of OptionsOf(ctx); attempts are made here.
func Run(ctx context.Context, begin func(ctx context.Context) (Unit, error), fn func(ctx context.Context) error) error {
	if InTx(ctx) {
		tx, err := active(ctx)
		if err != nil {
			return err
		}
		return tx.nest(ctx, fn)
	}
	return attempts(ctx, func() error {
		unit, err := begin(ctx)
		if err != nil {
			return fmt.Errorf("db: begin: %w", err)
		}
		tx := &transaction{unit: unit, frames: []*frame{{}}}
		return tx.run(With(ctx, Options{}), fn)
	})
}

// UnitOf returns the adapter's unit that ctx carries, nil without one.
func UnitOf(ctx context.Context) Unit {
	if tx, err := active(ctx); err == nil {
		return tx.unit
	}
	return nil
}

type transaction struct {
	unit   Unit
	ended  atomic.Bool
	broken error    // a savepoint that could not be undone: what it did must not be committed
	frames []*frame // the transaction's own and one per open savepoint
}

// frame holds the hooks of a transaction or savepoint.
type frame struct {
	before                []func(context.Context) error
	committed, rolledBack []func(context.Context)
}

type txKey struct{}

func current(ctx context.Context) *transaction {
	tx, _ := ctx.Value(txKey{}).(*transaction)
	return tx
}

func active(ctx context.Context) (*transaction, error) {
	switch tx := current(ctx); {
	case tx == nil:
		return nil, ErrNoTransaction
	case tx.ended.Load():
		return nil, ErrTxDone
	default:
		return tx, nil
	}
}

func (tx *transaction) top() *frame { return tx.frames[len(tx.frames)-1] }

func (tx *transaction) run(ctx context.Context, fn func(context.Context) error) (err error) {
	committed := false
	defer func() { // also when fn panics or ends its goroutine
		if committed {
			return
		}
		if undo := tx.rollback(ctx); undo != nil {
			err = errors.Join(err, undo)
		}
	}()
	inside := context.WithValue(ctx, txKey{}, tx)
	if err := fn(inside); err != nil {
		return err
	}
	for i := 0; i < len(tx.top().before); i++ { // hooks may register more
		if err := tx.top().before[i](inside); err != nil {
			return err
		}
	}
	if tx.broken != nil {
		return tx.broken
	}
	if err := lasting(ctx); err != nil {
		return err
	}
	tx.ended.Store(true)
	if err := tx.unit.Commit(ctx); err != nil {
		return fmt.Errorf("db: commit: %w", err)
	}
	committed = true
	runAll(outside(ctx, nil), tx.top().committed)
	return nil
}

// lasting returns an error when what was done under ctx must not last, because nobody waits for it any more.
func lasting(ctx context.Context) error {
	if err := context.Cause(ctx); err != nil {
		return fmt.Errorf("db: not committed: %w", err)
	}
	return nil
}

func (tx *transaction) rollback(ctx context.Context) error {
	tx.ended.Store(true)
	err := tx.unit.Rollback(context.WithoutCancel(ctx)) // the end of a request must not keep its transaction open
	for _, f := range slices.Backward(tx.frames) {
		runAll(outside(ctx, nil), reversed(f.rolledBack))
	}
	if err != nil {
		return fmt.Errorf("db: rollback: %w", err)
	}
	return nil
}

func (tx *transaction) nest(ctx context.Context, fn func(context.Context) error) (err error) {
	if err := tx.unit.Savepoint(ctx); err != nil {
		return fmt.Errorf("db: savepoint: %w", err)
	}
	tx.frames = append(tx.frames, &frame{})
	released := false
	defer func() {
		if released {
			return
		}
		f := tx.top()
		tx.frames = tx.frames[:len(tx.frames)-1]
		if undo := tx.unit.RollbackTo(context.WithoutCancel(ctx)); undo != nil {
			tx.broken = fmt.Errorf("db: rollback to savepoint: %w", undo)
			err = errors.Join(err, tx.broken)
		}
		runAll(outside(ctx, past()), reversed(f.rolledBack))
	}()
	if err := fn(ctx); err != nil {
		return err
	}
	if err := lasting(ctx); err != nil { // ctx may end before the transaction's own does
		return err
	}
	if err := tx.unit.Release(ctx); err != nil {
		return fmt.Errorf("db: release savepoint: %w", err)
	}
	released = true
	f := tx.top()
	tx.frames = tx.frames[:len(tx.frames)-1]
	outer := tx.top()
	outer.before = append(outer.before, f.before...)
	outer.committed = append(outer.committed, f.committed...)
	outer.rolledBack = append(outer.rolledBack, f.rolledBack...)
	return nil
}

// outside returns ctx without its end, and with tx in the place of the transaction that it carries.
func outside(ctx context.Context, tx *transaction) context.Context {
	return context.WithValue(context.WithoutCancel(ctx), txKey{}, tx)
}

// past returns a transaction that has ended. The hooks of a savepoint carry it: a transaction of their own would wait for the one around them.
func past() *transaction {
	tx := &transaction{}
	tx.ended.Store(true)
	return tx
}

// runAll runs hooks. One that panics does not keep the others from running.
func runAll(ctx context.Context, hooks []func(context.Context)) {
	for i, hook := range hooks {
		func() {
			done := false
			defer func() {
				if !done {
					runAll(ctx, hooks[i+1:])
				}
			}()
			hook(ctx)
			done = true
		}()
	}
}

func reversed(hooks []func(context.Context)) []func(context.Context) {
	out := slices.Clone(hooks)
	slices.Reverse(out)
	return out
}
