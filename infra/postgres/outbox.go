package postgres

import (
	"bytes"
	"context"
	"fmt"

	"github.com/google/uuid"

	"fxcell.dev/fxcell/db"
	"fxcell.dev/fxcell/durability"
	"fxcell.dev/fxcell/event"
	"fxcell.dev/fxcell/outbox"
)

// writer is the writing side of the log. Events are collected by their transaction, and inserted by one statement just before it commits: their ids,
// and what other transactions wait for, are held no longer than the commit takes.
type writer struct {
	pool      *pool
	committed func() // tells readers of a commit that wrote events
}

var _ outbox.Writer = (*writer)(nil)

// Durability is Persistent: events are rows of the server.
func (*writer) Durability() durability.Grade { return durability.Persistent }

// Write implements outbox.Writer. Each call is a hook of its savepoint, so that what is undone with the savepoint is never seen by the commit.
func (w *writer) Write(ctx context.Context, events ...event.Event) error {
	u, err := w.unit(ctx)
	if err != nil {
		return fmt.Errorf("postgres: write to the log: %w", err)
	}
	kept := make([]event.Event, len(events))
	for i, e := range events {
		if e.ID == "" {
			id, err := uuid.NewV7()
			if err != nil {
				return fmt.Errorf("postgres: write to the log: %w", err)
			}
			e.ID = id.String()
		}
		e.Payload = bytes.Clone(e.Payload)
		kept[i] = e
	}
	if u.outbox == nil {
		u.outbox = &writing{unit: u, committed: w.committed}
	}
	u.outbox.grown = true
	return db.BeforeCommit(ctx, func(ctx context.Context) error { return u.outbox.add(ctx, kept) })
}

// unit returns the transaction that ctx carries. It may be reading rows: nothing is sent to the server yet.
func (w *writer) unit(ctx context.Context) (*unit, error) {
	switch found := db.UnitOf(ctx); {
	case found == nil && db.InTx(ctx):
		return nil, db.ErrTxDone
	case found == nil:
		return nil, outbox.ErrNoTransaction
	default:
		u, ours := found.(*unit)
		if !ours || u.pool != w.pool {
			return nil, errForeign
		}
		return u, nil
	}
}

// writing is what one transaction adds to the log. Events come in by hooks before the commit only, when no savepoint is open.
type writing struct {
	unit      *unit
	committed func()
	events    []event.Event
	due       bool // a flush is among the hooks to come
	grown     bool // there were writes since the flush was put there
}

// add takes what was written, in the order of the writes.
func (w *writing) add(ctx context.Context, events []event.Event) error {
	w.events = append(w.events, events...)
	if w.due {
		return nil
	}
	w.due = true
	return db.BeforeCommit(ctx, w.flush)
}

// flush inserts the events. As long as other hooks write, it goes to the end of their line: one statement takes all that is written, and the locks of
// everything that the transaction does are held by then, so that the order of ids is the order of commits.
func (w *writing) flush(ctx context.Context) error {
	if w.grown {
		w.grown = false
		return db.BeforeCommit(ctx, w.flush)
	}
	events := w.events
	w.events, w.due = nil, false
	if err := w.unit.ready(); err != nil {
		return err
	}
	if err := insertEvents(ctx, w.unit.tx, events); err != nil {
		return fmt.Errorf("postgres: write to the log: %w", w.unit.note(ctx, err))
	}
	return db.OnCommit(ctx, func(context.Context) { w.committed() })
}
