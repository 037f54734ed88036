package postgres

import (
	"context"
	"errors"
	"testing"

	"fxcell.dev/fxcell/db"
	"fxcell.dev/fxcell/db/dbtest"
)

func TestTransactorKeepsThePromisesOfThePort(t *testing.T) {
	t.Parallel()
	dsn(t)
	dbtest.Run(t, func(t *testing.T) dbtest.Subject {
		t.Helper()
		r := open(t, Config{MaxConns: 4}, "key text PRIMARY KEY, n bigint NOT NULL")
		return dbtest.Subject{Tx: r.tx, Store: counters{r}}
	})
}

// counters is the suite's table.
type counters struct{ *rig }

func (c counters) Add(ctx context.Context, key string, n int64) error {
	_, err := c.sql.Exec(ctx, c.q("INSERT INTO %s AS t VALUES ($1, $2) ON CONFLICT (key) DO UPDATE SET n = t.n + $2"), key, n)
	return err
}

func (c counters) Get(ctx context.Context, key string) (n int64, err error) {
	err = c.sql.Get(ctx, &n, c.q("SELECT n FROM %s WHERE key = $1"), key)
	if errors.Is(err, db.ErrNotFound) {
		return 0, nil
	}
	return n, err
}
