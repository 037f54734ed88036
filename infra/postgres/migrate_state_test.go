package postgres_test

import (
	"context"
	"testing"
	"time"
)

// eventually waits until a condition holds.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for !holds() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("it never came: %s", what)
		}
	}
}

func TestSchemaThatIsDirtyIsRefusedUntilSomebodyHasMendedIt(t *testing.T) {
	t.Parallel()
	d := empty(t)
	steps := owner(
		"shop", "0001_a.up", "CREATE TABLE shop.t (id int); INSERT INTO shop.t VALUES (1), (1)", "0001_a.down", "DROP TABLE shop.t",
		"0002_b.up", "-- outside of a transaction\nCREATE UNIQUE INDEX CONCURRENTLY t_id ON shop.t (id)", "0002_b.down", "DROP INDEX shop.t_id",
	)
	build(t, d.dsn, "", steps).refuses("schema shop of ", "at version 1: 0002_b.up.sql: ", "the schema is dirty now: postgres: db: exists already (t_id)")
	if got := text(t, d.sql, versions("shop")); got != "2 dirty" {
		t.Fatalf("the history says %q, want 2 dirty: half an index is there", got)
	}
	for _, mode := range []string{"auto", "check"} {
		build(t, d.dsn, mode, steps).refuses("schema shop of ", "at version 2: the schema is dirty: ", `UPDATE "shop".schema_migrations SET dirty = false`)
	}
	p := build(t, d.dsn, "", steps)
	if out, err := p.verb("status"); err != nil || out != "OWNER  VERSION  LATEST  DIRTY\nshop   2        2       yes\n" {
		t.Errorf("status: %q, %v", out, err)
	}
	_, err := p.verb("down", "shop", "1")
	p.says(err, "the schema is dirty")

	exec(t, d, "DROP INDEX shop.t_id")
	exec(t, d, "DELETE FROM shop.t WHERE ctid = (SELECT max(ctid) FROM shop.t)")
	exec(t, d, `UPDATE "shop".schema_migrations SET dirty = false, version = 1`)
	p.start()
	if got := text(t, d.sql, versions("shop")); got != "2" {
		t.Errorf("the history says %q, want 2", got)
	}
}

func TestSchemaThatTheFilesDoNotKnowIsRefused(t *testing.T) {
	t.Parallel()
	d := empty(t)
	build(t, d.dsn, "", tables("shop", 3)).start()
	for _, mode := range []string{"auto", "check"} {
		build(t, d.dsn, mode, tables("shop", 2)).refuses(
			"schema shop of ", "at version 3: the schema is newer than this program, whose files end at version 2", " migrate down shop COUNT`",
		)
		build(t, d.dsn, mode, owner("shop", "0001_a.up", "SELECT 1", "0001_a.down", "SELECT 1", "0004_b.up", "SELECT 1", "0004_b.down", "SELECT 1")).refuses(
			"schema shop of ", "at version 3: the schema is at a version that is not among the files of this program (1 to 4)",
		)
	}
	if got := text(t, d.sql, made("shop")+" UNION ALL "+versions("shop")+" LIMIT 1"); got != "t1 t2 t3" {
		t.Errorf("the tables are %q", got)
	}
}

func TestCheckOnlyRefusesWhatIsNotAtItsVersion(t *testing.T) {
	t.Parallel()
	d := empty(t)
	owners := build(t, d.dsn, "check", tables("access", 2), tables("shop", 1))
	owners.refuses(
		"schema access of ", "at version 0: this program needs version 2, and postgres.migrate is check: run `", " migrate up`", "schema shop of ",
	)
	if got := text(t, d.sql, "SELECT count(*) FROM pg_namespace WHERE nspname IN ('access', 'shop')"); got != "0" {
		t.Errorf("check made %s schemas", got)
	}
	if out, err := owners.verb("up"); err != nil || out != "access: version 2, was 0\nshop: version 1, was 0\n" {
		t.Errorf("up: %q, %v", out, err)
	}
	owners.start()
	build(t, d.dsn, "check", tables("access", 3)).refuses("schema access of ", "at version 2: this program needs version 3")
}
