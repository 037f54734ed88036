package store_test

import (
	"context"
	"errors"
	"io/fs"
	"strings"
	"testing"

	"fxcell.dev/cells/config/internal/store"
	"fxcell.dev/cells/config/internal/store/storetest"
	"fxcell.dev/fxcell/db"
	"fxcell.dev/fxcell/durability"
	"fxcell.dev/infra/postgres/postgrestest"
	"fxcell.dev/migrations"
)

func open(tb testing.TB) *postgrestest.Database {
	tb.Helper()
	return postgrestest.Open(tb, migrations.Of("config"))
}

func TestPostgresKeepsThePromises(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T) storetest.Adapter {
		t.Helper()
		d := open(t)
		return storetest.Adapter{Tx: d.Tx, Store: store.NewPostgres(d.SQL)}
	})
}

func TestPostgresIsPersistent(t *testing.T) {
	t.Parallel()
	if got := store.NewPostgres(open(t).SQL).Durability(); got != durability.Persistent {
		t.Errorf("Durability: got %v, want persistent", got)
	}
}

// rig is a database with one setting.
type rig struct {
	*postgrestest.Database

	t     *testing.T
	store store.Store
}

func setup(t *testing.T) rig {
	t.Helper()
	d := open(t)
	r := rig{d, t, store.NewPostgres(d.SQL)}
	r.do(func(ctx context.Context) error {
		_, err := r.store.Insert(ctx, storetest.Setting("a", "s3cr3t-value"))
		return err
	})
	return r
}

func (r rig) do(fn func(ctx context.Context) error) {
	r.t.Helper()
	if err := r.Tx.InTx(r.t.Context(), fn); err != nil {
		r.t.Fatal(err)
	}
}

func (r rig) exec(statement string) {
	r.t.Helper()
	r.do(func(ctx context.Context) error {
		_, err := r.SQL.Exec(ctx, statement)
		return err
	})
}

func (r rig) text(query string) (out string) {
	r.t.Helper()
	if err := r.SQL.Get(r.t.Context(), &out, query); err != nil {
		r.t.Fatal(err)
	}
	return out
}

func TestADeletedSettingLeavesItsNumberAndNoneOfItsValues(t *testing.T) {
	t.Parallel()
	r := setup(t)
	r.do(func(ctx context.Context) error { return r.store.Delete(ctx, "a") })
	const rows = `SELECT concat((SELECT string_agg(s::text, ';') FROM config.settings s), (SELECT count(*) FROM config.versions))`
	if got, want := r.text(rows), "(a,1,,,,,,,,)0"; got != want {
		t.Errorf("what is left is %s, want %s", got, want)
	}
}

func TestOfAKeyInUseTheRuleIsNamedAndNothingElseIs(t *testing.T) {
	t.Parallel()
	r := setup(t)
	insert := func(value string) error {
		return r.Tx.InTx(t.Context(), func(ctx context.Context) error {
			_, err := r.store.Insert(ctx, storetest.Setting("a", value))
			return err
		})
	}
	err := insert("s3cr3t-value")
	if rule, ok := errors.AsType[*db.ConstraintError](err); !ok || rule.Constraint != "settings_pkey" || strings.Contains(err.Error(), "s3cr3t") {
		t.Errorf("Insert: got %v, want db.ErrUnique of settings_pkey", err)
	}
	// A version that is there already, of a key that is not in use, is a fault of the database.
	r.exec("UPDATE config.settings SET version = 1, id = NULL, type = NULL, schema = NULL, sensitive = NULL, value = NULL, rollback_of = NULL, " +
		"created_at = NULL, updated_at = NULL")
	r.exec("UPDATE config.versions SET version = 2")
	if err := insert("s3cr3t-value"); err == nil || errors.Is(err, db.ErrUnique) || !strings.Contains(err.Error(), "versions_pkey") {
		t.Errorf("Insert over a stray version: got %v, want an error that nobody takes for a key in use", err)
	}
}

func TestPublishWithoutTheRowOfRevisionsIsRefused(t *testing.T) {
	t.Parallel()
	r := setup(t)
	r.exec("DELETE FROM config.revisions")
	err := r.Tx.InTx(t.Context(), func(ctx context.Context) error {
		e, err := r.store.Get(ctx, "a")
		if err != nil {
			return err
		}
		p, err := e.Publish(e.UpdatedAt)
		if err != nil {
			return err
		}
		_, err = r.store.Publish(ctx, p)
		return err
	})
	if err == nil || errors.Is(err, db.ErrNotFound) || !strings.Contains(err.Error(), "config.revisions") {
		t.Errorf("Publish: got %v, want an error that names the table", err)
	}
}

func TestASettingIsWholeOrNotThere(t *testing.T) {
	t.Parallel()
	r := setup(t)
	err := r.Tx.InTx(t.Context(), func(ctx context.Context) error {
		_, err := r.SQL.Exec(ctx, "UPDATE config.settings SET value = NULL")
		return err
	})
	if err == nil || !strings.Contains(err.Error(), "settings_whole_check") {
		t.Errorf("half a setting: got %v, want settings_whole_check", err)
	}
}

func TestTheSchemaGoesAndComesBack(t *testing.T) {
	t.Parallel()
	r := setup(t)
	run := func(name string) {
		t.Helper()
		text, err := fs.ReadFile(migrations.Of("config").Files, name)
		if err != nil {
			t.Fatal(err)
		}
		r.exec(string(text))
	}
	run("0001_settings.down.sql")
	const left = `SELECT count(*) FROM pg_class WHERE relnamespace = 'config'::regnamespace AND relname ~ '^(settings|versions|publications|revisions)'`
	if got := r.text(left); got != "0" {
		t.Errorf("%s tables and indexes are left", got)
	}
	run("0001_settings.up.sql")
	if _, err := r.store.Get(t.Context(), "a"); !errors.Is(err, db.ErrNotFound) {
		t.Errorf("Get: got %v, want db.ErrNotFound", err)
	}
}
