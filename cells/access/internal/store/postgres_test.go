package store_test

import (
	"context"
	"iter"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"fxcell.dev/cells/access/internal/store"
	"fxcell.dev/cells/access/internal/store/storetest"
	"fxcell.dev/fxcell/db"
	"fxcell.dev/fxcell/durability"
	"fxcell.dev/infra/postgres/postgrestest"
	"fxcell.dev/migrations"
)

// empty makes a store empty again: to make a database for each check would take most of the time.
const empty = `TRUNCATE access.users, access.sessions, access.signing_keys, access.setup`

func run(t *testing.T, d *postgrestest.Database, statement string) {
	t.Helper()
	err := d.Tx.InTx(t.Context(), func(ctx context.Context) error {
		_, err := d.SQL.Exec(ctx, statement)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestPostgres(t *testing.T) {
	t.Parallel()
	d := postgrestest.Open(t, migrations.Of("access"))
	var alone sync.Mutex // one check after the other
	storetest.Run(t, func(t *testing.T) storetest.Kit {
		t.Helper()
		alone.Lock()
		t.Cleanup(alone.Unlock)
		run(t, d, empty)
		return storetest.Kit{Store: store.NewPostgres(d.SQL), Tx: d.Tx}
	})
}

func TestPostgresIsPersistent(t *testing.T) {
	t.Parallel()
	d := postgrestest.Open(t)
	if got := store.NewPostgres(d.SQL).Durability(); got != durability.Persistent {
		t.Errorf("got %v", got)
	}
}

// rewriting is a database whose statements lost something on their way, or have something else in its place.
type rewriting struct {
	db.SQL

	lost, instead string
	hits          atomic.Int64
}

func (r *rewriting) rewrite(statement string) string {
	if strings.Contains(statement, r.lost) {
		r.hits.Add(1)
	}
	return strings.ReplaceAll(statement, r.lost, r.instead)
}

func (r *rewriting) Exec(ctx context.Context, statement string, args ...any) (int64, error) {
	return r.SQL.Exec(ctx, r.rewrite(statement), args...)
}

func (r *rewriting) Query(ctx context.Context, statement string, args ...any) iter.Seq2[db.Row, error] {
	return r.SQL.Query(ctx, r.rewrite(statement), args...)
}

// notices runs the check of that name, which must find something.
func notices(t *testing.T, name string, k storetest.Kit) {
	t.Helper()
	checks := storetest.Checks()
	i := slices.IndexFunc(checks, func(check storetest.Check) bool { return check.Name == name })
	if i < 0 {
		t.Fatalf("no check is named %q", name)
	}
	if err := checks[i].Run(t.Context(), k); err == nil {
		t.Error("the suite did not notice")
	}
}

func TestSuiteFailsOnPostgresWithoutARuleOfTheSchema(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ caughtBy, change, statement string }{
		"unique names":     {caughtBy: "a username exists once, also in letters that look alike", change: `ALTER TABLE access.users DROP CONSTRAINT users_username_key`},
		"unique addresses": {caughtBy: "an e-mail address exists once", change: `ALTER TABLE access.users DROP CONSTRAINT users_email_key`},
		"the rule's name":  {caughtBy: "an e-mail address exists once", change: `ALTER TABLE access.users RENAME CONSTRAINT users_email_key TO users_email`},
		"one key a state":  {caughtBy: "one key is active at a time, and one next", change: `DROP INDEX access.signing_keys_one`},
		"one setup": {
			"of many offers at once one gets through", `ALTER TABLE access.setup DROP CONSTRAINT setup_pkey`, ` ON CONFLICT (id) DO NOTHING`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := postgrestest.Open(t, migrations.Of("access"))
			run(t, d, c.change)
			kept := store.NewPostgres(d.SQL)
			if c.statement != "" { // it needs the rule
				kept = store.NewPostgres(&rewriting{SQL: d.SQL, lost: c.statement})
			}
			notices(t, c.caughtBy, storetest.Kit{Store: kept, Tx: d.Tx})
		})
	}
}

func TestSuiteFailsOnPostgresWithoutAConditionOfAStatement(t *testing.T) {
	t.Parallel()
	d := postgrestest.Open(t, migrations.Of("access"))
	var alone sync.Mutex // one statement after the other
	for _, c := range []struct{ caughtBy, lost, instead string }{
		{"a user that is not there is not found", `username = $2`, `$2 <> ''`},
		{"of many revocations at once one gets through", ` AND revoked_at IS NULL`, ``},
		{"ended sessions are purged, oldest first, and no others", `LIMIT $2`, `LIMIT $2 + 1000`},
		{"ended sessions are purged, oldest first, and no others", ` ORDER BY ends_at, id`, ` ORDER BY id`},
		{"keys are read as they were inserted, oldest first", `ORDER BY created_at, id`, `ORDER BY id`},
		{"a key is promoted by those that stand in line only", ` AND state = 'active'`, ``},
		{"a key is promoted by those that stand in line only", ` AND state = 'next'`, ``},
		{"a promoted key is active, and the one before retired without its private half", `, private = '', private_key = ''`, ``},
		{"retired keys are purged by their time, and no others", `retired_at <= $1`, `retired_at <= $1::timestamptz + interval '1 hour'`},
		{"a setup is offered in place of the one that was read only", `token_hash = $3`, `$3 <> ''::bytea`},
		{"a setup is completed once, and for ever", ` AND completed_at IS NULL`, ``},
		{"a setup is completed by its own token only", `token_hash = $1`, `$1 <> ''::bytea`},
	} {
		t.Run(c.lost, func(t *testing.T) {
			t.Parallel()
			alone.Lock()
			defer alone.Unlock()
			run(t, d, empty)
			sql := &rewriting{SQL: d.SQL, lost: c.lost, instead: c.instead}
			notices(t, c.caughtBy, storetest.Kit{Store: store.NewPostgres(sql), Tx: d.Tx})
			if sql.hits.Load() == 0 {
				t.Errorf("no statement holds %q", c.lost)
			}
		})
	}
}
