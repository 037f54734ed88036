package store

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"fxcell.dev/cells/config/internal/domain"
	"fxcell.dev/fxcell/db"
	"fxcell.dev/fxcell/db/memdb"
	"fxcell.dev/fxcell/durability"
	"fxcell.dev/fxcell/secret"
)

func entry(key, value string) domain.Entry {
	return domain.Entry{ID: "id-of-" + key, Key: key, Value: secret.NewText(value)}
}

func TestMemoryIsVolatile(t *testing.T) {
	t.Parallel()
	if got := NewMemory(memdb.NewEngine()).Durability(); got != durability.Volatile {
		t.Errorf("Durability: got %v, want volatile", got)
	}
}

func TestMemoryIsFullBeyondItsKeysAlsoOnceTheyAreDeleted(t *testing.T) {
	t.Parallel()
	engine, m := memdb.NewEngine(), newMemory(3, maxBytes)
	inTx := func(fn func(ctx context.Context) error) error { return engine.InTx(t.Context(), fn) }
	for i := range 3 {
		if err := inTx(func(ctx context.Context) error {
			_, err := m.Insert(ctx, entry(fmt.Sprint("k", i), "v"))
			return err
		}); err != nil {
			t.Fatal(err)
		}
	}
	if err := inTx(func(ctx context.Context) error { return m.Delete(ctx, "k0") }); err != nil {
		t.Fatal(err)
	}
	insert := func(key string) error {
		return inTx(func(ctx context.Context) error {
			_, err := m.Insert(ctx, entry(key, "v"))
			return err
		})
	}
	if err := insert("k3"); !errors.Is(err, db.ErrFull) {
		t.Errorf("a fourth key: got %v, want db.ErrFull", err)
	}
	if err := insert("k0"); err != nil {
		t.Errorf("a key that was in use: %v", err)
	}
}

func TestMemoryIsFullBeyondItsBytesAndFreesThem(t *testing.T) {
	t.Parallel()
	engine, m := memdb.NewEngine(), newMemory(maxKeys, 1000)
	inTx := func(fn func(ctx context.Context) error) error { return engine.InTx(t.Context(), fn) }
	e := entry("a", strings.Repeat("x", 600))
	insert := func(ctx context.Context) error {
		var err error
		e, err = m.Insert(ctx, e)
		return err
	}
	if err := inTx(insert); err != nil {
		t.Fatal(err)
	}
	next := e
	next.Version++
	if err := inTx(func(ctx context.Context) error { return m.Update(ctx, next) }); !errors.Is(err, db.ErrFull) {
		t.Errorf("more bytes than there is room for: got %v, want db.ErrFull", err)
	}
	if err := inTx(func(ctx context.Context) error { return m.Delete(ctx, "a") }); err != nil {
		t.Fatal(err)
	}
	if total, _ := m.totals.Get(t.Context(), stored); total != 0 {
		t.Errorf("bytes of an empty store: got %d, want 0", total)
	}
	if err := inTx(insert); err != nil {
		t.Errorf("after the deletion: %v", err)
	}
}
