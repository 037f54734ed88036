// Package outbox is the port by which events leave with the transaction that caused them: an insert-only log and fenced positions on it.
package outbox

import (
	"context"
	"errors"
	"time"

	"fxcell.dev/fxcell/durability"
	"fxcell.dev/fxcell/event"
	"fxcell.dev/fxcell/problem"
)

// ErrNoTransaction is returned by a write outside a transaction, in every mode.
var ErrNoTransaction = errors.New("outbox: no transaction in the context: write inside db.Transactor.InTx")

// ErrFull fails the commit that would overfill a bounded log: at once, nothing waits and nothing is dropped. A caller is told to try again.
var ErrFull error = fullError{}

type fullError struct{}

func (fullError) Error() string { return "outbox: the log is full: its readers are behind" }

// Problem says what a full log means for a caller.
func (fullError) Problem() *problem.Error {
	return problem.New(problem.Unavailable, "The service is behind with its work; try again.").After(time.Second)
}

// Writer appends to the log of the context's transaction. It is safe for concurrent use.
type Writer interface {
	durability.Stated
	// Write adds events to the transaction of ctx: they leave with its commit, in order, or not at all. It returns ErrNoTransaction outside of
	// one; ErrFull may come from here or from the commit.
	Write(ctx context.Context, events ...event.Event) error
}

// Log is read by fenced readers. It is safe for concurrent use.
type Log interface {
	durability.Stated
	// Own waits until this process is the one owner of the reader, or ctx ends. The reader exists from the call on, even from one whose ctx has
	// ended before: what is written later waits for it.
	Own(ctx context.Context, r event.Reader) (event.Stream, error)
}

// Ports describes Writer and Log to assemblies.
func Ports() []durability.Port {
	return []durability.Port{durability.NewPort[Writer]("infra/postgres.Module"), durability.NewPort[Log]("infra/postgres.Module")}
}
