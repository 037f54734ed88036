package store

import (
	"context"
	"strings"
	"time"
	"unicode/utf8"

	"fxcell.dev/fxcell/db"
	"fxcell.dev/fxcell/durability"
)

// postgres keeps everything in the schema access of a PostgreSQL database. Every condition of a write is part of its one statement.
type postgres struct{ sql db.SQL }

var _ Store = (*postgres)(nil)

// NewPostgres returns a store that outlives the process, as far as the database does. It needs the schema that migrations/access makes.
func NewPostgres(sql db.SQL) Store { return &postgres{sql} }

// Durability is what the database's is.
func (p *postgres) Durability() durability.Grade { return p.sql.Durability() }

// scan reads one row.
type scan[T any] func(db.Row) (T, error)

// one returns the row of a query, or db.ErrNotFound.
func one[T any](ctx context.Context, sql db.SQL, read scan[T], query string, args ...any) (T, error) {
	found, err := all(ctx, sql, read, query, args...)
	if err != nil || len(found) == 0 {
		var none T
		if err == nil {
			err = db.ErrNotFound
		}
		return none, err
	}
	return found[0], nil
}

// all returns the rows of a query.
func all[T any](ctx context.Context, sql db.SQL, read scan[T], query string, args ...any) ([]T, error) {
	var found []T
	for row, err := range sql.Query(ctx, query, args...) {
		if err != nil {
			return nil, err
		}
		v, err := read(row)
		if err != nil {
			return nil, err
		}
		found = append(found, v)
	}
	return found, nil
}

// conditional runs a statement that changes a row or, when its condition does not hold, none: then it returns otherwise.
func conditional(ctx context.Context, sql db.SQL, otherwise error, statement string, args ...any) error {
	changed, err := sql.Exec(ctx, statement, args...)
	if err == nil && changed == 0 {
		return otherwise
	}
	return err
}

// isText reports whether a database can hold the text. What it cannot hold is not there; to ask for it is an error, which ends the transaction.
func isText(s string) bool { return utf8.ValidString(s) && !strings.ContainsRune(s, 0) }

// orNull is t, or NULL when that is zero.
func orNull(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// utc is what orNull wrote. The driver gives times in the zone of the connection.
func utc(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return t.UTC()
}
