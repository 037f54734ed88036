package store_test

import (
	"context"
	"errors"
	"io/fs"
	"strings"
	"testing"

	"fxcell.dev/cells/audit/internal/domain"
	"fxcell.dev/cells/audit/internal/store"
	"fxcell.dev/cells/audit/internal/store/storetest"
	"fxcell.dev/fxcell/db"
	"fxcell.dev/fxcell/durability"
	"fxcell.dev/infra/postgres/postgrestest"
	"fxcell.dev/migrations"
)

func open(tb testing.TB) *postgrestest.Database {
	tb.Helper()
	return postgrestest.Open(tb, migrations.Of("audit"))
}

func TestPostgresKeepsThePromisesOfAStore(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T) storetest.Backend {
		t.Helper()
		d := open(t)
		return storetest.Backend{Tx: d.Tx, Store: store.NewPostgres(d.SQL)}
	}, storetest.Features{})
}

func TestPostgresIsPersistent(t *testing.T) {
	t.Parallel()
	if got := store.NewPostgres(open(t).SQL).Durability(); got != durability.Persistent {
		t.Errorf("durability is %v, want persistent", got)
	}
}

// one returns the rows and the head of a chain with one entry.
func one(t *testing.T) ([]domain.Row, domain.Head) {
	t.Helper()
	key, err := domain.NewKey(1, make([]byte, domain.KeySize))
	if err != nil {
		t.Fatal(err)
	}
	chain := domain.Extend(domain.Head{}, key)
	row, err := chain.Add(domain.Entry{EventID: "event-1", Action: "user_created"})
	if err != nil {
		t.Fatal(err)
	}
	return []domain.Row{row}, chain.Head()
}

// filled returns a database with one entry and one key.
func filled(t *testing.T) (*postgrestest.Database, store.Store) {
	t.Helper()
	d := open(t)
	rows, head := one(t)
	s := store.NewPostgres(d.SQL)
	err := d.Tx.InTx(t.Context(), func(ctx context.Context) error {
		return errors.Join(s.AddKey(ctx, store.Key{Number: 1}), s.Append(ctx, rows, head))
	})
	if err != nil {
		t.Fatal(err)
	}
	return d, s
}

// forbidden is what nobody does to the trail.
var forbidden = []string{
	"UPDATE audit.entries SET action = 'x'",
	"UPDATE audit.entries SET action = action WHERE false",
	"DELETE FROM audit.entries",
	"TRUNCATE audit.entries",
	"TRUNCATE audit.entries, audit.heads, audit.keys CASCADE",
	"INSERT INTO audit.entries SELECT * FROM audit.entries ON CONFLICT (chain, seq) DO UPDATE SET action = 'x'",
	"DELETE FROM audit.heads",
	"TRUNCATE audit.heads",
	"DELETE FROM audit.keys",
	"TRUNCATE audit.keys",
}

func TestNobodyChangesOrRemovesEntriesNotEvenTheRoleThatOwnsThem(t *testing.T) {
	t.Parallel()
	d, s := filled(t)
	for _, statement := range forbidden {
		for _, session := range []string{"origin", "replica"} { // the latter turns usual triggers off, for those who may
			err := d.Tx.InTx(t.Context(), func(ctx context.Context) error {
				if _, err := d.SQL.Exec(ctx, "SET LOCAL session_replication_role = "+session); err != nil {
					return err
				}
				_, err := d.SQL.Exec(ctx, statement)
				return err
			})
			if err == nil || !strings.Contains(err.Error(), "insufficient_privilege") {
				t.Errorf("%s as %s: %v, want it refused", statement, session, err)
			}
		}
	}
	if rows, err := s.Find(t.Context(), store.Query{Limit: 10}); len(rows) != 1 || rows[0].Action != "user_created" || err != nil {
		t.Errorf("the trail is %+v, %v; want the one entry as it was", rows, err)
	}
}

// The right is gone from the role too, which no trigger has to tell then: tried as an owner who is no superuser, in a transaction that is undone.
func TestTheOwnerHasNoRightToChangeOrRemoveEntries(t *testing.T) {
	t.Parallel()
	d, _ := filled(t)
	owned := []string{
		"CREATE ROLE audit_test_owner", "GRANT USAGE, CREATE ON SCHEMA audit TO audit_test_owner",
		"ALTER TABLE audit.entries OWNER TO audit_test_owner", "ALTER TABLE audit.heads OWNER TO audit_test_owner",
		"ALTER TABLE audit.keys OWNER TO audit_test_owner", "ALTER TABLE audit.entries DISABLE TRIGGER USER",
		"ALTER TABLE audit.heads DISABLE TRIGGER USER", "ALTER TABLE audit.keys DISABLE TRIGGER USER", "SET LOCAL ROLE audit_test_owner",
	}
	undo := errors.New("undo")
	err := d.Tx.InTx(t.Context(), func(ctx context.Context) error {
		for _, statement := range owned {
			if _, err := d.SQL.Exec(ctx, statement); err != nil {
				return err
			}
		}
		for _, statement := range forbidden {
			err := d.Tx.InTx(ctx, func(ctx context.Context) error {
				_, err := d.SQL.Exec(ctx, statement)
				return err
			})
			if err == nil || !strings.Contains(err.Error(), "permission denied for table") {
				t.Errorf("%s: %v, want permission denied", statement, err)
			}
		}
		s := store.NewPostgres(d.SQL)
		head, found, err := s.Head(ctx)
		if !found || head.Size != 1 || err != nil {
			t.Errorf("the owner reads and locks the head %+v, %v, %v", head, found, err)
		}
		return undo
	})
	if !errors.Is(err, undo) {
		t.Fatal(err)
	}
}

func TestAppendWithoutTheHeadsRowIsRefused(t *testing.T) {
	t.Parallel()
	d := open(t)
	s := store.NewPostgres(d.SQL)
	rows, head := one(t)
	err := d.Tx.InTx(t.Context(), func(ctx context.Context) error {
		for _, statement := range []string{"ALTER TABLE audit.heads DISABLE TRIGGER USER", "DELETE FROM audit.heads"} {
			if _, err := d.SQL.Exec(ctx, statement); err != nil {
				return err
			}
		}
		return s.Append(ctx, rows, head)
	})
	if !errors.Is(err, db.ErrStale) {
		t.Errorf("append: %v, want db.ErrStale", err)
	}
}

func TestTheRuleThatARowBreaksIsNamed(t *testing.T) {
	t.Parallel()
	d, s := filled(t)
	rows, head := one(t)
	for want, change := range map[string]func(r *domain.Row){
		"seq: ":      func(r *domain.Row) { r.EventID = "event-2" },
		"event id: ": func(r *domain.Row) { r.Seq = 2 },
	} {
		row := rows[0]
		change(&row)
		err := d.Tx.InTx(t.Context(), func(ctx context.Context) error { return s.Append(ctx, []domain.Row{row}, head) })
		if !errors.Is(err, db.ErrUnique) || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want db.ErrUnique of the %s", err, want)
		}
	}
}

func TestTheSchemaGoesAndComesBack(t *testing.T) {
	t.Parallel()
	d, s := filled(t)
	run := func(name string) {
		t.Helper()
		text, err := fs.ReadFile(migrations.Of("audit").Files, name)
		if err != nil {
			t.Fatal(err)
		}
		if err := d.Tx.InTx(t.Context(), func(ctx context.Context) error {
			_, err := d.SQL.Exec(ctx, string(text))
			return err
		}); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
	run("0001_trail.down.sql")
	var left int
	const objects = `SELECT (SELECT count(*) FROM pg_class WHERE relnamespace = 'audit'::regnamespace AND relname ~ '^(entries|heads|keys)') +
		(SELECT count(*) FROM pg_proc WHERE pronamespace = 'audit'::regnamespace)`
	if err := d.SQL.Get(t.Context(), &left, objects); left > 0 || err != nil {
		t.Errorf("%d objects are left, %v", left, err)
	}
	run("0001_trail.up.sql")
	if _, found, err := s.Head(t.Context()); found || err != nil {
		t.Errorf("head found %v, %v; want none", found, err)
	}
}
