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
// the hooks, and ends the unit whatever fn does.
func Run(ctx context.Context, begin func(ctx context.Context) (Unit, error), fn func(ctx context.Context) error) error {
	if InTx(ctx) {
		tx, err := active(ctx)
		if err != nil {
			return err
		}
		return tx.nest(ctx, fn)
	}
	unit, err := begin(ctx)
	if err != nil {
		return fmt.Errorf("db: begin: %w", err)
	}
	tx := &transaction{unit: unit, frames: []*frame{{}}}
	return tx.run(ctx, fn)
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
		if !committed {
			err = errors.Join(err, tx.rollback(ctx))
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
	if err := context.Cause(ctx); err != nil {
		return fmt.Errorf("db: not committed: %w", err)
	}
	if err := tx.unit.Commit(ctx); err != nil {
		return fmt.Errorf("db: commit: %w", err)
	}
	committed = true
	tx.ended.Store(true)
	runAll(context.WithoutCancel(ctx), tx.top().committed)
	return nil
}

func (tx *transaction) rollback(ctx context.Context) error {
	tx.ended.Store(true)
	ctx = context.WithoutCancel(ctx) // the end of a request must not keep its transaction open
	err := tx.unit.Rollback(ctx)
	for _, f := range slices.Backward(tx.frames) {
		runAll(ctx, reversed(f.rolledBack))
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
		undo := tx.unit.RollbackTo(context.WithoutCancel(ctx))
		runAll(context.WithoutCancel(ctx), reversed(f.rolledBack))
		if undo != nil {
			err = errors.Join(err, fmt.Errorf("db: rollback to savepoint: %w", undo))
		}
	}()
	if err := fn(ctx); err != nil {
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

// runAll runs hooks outside of the transaction. A hook that panics does not keep the others from running.
func runAll(ctx context.Context, hooks []func(context.Context)) {
	ctx = context.WithValue(ctx, txKey{}, (*transaction)(nil))
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
