package postgres

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"fxcell.dev/fxcell/db"
	"fxcell.dev/fxcell/durability"
	"fxcell.dev/fxcell/event"
)

// inbox keeps a watermark per reader, topic and key: the Seq of the last event that was handled. Events without a key come in no order, so each of
// them is kept by itself, for a time.
//
// Two owners of a reader may handle an event at the same time. What Seen said in a transaction is the condition of Mark in it: the one who marks
// second fails, and is undone with what it did.
type inbox struct {
	sql    db.SQL
	sights *sightings
}

var _ event.Inbox = (*inbox)(nil)

func newInbox(sql db.SQL) *inbox { return &inbox{sql, newSightings()} }

// errOvertaken undoes the transaction of who comes second. Another attempt finds the event seen.
var errOvertaken = fmt.Errorf("another owner of the reader has handled it meanwhile: %w", db.ErrSerialization)

// Durability is Persistent: what was committed is the server's.
func (*inbox) Durability() durability.Grade { return durability.Persistent }

// Seen implements event.Inbox.
func (i *inbox) Seen(ctx context.Context, reader string, e event.Event) (bool, error) {
	find := i.seenInOrder
	if e.Key == "" {
		find = i.seenAlone
	}
	seen, err := find(ctx, reader, e)
	if err != nil {
		return false, fmt.Errorf("postgres: look up an event: %w", err)
	}
	return seen, nil
}

func (i *inbox) seenInOrder(ctx context.Context, reader string, e event.Event) (bool, error) {
	var last int64
	err := i.sql.Get(ctx, &last, `SELECT last_id FROM fxcell.inbox WHERE reader = $1 AND topic = $2 AND key = $3`, reader, e.Topic, indexable(e.Key))
	missing := errors.Is(err, db.ErrNotFound)
	switch {
	case err != nil && !missing:
		return false, err
	case !missing && e.Seq <= last:
		return true, nil
	default:
		return false, i.sights.note(ctx, sightOf(ctx, reader, e), mark{last, !missing})
	}
}

func (i *inbox) seenAlone(ctx context.Context, reader string, e event.Event) (seen bool, err error) {
	const find = `SELECT EXISTS (SELECT FROM fxcell.inbox_seen WHERE reader = $1 AND event_id = $2)`
	if err := i.sql.Get(ctx, &seen, find, reader, indexable(e.ID)); err != nil || seen {
		return seen, err
	}
	return false, i.sights.note(ctx, sightOf(ctx, reader, e), mark{})
}

// Mark implements event.Inbox. A watermark never goes back.
func (i *inbox) Mark(ctx context.Context, reader string, e event.Event) error {
	put := i.markInOrder
	if e.Key == "" {
		put = i.markAlone
	}
	at := sightOf(ctx, reader, e)
	known, looked := i.sights.of(at)
	if looked && known.there && e.Seq <= known.last {
		return nil // marked in this transaction, or a later one of its key
	}
	n, err := put(ctx, reader, e, known, looked)
	if err == nil && looked && n == 0 {
		err = errOvertaken
	}
	if err == nil && looked {
		err = i.sights.note(ctx, at, mark{e.Seq, true})
	}
	if err != nil {
		return fmt.Errorf("postgres: mark an event: %w", err)
	}
	return nil
}

func (i *inbox) markInOrder(ctx context.Context, reader string, e event.Event, known mark, looked bool) (int64, error) {
	const (
		raise = `INSERT INTO fxcell.inbox AS i VALUES ($1, $2, $3, $4)
			ON CONFLICT (reader, topic, key) DO UPDATE SET last_id = excluded.last_id WHERE i.last_id < excluded.last_id`
		first = `INSERT INTO fxcell.inbox VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING`
		next  = `UPDATE fxcell.inbox SET last_id = $4 WHERE reader = $1 AND topic = $2 AND key = $3 AND last_id = $5`
	)
	key := indexable(e.Key)
	switch {
	case !looked:
		return i.sql.Exec(ctx, raise, reader, e.Topic, key, e.Seq)
	case !known.there:
		return i.sql.Exec(ctx, first, reader, e.Topic, key, e.Seq)
	default:
		return i.sql.Exec(ctx, next, reader, e.Topic, key, e.Seq, known.last)
	}
}

func (i *inbox) markAlone(ctx context.Context, reader string, e event.Event, _ mark, _ bool) (int64, error) {
	const add = `INSERT INTO fxcell.inbox_seen (reader, event_id, id) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`
	return i.sql.Exec(ctx, add, reader, indexable(e.ID), e.Seq)
}

// indexable returns what stands for a key or an id in an index, which does not take long ones: it, or its digest.
func indexable(text string) string {
	const longest, digested = 512, "sha256:"
	if len(text) <= longest && !strings.HasPrefix(text, digested) {
		return text
	}
	sum := sha256.Sum256([]byte(text))
	return digested + hex.EncodeToString(sum[:])
}
