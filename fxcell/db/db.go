// Package db is the port for transactions: they travel in the context, nest by savepoint, and have hooks around their end. Stores of SQL databases
// run their statements by SQL.
package db

import (
	"context"

	"fxcell.dev/fxcell/durability"
)

// Transactor runs functions in transactions. It is safe for concurrent use.
type Transactor interface {
	durability.Stated
	// InTx runs fn in a transaction that its context carries, or in a savepoint of the one that ctx carries already. An error or a panic of fn
	// undoes everything that it did; so does a context that ended before the commit. The transaction belongs to the goroutine of fn.
	InTx(ctx context.Context, fn func(ctx context.Context) error) error
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

// OnRollback runs fn, outside of it, when the transaction of ctx or the savepoint in which it was registered has been rolled back, or when it is not
// known whether it has (ErrOutcomeUnknown): last registered, first run. After a savepoint the transaction around it is still open: fn can start none (ErrTxDone).
func OnRollback(ctx context.Context, fn func(ctx context.Context)) error {
	tx, err := active(ctx)
	if err != nil {
		return err
	}
	tx.top().rolledBack = append(tx.top().rolledBack, fn)
	return nil
}

// Ports describes Transactor and SQL to assemblies.
func Ports() []durability.Port {
	return []durability.Port{
		durability.NewPort[Transactor]("infra/postgres.Module"),
		durability.NewPort[SQL]("infra/postgres.Module"),
	}
}
