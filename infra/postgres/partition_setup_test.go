package postgres

import (
	"context"
	"testing"

	"fxcell.dev/fxcell/db"
	"fxcell.dev/fxcell/secret"
)

// house is a database of its own with the tables of the log, the inbox and the parking place.
type house struct {
	*testing.T

	pool *pool
	tx   db.Transactor
	sql  db.SQL
}

func newHouse(t *testing.T) *house {
	t.Helper()
	h := &house{T: t, pool: openPool(t, logDatabase(t))}
	h.tx, h.sql = transactor{h.pool}, access{h.pool}
	return h
}

func openPool(t *testing.T, dsn string) *pool {
	t.Helper()
	p, err := newPool(Config{DSN: secret.NewText(dsn), MaxConns: 8})
	if err != nil {
		t.Fatal(err)
	}
	if err := p.open(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return p
}

// exec runs a statement in a transaction of its own.
func (h *house) exec(statement string, args ...any) {
	h.Helper()
	err := h.tx.InTx(h.Context(), func(ctx context.Context) error {
		_, err := h.sql.Exec(ctx, statement, args...)
		return err
	})
	if err != nil {
		h.Fatalf("%s: %v", statement, err)
	}
}

// number returns the one number that a statement reads.
func (h *house) number(statement string, args ...any) int {
	h.Helper()
	var n int
	if err := h.sql.Get(h.Context(), &n, statement, args...); err != nil {
		h.Fatalf("%s: %v", statement, err)
	}
	return n
}

// during runs fn while a transaction is open that has run a statement.
func (h *house) during(statement string, fn func()) {
	h.Helper()
	err := h.tx.InTx(h.Context(), func(ctx context.Context) error {
		_, err := h.sql.Exec(ctx, statement)
		if err == nil {
			fn()
		}
		return err
	})
	if err != nil {
		h.Fatalf("%s: %v", statement, err)
	}
}
