// Package store keeps the audit trail: its entries, the head record and the wrapped MAC keys.
package store

import (
	"context"
	"time"

	"fxcell.dev/cells/audit/internal/domain"
	"fxcell.dev/fxcell/durability"
	"fxcell.dev/fxcell/secret"
)

// Store keeps one chain. It is safe for concurrent use. What is written is written in the transaction of ctx, db.ErrNoTransaction without one;
// reads see that transaction's writes. Entries are never changed and never removed. What a row's slices point to belongs to the store.
type Store interface {
	durability.Stated

	// Head returns the head record, false when there is none. In a transaction nobody else appends until it ends: whoever appends reads the
	// head first.
	Head(ctx context.Context) (domain.Head, bool, error)
	// Known returns which of the event ids the chain holds.
	Known(ctx context.Context, eventIDs []string) (map[string]bool, error)
	// Append writes rows, one at least, and the head record that they lead to. A seq or event id that is there already is db.ErrUnique, a first
	// row that does not follow the head record db.ErrStale, a store without room db.ErrFull; in all cases nothing of rows may be committed.
	Append(ctx context.Context, rows []domain.Row, head domain.Head) error
	// Walk calls fn for each row from the seq on, in the order of seq, until fn returns an error, which it returns. It holds no more than a few
	// rows at a time, and fn may call the store.
	Walk(ctx context.Context, from int64, fn func(domain.Row) error) error
	// Find returns the newest rows that fit the query, newest first.
	Find(ctx context.Context, q Query) ([]domain.Row, error)

	// Keys returns the MAC keys by number.
	Keys(ctx context.Context) ([]Key, error)
	// AddKey writes a key. A number that is there already is db.ErrUnique.
	AddKey(ctx context.Context, k Key) error
}

// Query says which entries to find. A zero field asks for nothing.
type Query struct {
	Actor  string // the actor's id
	Action string
	Target string
	From   time.Time // appended then or later
	To     time.Time // appended before
	Before int64     // a seq: only older ones
	Limit  int       // at most so many; must be positive
}

// Key is a MAC key as it is stored.
type Key struct {
	Number    int64 // from 1; see domain.KeyID
	CreatedAt time.Time
	Wrapped   secret.Wrapped
}

// Fits reports whether a row is one that the query asks for, Limit aside.
func (q Query) Fits(c domain.Columns) bool {
	return (q.Actor == "" || q.Actor == c.ActorID) &&
		(q.Action == "" || q.Action == c.Action) &&
		(q.Target == "" || q.Target == c.Target) &&
		(q.From.IsZero() || !c.Time.Before(q.From)) &&
		(q.To.IsZero() || c.Time.Before(q.To)) &&
		(q.Before == 0 || c.Seq < q.Before)
}
