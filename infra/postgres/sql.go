package postgres

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"iter"
	"reflect"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"
	"github.com/lib/pq/pqerror"

	"fxcell.dev/fxcell/db"
	"fxcell.dev/fxcell/durability"
)

// access is the SQL of stores.
type access struct{ pool *pool }

var _ db.SQL = access{}

// Durability is Persistent: what was committed is the server's.
func (access) Durability() durability.Grade { return durability.Persistent }

// runner runs statements: a transaction, or the pool.
type runner interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryxContext(ctx context.Context, query string, args ...any) (*sqlx.Rows, error)
	GetContext(ctx context.Context, into any, query string, args ...any) error
	SelectContext(ctx context.Context, into any, query string, args ...any) error
}

var errForeign = fmt.Errorf("postgres: the context carries the transaction of another database: %w", db.ErrNoTransaction)

// unitOf returns the transaction of ctx, nil without one.
func (a access) unitOf(ctx context.Context) (*unit, error) {
	switch found := db.UnitOf(ctx); {
	case found == nil && db.InTx(ctx):
		return nil, db.ErrTxDone
	case found == nil:
		return nil, nil //nolint:nilnil // none is an answer
	default:
		u, ours := found.(*unit)
		if !ours || u.pool != a.pool {
			return nil, errForeign
		}
		return u, u.ready()
	}
}

// run runs a statement that reads, in the transaction of ctx or on the pool. u is nil on the pool.
func (a access) run(ctx context.Context, statement func(r runner, u *unit) error) error {
	u, err := a.unitOf(ctx)
	if err != nil {
		return err
	}
	if u != nil {
		return u.note(ctx, statement(u.tx, u))
	}
	opened, err := a.pool.opened()
	if err != nil {
		return err
	}
	err = statement(opened, nil)
	if answer, ok := errors.AsType[*pq.Error](err); ok && answer.Code == pqerror.ReadOnlySQLTransaction {
		return db.ErrNoTransaction
	}
	return translate(ctx, err)
}

// Exec implements db.SQL.
func (a access) Exec(ctx context.Context, statement string, args ...any) (int64, error) {
	u, err := a.unitOf(ctx)
	if err != nil {
		return 0, err
	}
	if u == nil {
		return 0, db.ErrNoTransaction
	}
	result, err := u.tx.ExecContext(ctx, statement, args...)
	if err != nil {
		return 0, u.note(ctx, err)
	}
	return result.RowsAffected()
}

// Get implements db.SQL.
func (a access) Get(ctx context.Context, into any, statement string, args ...any) error {
	return a.run(ctx, func(r runner, _ *unit) error { return r.GetContext(ctx, into, statement, args...) })
}

// Select implements db.SQL.
func (a access) Select(ctx context.Context, into any, statement string, args ...any) error {
	return a.run(ctx, func(r runner, _ *unit) error { return r.SelectContext(ctx, into, statement, args...) })
}

// Query implements db.SQL.
func (a access) Query(ctx context.Context, statement string, args ...any) iter.Seq2[db.Row, error] {
	return func(yield func(db.Row, error) bool) {
		left := false
		err := a.run(ctx, func(r runner, u *unit) error {
			rows, err := r.QueryxContext(ctx, statement, args...)
			if err != nil {
				return err
			}
			if u != nil {
				u.reading = true
				defer func() { u.reading = false }()
			}
			defer func() { _ = rows.Close() }() // Err says what went wrong
			for !left && rows.Next() {
				left = !yield(row{rows}, nil)
			}
			return rows.Err()
		})
		if err != nil && !left {
			yield(nil, err)
		}
	}
}

// row is one of the rows that a loop reads.
type row struct{ rows *sqlx.Rows }

// Scan implements db.Row.
func (r row) Scan(into ...any) error {
	for i, v := range into {
		if t := reflect.TypeOf(v); t != nil && t.Kind() == reflect.Pointer && isArray(t.Elem()) {
			into[i] = pq.Array(v)
		}
	}
	if err := r.rows.Scan(into...); err != nil {
		return fmt.Errorf("postgres: %w", err)
	}
	return nil
}

var scanner = reflect.TypeFor[sql.Scanner]()

func isArray(t reflect.Type) bool {
	return t.Kind() == reflect.Slice && t.Elem().Kind() != reflect.Uint8 && !reflect.PointerTo(t).Implements(scanner)
}
