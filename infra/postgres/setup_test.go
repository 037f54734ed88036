package postgres

import (
	"context"
	"crypto/rand"
	"fmt"
	"strings"
	"testing"
	"time"

	"fxcell.dev/fxcell/db"
	"fxcell.dev/fxcell/fxcelltest"
	"fxcell.dev/fxcell/secret"
)

// dsn returns the address of the server under test.
func dsn(tb testing.TB) string {
	tb.Helper()
	return fxcelltest.Server(tb, "TESTENV_POSTGRES_DSN")
}

// rig is an open pool with a table of its own.
type rig struct {
	*testing.T

	pool  *pool
	tx    db.Transactor
	sql   db.SQL
	table string
}

// open opens a pool by cfg, to the server under test unless cfg names one, and makes a table with the columns.
func open(t *testing.T, cfg Config, columns string) *rig {
	t.Helper()
	server := dsn(t)
	if cfg.DSN.IsZero() {
		cfg.DSN = secret.NewText(server)
	}
	if cfg.MaxConns == 0 {
		cfg.MaxConns = 8
	}
	p, err := newPool(cfg)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.open(t.Context()); err != nil {
		t.Fatal(err)
	}
	r := &rig{t, p, transactor{p}, access{p}, "t_" + strings.ToLower(rand.Text())}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		err := r.tx.InTx(ctx, func(ctx context.Context) error {
			_, err := r.sql.Exec(ctx, "DROP TABLE IF EXISTS "+r.table)
			return err
		})
		if err != nil {
			t.Errorf("drop the table: %v", err)
		}
		if err := p.close(ctx); err != nil {
			t.Error(err)
		}
	})
	r.exec("CREATE TABLE %s (" + columns + ")")
	return r
}

// q puts the name of the table into a statement.
func (r *rig) q(statement string) string { return strings.ReplaceAll(statement, "%s", r.table) }

// exec runs a statement in a transaction of its own.
func (r *rig) exec(statement string, args ...any) {
	r.Helper()
	err := r.tx.InTx(r.Context(), func(ctx context.Context) error {
		_, err := r.sql.Exec(ctx, r.q(statement), args...)
		return err
	})
	if err != nil {
		r.Fatalf("%s: %v", statement, err)
	}
}

// number returns the one number that a statement reads.
func (r *rig) number(statement string, args ...any) int {
	r.Helper()
	var n int
	if err := r.sql.Get(r.Context(), &n, r.q(statement), args...); err != nil {
		r.Fatalf("%s: %v", statement, err)
	}
	return n
}

// rows returns how many rows the table has, for those outside of every transaction.
func (r *rig) rows() int {
	r.Helper()
	return r.number("SELECT count(*) FROM %s")
}

// insert is the statement of most tests.
func (r *rig) insert(ctx context.Context, id int) error {
	_, err := r.sql.Exec(ctx, r.q("INSERT INTO %s (id) VALUES ($1)"), id)
	return err
}

// eventually waits until a condition holds.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !holds() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("it never came: %s", what)
		}
	}
}

// wants fails unless the text of err has all parts.
func wants(t *testing.T, err error, parts ...string) {
	t.Helper()
	text := fmt.Sprint(err)
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("error %q lacks %q", text, part)
		}
	}
}
