// Package postgrestest gives a test a PostgreSQL database of its own, with infra/postgres running on it.
package postgrestest

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/lib/pq"

	"fxcell.dev/fxcell/db"
	"fxcell.dev/fxcell/event"
	"fxcell.dev/fxcell/fxcelltest"
	"fxcell.dev/fxcell/outbox"
	"fxcell.dev/fxcell/secret"
)

// Database is a database that lives as long as its test.
type Database struct {
	DSN secret.Text // for another pool on it, or another process
	Tx  db.Transactor
	SQL db.SQL

	Writer  outbox.Writer // needs the migrations of fxcell, as those below do
	Log     outbox.Log
	Inbox   event.Inbox
	Parking event.Parking
}

// timeout is how long the server may take to make a database, or to drop one.
const timeout = time.Minute

// Open makes an empty database on the server that TESTENV_POSTGRES_DSN names, starts infra/postgres on it, which applies the owners' migrations, and
// drops it when the test ends. Without a server the test is skipped; it fails where TESTENV says that servers were started for the tests.
func Open(tb testing.TB, owners ...db.Migrations) *Database {
	tb.Helper()
	d := &Database{DSN: Empty(tb)}
	start(tb, d, owners)
	return d
}

// Empty makes an empty database, for tests that start what runs on it themselves, and returns its address.
func Empty(tb testing.TB) secret.Text {
	tb.Helper()
	server := fxcelltest.Server(tb, "TESTENV_POSTGRES_DSN")
	address, err := url.Parse(server)
	if err != nil {
		tb.Fatal("postgrestest: TESTENV_POSTGRES_DSN is no URL") // the error quotes it
	}
	name := "test_" + strings.ToLower(rand.Text())
	if err := command(server, "CREATE DATABASE "+name); err != nil {
		tb.Fatalf("postgrestest: make a database: %v", err)
	}
	tb.Cleanup(func() {
		if err := command(server, "DROP DATABASE "+name+" WITH (FORCE)"); err != nil {
			tb.Errorf("postgrestest: drop the database: %v", err)
		}
	})
	address.Path = "/" + name
	return secret.NewText(address.String())
}

// command runs one statement on the server.
func command(server, statement string) (err error) {
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	c, err := pq.NewConnector(server)
	if err != nil {
		return errors.New("TESTENV_POSTGRES_DSN is not understood") // the error may quote it
	}
	opened := sql.OpenDB(c)
	defer func() { err = errors.Join(err, opened.Close()) }()
	if _, err := opened.ExecContext(ctx, statement); err != nil {
		return fmt.Errorf("%s: %w", statement, err)
	}
	return nil
}
