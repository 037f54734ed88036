package postgres_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"fxcell.dev/fxcell/db"
)

func TestStartBringsEverySchemaUpTheFrameworksFirst(t *testing.T) {
	t.Parallel()
	d := empty(t)
	owners := []db.Migrations{
		tables("access", 3),
		owner("audit", "0001_log.up", "CREATE TABLE log AS SELECT current_setting('lock_timeout') AS l, current_setting('statement_timeout') AS s", "0001_log.down", "DROP TABLE log"),
		owner("zoo", "20260101120000_a.up", "CREATE VIEW zoo.v AS TABLE fxcell.t1; CREATE TABLE zoo.t (id int)", "20260101120000_a.down", "DROP VIEW zoo.v; DROP TABLE zoo.t"),
		tables("fxcell", 1),
	}
	p := build(t, d.dsn, "", owners...).start()
	for _, again := range []string{"the first start", "the second"} {
		for statement, want := range map[string]string{
			made("access"): "t1 t2 t3", versions("access"): "3", made("fxcell"): "t1", versions("fxcell"): "1",
			versions("zoo"): "20260101120000", versions("audit"): "1", made("audit"): "log", // a name without a schema means the owner's
			"SELECT l || ' ' || s FROM audit.log": "10s 0",
		} {
			if got := text(t, p.sql, statement); got != want {
				t.Errorf("after %s: %s is %q, want %q", again, statement, got, want)
			}
		}
		build(t, d.dsn, "auto", owners...).start()
	}
}

func TestReplicasThatStartTogetherTakeEachStepOnce(t *testing.T) {
	t.Parallel()
	d := empty(t)
	steps := owner(
		"shop", "0001_a.up", "CREATE TABLE shop.t (id int); SELECT pg_sleep(0.2); INSERT INTO shop.t VALUES (1)", "0001_a.down", "DROP TABLE shop.t",
		"0002_b.up", "-- outside of a transaction\nCREATE INDEX CONCURRENTLY t_id ON shop.t (id)", "0002_b.down", "DROP INDEX shop.t_id",
	)
	var all sync.WaitGroup
	for range 4 {
		p := build(t, d.dsn, "", steps)
		all.Go(func() {
			err := p.Start(t.Context())
			if err != nil {
				t.Error(err)
			}
			_ = p.Stop(context.Background())
		})
	}
	all.Wait()
	if got := text(t, d.sql, "SELECT count(*) || ' ' || (SELECT m::text FROM shop.schema_migrations m) FROM shop.t"); got != "1 (2,f)" {
		t.Errorf("rows and history are %q", got)
	}
}

func TestStepThatFailsLeavesThoseBeforeItAndNothingOfItself(t *testing.T) {
	t.Parallel()
	d := empty(t)
	steps := func(third string) db.Migrations {
		return owner(
			"shop", "0001_a.up", "CREATE TABLE shop.t1 (id int)", "0001_a.down", "DROP TABLE shop.t1",
			"0002_b.up", "CREATE TABLE shop.t2 (id int)", "0002_b.down", "DROP TABLE shop.t2",
			"0003_c.up", "CREATE TABLE shop.t3 (id int);\nINSERT INTO shop.t3 VALUES (1);\n"+third, "0003_c.down", "DROP TABLE shop.t3",
		)
	}
	build(t, d.dsn, "", tables("access", 1), steps("SELEC 'secret'"), tables("zoo", 1)).refuses(
		"postgres: migrate: schema shop of ", " as user fxcell at version 2: 0003_c.up.sql: line 3: ", "SQLSTATE 42601 syntax_error",
	)
	for statement, want := range map[string]string{
		made("shop"): "t1 t2", versions("shop"): "2", versions("access"): "1", "SELECT to_regnamespace('zoo') IS NULL": "true",
	} {
		if got := text(t, d.sql, statement); got != want {
			t.Errorf("%s is %q, want %q", statement, got, want)
		}
	}
	build(t, d.dsn, "", steps("INSERT INTO shop.t3 VALUES (2)"), tables("zoo", 1)).start()
	if got := text(t, d.sql, "SELECT count(*) FROM shop.t3"); got != "2" {
		t.Errorf("%s rows after the step was mended, want 2", got)
	}
}

func TestStepFindsNothingThatTheOneBeforeHasSet(t *testing.T) {
	t.Parallel()
	d := empty(t)
	build(t, d.dsn, "", owner(
		"shop", "0001_a.up", "SELECT set_config('search_path', '', false), set_config('lock_timeout', '1ms', false); SET ROLE pg_monitor", "0001_a.down", "SELECT 1",
		"0002_b.up", "CREATE TABLE t AS SELECT current_setting('lock_timeout') AS l", "0002_b.down", "DROP TABLE t",
	)).start()
	if got := text(t, d.sql, "SELECT l FROM shop.t"); got != "10s" {
		t.Errorf("the second step waits %s for a lock, want 10s", got)
	}
}

func TestStartThatEndsInAStepUndoesIt(t *testing.T) {
	t.Parallel()
	d := empty(t)
	p := build(t, d.dsn, "", owner("shop", "0001_a.up", "CREATE TABLE shop.t (id int); SELECT pg_sleep(60)", "0001_a.down", "DROP TABLE shop.t"))
	ctx, cancel := context.WithCancel(t.Context())
	failed := make(chan error, 1)
	go func() { failed <- p.Start(ctx) }()
	eventually(t, "the step sleeps", func() bool {
		return text(t, d.sql, "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'") == "1"
	})
	cancel()
	p.says(<-failed, "context canceled") // Fx does not wait for the hook
	eventually(t, "the session is gone", func() bool {
		return text(t, d.sql, "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())") == "0"
	})
	if got := text(t, d.sql, made("shop")) + text(t, d.sql, versions("shop")); got != "none" {
		t.Errorf("it left %q", got)
	}
}

func TestVerbThatIsCancelledSaysWhatItWaitedFor(t *testing.T) {
	t.Parallel()
	d := empty(t)
	err := d.tx.InTx(t.Context(), func(ctx context.Context) error {
		var n int
		if err := d.sql.Get(ctx, &n, "SELECT 1 FROM pg_advisory_xact_lock(x'667863656c6c'::bigint)"); err != nil { // as another process holds it
			return err
		}
		p := build(t, d.dsn, "", tables("shop", 1))
		limited, cancel := context.WithTimeout(ctx, 300*time.Millisecond)
		defer cancel()
		for _, words := range [][]string{{"up"}, {"down", "shop", "1"}} {
			err := p.commands[0].Run(limited, words, t.Output())
			if !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("%v: %v, want the end of its context", words, err)
			}
			if words[0] == "up" { // the other one had no time to ask
				p.says(err, "postgres: migrate: lock the schemas of ", " as user fxcell: another process is changing them")
			}
		}
		if err := p.Start(limited); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("start: %v, want the end of its context", err)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	if got := text(t, d.sql, "SELECT to_regnamespace('shop') IS NULL"); got != "true" {
		t.Error("a schema was changed without the lock")
	}
}
