package memory

import (
	"context"
	"testing"

	"fxcell.dev/fxcell/db/dbtest"
	"fxcell.dev/fxcell/db/memdb"
)

func TestTransactorKeepsThePromisesOfThePort(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(*testing.T) dbtest.Subject {
		return dbtest.Subject{Tx: newTransactor(), Store: counters{memdb.NewTable[string, int64](0)}}
	})
}

// counters is the suite's table.
type counters struct{ rows *memdb.Table[string, int64] }

func (c counters) Add(ctx context.Context, key string, n int64) error {
	old, _ := c.rows.Get(ctx, key)
	return c.rows.Put(ctx, key, old+n)
}

func (c counters) Get(ctx context.Context, key string) (int64, error) {
	n, _ := c.rows.Get(ctx, key)
	return n, nil
}
