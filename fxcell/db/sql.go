package db

import (
	"context"
	"iter"

	"fxcell.dev/fxcell/durability"
)

// SQL gives stores the statements of a SQL database: each runs in the transaction that its context carries. It is safe for concurrent use; a
// transaction's context is its goroutine's alone.
//
// Placeholders are $1, $2, …. A slice stands for an array ("id = ANY($1)"), but for []byte, which is bytes: JSON is passed as a string. Columns
// go to the fields of a struct by their tag db:"column". Errors are those of this package where there is one. A statement that failed in a
// transaction leaves nothing to do but to undo it; to go on after a failure, try the statement in an InTx of its own, which is a savepoint.
type SQL interface {
	durability.Stated
	// Exec runs a statement in the transaction of ctx and returns how many rows it affected. Without a transaction it returns ErrNoTransaction.
	Exec(ctx context.Context, statement string, args ...any) (int64, error)
	// Query runs a statement and yields its rows, and at last the error that ended them, if any. The transaction runs no other statement before the
	// loop over them ends: Select reads them at once.
	//
	// Without a transaction, Query, Get and Select see what was committed; a statement that writes is refused with ErrNoTransaction.
	Query(ctx context.Context, statement string, args ...any) iter.Seq2[Row, error]
	// Get reads one row into a struct, or one column into anything else. Without a row it returns ErrNotFound.
	Get(ctx context.Context, into any, statement string, args ...any) error
	// Select reads all rows into a slice of structs, or of anything else for one column.
	Select(ctx context.Context, into any, statement string, args ...any) error
}

// Row is one row of a query, valid until the next one.
type Row interface {
	// Scan reads the columns into pointers, in order. Scan(&array) of a slice reads an array.
	Scan(into ...any) error
}
