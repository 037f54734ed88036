package store_test

import (
	"testing"

	"fxcell.dev/cells/audit/internal/store"
	"fxcell.dev/cells/audit/internal/store/storetest"
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
