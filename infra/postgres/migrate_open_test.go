package postgres

import (
	"context"
	"errors"
	"testing"
	"time"

	"fxcell.dev/fxcell/db"
	"fxcell.dev/fxcell/secret"
)

func TestStartWhoseTimeEndsInAMigrationSaysWhatToRunBefore(t *testing.T) {
	t.Parallel()
	r := open(t, Config{}, ids)
	schemas, err := readSchemas([]db.Migrations{{Owner: r.table, Files: files("0001_a.up.sql", "0001_a.down.sql")}})
	if err != nil {
		t.Fatal(err)
	}
	p, err := newPool(Config{DSN: secret.NewText(dsn(t))})
	if err != nil {
		t.Fatal(err)
	}
	p.schemas = schemas
	err = r.tx.InTx(t.Context(), func(ctx context.Context) error {
		if _, err := r.sql.Exec(ctx, "SELECT pg_advisory_xact_lock($1)", int64(migrationLock)); err != nil {
			return err
		}
		ctx, cancel := context.WithTimeout(ctx, 500*time.Millisecond)
		defer cancel()
		err := p.open(ctx)
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("open = %v, want the end of its context", err)
		}
		wants(t, err, "another process is changing them", "if that takes longer than a start may, run `", " migrate up` (with the flags of this run) before")
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	if _, err := p.opened(); !errors.Is(err, db.ErrUnavailable) {
		t.Errorf("a pool whose migration failed is open: %v", err)
	}
}

func TestMigrateIsAutoOrCheck(t *testing.T) {
	t.Parallel()
	for mode, fine := range map[string]bool{"": true, "auto": true, "check": true, "Auto": false, "never": false} {
		err := Config{DSN: secret.NewText("postgres://u@localhost"), Migrate: mode}.Validate()
		if fine != (err == nil) {
			t.Errorf("%q: %v", mode, err)
		}
		if !fine {
			wants(t, err, "postgres.migrate must be auto or check: set it in the file or FXCELL_POSTGRES__MIGRATE")
		}
	}
}
