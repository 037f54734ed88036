package postgres

import (
	"context"
	"crypto/rand"
	"database/sql"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/lib/pq"

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
	server := dsn(t)
	name := "partition_" + strings.ToLower(rand.Text())
	at, err := url.Parse(server)
	if err != nil {
		t.Fatal("the DSN of the server under test is no URL")
	}
	at.Path = "/" + name
	onServer(t, server, "CREATE DATABASE "+name)
	t.Cleanup(func() { onServer(t, server, "DROP DATABASE "+name+" WITH (FORCE)") })
	h := &house{T: t, pool: openPool(t, at.String())}
	h.tx, h.sql = transactor{h.pool}, access{h.pool}
	h.exec("CREATE SCHEMA fxcell")
	steps, err := filepath.Glob("../../migrations/fxcell/*.up.sql")
	if err != nil || len(steps) < 1 {
		t.Fatalf("the steps of the schema are %v, %v", steps, err)
	}
	slices.Sort(steps)
	for _, step := range steps {
		text, err := os.ReadFile(step)
		if err != nil {
			t.Fatal(err)
		}
		h.exec(string(text))
	}
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

// onServer runs a statement outside of every transaction.
func onServer(t *testing.T, dsn, statement string) {
	t.Helper()
	c, err := pq.NewConnector(dsn)
	if err != nil {
		t.Fatal("the driver refuses the DSN")
	}
	opened := sql.OpenDB(c)
	defer func() { _ = opened.Close() }()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	if _, err := opened.ExecContext(ctx, statement); err != nil {
		t.Errorf("%s: %v", statement, err)
	}
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
