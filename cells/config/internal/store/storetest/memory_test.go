package storetest

import (
	"testing"

	"fxcell.dev/cells/config/internal/store"
	"fxcell.dev/fxcell/db/memdb"
)

func memory() Adapter {
	engine := memdb.NewEngine()
	return Adapter{Tx: engine, Store: store.NewMemory(engine)}
}

func TestMemoryKeepsThePromises(t *testing.T) {
	t.Parallel()
	Run(t, func(*testing.T) Adapter { return memory() })
}
