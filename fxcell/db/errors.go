package db

import (
	"errors"
	"time"

	"fxcell.dev/fxcell/problem"
)

// Errors of transactions and stores.
var (
	// ErrNoTransaction is returned by what needs a transaction in the context and finds none.
	ErrNoTransaction = errors.New("db: no transaction in the context: call inside db.Transactor.InTx")
	// ErrTxDone is returned by what uses a transaction's context after the transaction has ended.
	ErrTxDone = errors.New("db: the transaction has ended")
	// ErrUnique is returned by a write that would break a uniqueness rule. A *ConstraintError around it may name the rule.
	ErrUnique = errors.New("db: exists already")
	// ErrForeignKey is returned by a write that refers to what is not there, or would remove what others refer to. A *ConstraintError around it may
	// name the rule.
	ErrForeignKey = errors.New("db: refers to what is not there, or is referred to")
	// ErrNotFound is returned by a read of one thing that is not there.
	ErrNotFound = errors.New("db: not found")
	// ErrStale is returned by a conditional write whose condition no longer holds.
	ErrStale = errors.New("db: changed since it was read")
	// ErrFull is returned by a write that would overfill a bounded store. A caller is told to try again later.
	ErrFull error = &passing{"db: the store is full", "The store is full.", time.Minute}
	// ErrSerialization is returned when a transaction got in the way of others: a conflict, a deadlock, or a schema that changed underneath. It is
	// undone, and may succeed when it is run again from its start, which Options.Attempts does.
	ErrSerialization error = &passing{"db: in conflict with another transaction", "Others changed the same things at the same time.", time.Second}
	// ErrUnavailable is returned when the database cannot be reached, has no room for another connection, or did not answer in time. What was asked
	// of it did not last.
	ErrUnavailable error = &passing{"db: the database is unavailable", "The database is unavailable.", 5 * time.Second}
	// ErrOutcomeUnknown is returned by a commit whose answer was lost: the transaction has lasted as a whole, or was undone as a whole. Look before
	// you run it again, or make it such that running it twice does no harm.
	ErrOutcomeUnknown error = &passing{
		"db: the answer to the commit was lost: it may have happened or not", "Whether this was done is not known: look before trying again.", 5 * time.Second,
	}
)

// passing is an error that another attempt may not meet.
type passing struct {
	text, detail string
	after        time.Duration
}

func (e *passing) Error() string { return e.text }

// Problem says what the error means for a caller.
func (e *passing) Problem() *problem.Error {
	return problem.New(problem.Unavailable, e.detail).After(e.after)
}

// ConstraintError says which rule of the schema a write would have broken. errors.Is finds its Kind.
type ConstraintError struct {
	Kind       error  // ErrUnique or ErrForeignKey
	Constraint string // the name of the rule in the schema, e.g. users_email_key
}

// Error names the rule, never the value that broke it.
func (e *ConstraintError) Error() string { return e.Kind.Error() + " (" + e.Constraint + ")" }

// Unwrap returns the kind.
func (e *ConstraintError) Unwrap() error { return e.Kind }
