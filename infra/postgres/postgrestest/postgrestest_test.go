package postgrestest_test

import (
	"context"
	"testing"
	"testing/fstest"

	"fxcell.dev/fxcell/db"
	"fxcell.dev/fxcell/fxcelltest"
	"fxcell.dev/infra/postgres/postgrestest"
)

func TestMain(m *testing.M) { fxcelltest.Main(m) }

func notes() db.Migrations {
	return db.Migrations{Owner: "notes", Files: fstest.MapFS{
		"0001_notes.up.sql":   {Data: []byte("CREATE TABLE notes.notes (text text PRIMARY KEY)")},
		"0001_notes.down.sql": {Data: []byte("DROP TABLE notes.notes")},
	}}
}

func TestEachTestHasADatabaseOfItsOwn(t *testing.T) {
	t.Parallel()
	first, second := postgrestest.Open(t, notes()), postgrestest.Open(t, notes())
	err := first.Tx.InTx(t.Context(), func(ctx context.Context) error {
		_, err := first.SQL.Exec(ctx, "INSERT INTO notes.notes VALUES ('hello')")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for what, c := range map[string]struct {
		d    *postgrestest.Database
		want int
	}{"the one that was written to": {first, 1}, "the other": {second, 0}} {
		var n int
		if err := c.d.SQL.Get(t.Context(), &n, "SELECT count(*) FROM notes.notes"); err != nil || n != c.want {
			t.Errorf("%s has %d notes, %v, want %d", what, n, err, c.want)
		}
	}
}

func TestDatabaseIsGoneAfterItsTest(t *testing.T) { //nolint:tparallel // what follows waits for the test in it
	t.Parallel()
	outer := postgrestest.Open(t)
	var name string
	t.Run("the test", func(t *testing.T) {
		d := postgrestest.Open(t)
		if err := d.SQL.Get(t.Context(), &name, "SELECT current_database()"); err != nil {
			t.Fatal(err)
		}
	})
	var n int
	if err := outer.SQL.Get(t.Context(), &n, "SELECT count(*) FROM pg_database WHERE datname = $1", name); err != nil || n != 0 {
		t.Errorf("the server has %d databases %q, %v, want none", n, name, err)
	}
}
