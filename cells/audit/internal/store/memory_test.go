package store_test

import (
	"testing"

	"fxcell.dev/cells/audit/internal/store"
	"fxcell.dev/cells/audit/internal/store/storetest"
	"fxcell.dev/fxcell/db/memdb"
	"fxcell.dev/fxcell/durability"
)

func TestMemoryKeepsThePromisesOfAStore(t *testing.T) {
	t.Parallel()
	const room = 1000
	storetest.Run(t, func(*testing.T) storetest.Backend {
		return storetest.Backend{Tx: memdb.NewEngine(), Store: store.NewMemoryOn(store.NewTables(room))}
	}, storetest.Features{Room: room})
}

func TestMemoryIsVolatile(t *testing.T) {
	t.Parallel()
	if got := store.NewMemory(memdb.NewEngine()).Durability(); got != durability.Volatile {
		t.Errorf("durability is %v, want volatile", got)
	}
}
