package store_test

import (
	"context"
	"errors"
	"testing"

	"fxcell.dev/cells/audit/internal/domain"
	"fxcell.dev/cells/audit/internal/store"
	"fxcell.dev/cells/audit/internal/store/storetest"
	"fxcell.dev/fxcell/db"
	"fxcell.dev/fxcell/db/memdb"
	"fxcell.dev/fxcell/durability"
)

func TestMemoryKeepsThePromisesOfAStore(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(*testing.T) storetest.Backend {
		engine := memdb.NewEngine()
		return storetest.Backend{Tx: engine, Store: store.NewMemory(engine)}
	})
}

func TestMemoryIsVolatile(t *testing.T) {
	t.Parallel()
	if got := store.NewMemory(memdb.NewEngine()).Durability(); got != durability.Volatile {
		t.Errorf("durability is %v, want volatile", got)
	}
}

func TestAFullMemoryStoreRefusesEntriesAndKeepsWhatItHas(t *testing.T) {
	t.Parallel()
	engine, s := memdb.NewEngine(), store.NewMemoryOn(store.NewTables(2))
	appendOne := func(seq int64) error {
		row := domain.Row{Columns: domain.Columns{Seq: seq, EventID: domain.KeyID(seq)}}
		return engine.InTx(t.Context(), func(ctx context.Context) error {
			return s.Append(ctx, []domain.Row{row}, domain.Head{Chain: domain.ChainID, Size: seq})
		})
	}
	for seq := int64(1); seq <= 2; seq++ {
		if err := appendOne(seq); err != nil {
			t.Fatalf("append %d: %v", seq, err)
		}
	}
	if err := appendOne(3); !errors.Is(err, db.ErrFull) {
		t.Errorf("append to a full store: %v, want db.ErrFull", err)
	}
	if h, ok, err := s.Head(t.Context()); !ok || h.Size != 2 || err != nil {
		t.Errorf("head is %+v, %v, %v; want size 2", h, ok, err)
	}
}
