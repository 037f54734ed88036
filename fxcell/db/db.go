// Package db is the port for transactions: they travel in the context, nest by savepoint, and have hooks around their end.
package db

import (
	"context"
	"errors"
	"time"

	"fxcell.dev/fxcell/durability"
	"fxcell.dev/fxcell/problem"
)

// Transactor runs functions in transactions. It is safe for concurrent use.
type Transactor interface {
	durability.Stated
	// InTx runs fn in a transaction that its context carries, or in a savepoint of the one that ctx carries already. An error or a panic of fn
	// undoes everything that it did; so does a context that ended before the commit. The transaction belongs to the goroutine of fn.
	InTx(ctx context.Context, fn func(ctx context.Context) error) error
}

// Errors of transactions and stores.
var (
	// ErrNoTransaction is returned by what needs a transaction in the context and finds none.
	ErrNoTransaction = errors.New("db: no transaction in the context: call inside db.Transactor.InTx")
	// ErrTxDone is returned by what uses a transaction's context after the transaction has ended.
	ErrTxDone = errors.New("db: the transaction has ended")
	// ErrUnique is returned by a write that would break a uniqueness rule.
	ErrUnique = errors.New("db: exists already")
	// ErrNotFound is returned by a read of one thing that is not there.
	ErrNotFound = errors.New("db: not found")
	// ErrStale is returned by a conditional write whose condition no longer holds.
	ErrStale = errors.New("db: changed since it was read")
	// ErrFull is returned by a write that would overfill a bounded store. A caller is told to try again later.
	ErrFull error = fullError{}
)

type fullError struct{}

func (fullError) Error() string { return "db: the store is full" }

// Problem says what a full store means for a caller.
func (fullError) Problem() *problem.Error {
	return problem.New(problem.Unavailable, "The store is full.").After(time.Minute)
}

// InTx reports whether ctx carries a transaction.
func InTx(ctx context.Context) bool { return current(ctx) != nil }

// BeforeCommit runs fn in the transaction of ctx just before it commits, after what was registered earlier; an error rolls everything back.
// What was registered in a savepoint that was rolled back does not run.
func BeforeCommit(ctx context.Context, fn func(ctx context.Context) error) error {
	tx, err := active(ctx)
	if err != nil {
		return err
	}
	tx.top().before = append(tx.top().before, fn)
	return nil
}

// OnCommit runs fn once the transaction of ctx has committed, outside of it. What was registered in a savepoint that was rolled back does not run.
func OnCommit(ctx context.Context, fn func(ctx context.Context)) error {
	tx, err := active(ctx)
	if err != nil {
		return err
	}
	tx.top().committed = append(tx.top().committed, fn)
	return nil
}

// OnRollback runs fn, outside of it, when the transaction of ctx or the savepoint in which it was registered has been rolled back: last registered,
// first run. After a savepoint the transaction around it is still open: fn can start none (ErrTxDone).
func OnRollback(ctx context.Context, fn func(ctx context.Context)) error {
	tx, err := active(ctx)
	if err != nil {
		return err
	}
	tx.top().rolledBack = append(tx.top().rolledBack, fn)
	return nil
}

// Port describes Transactor to assemblies.
func Port() durability.Port { return durability.NewPort[Transactor]("infra/postgres.Module") }
