package memdb_test

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"fxcell.dev/fxcell/db"
	"fxcell.dev/fxcell/db/memdb"
)

type row struct {
	Key   string
	Value int
}

func rows(ctx context.Context, table *memdb.Table[string, int]) []row {
	var out []row
	table.Ascend(ctx, "", func(key string, value int) bool {
		out = append(out, row{key, value})
		return true
	})
	return out
}

func put(t *testing.T, engine *memdb.Engine, table *memdb.Table[string, int], key string, value int) {
	t.Helper()
	err := engine.InTx(t.Context(), func(ctx context.Context) error { return table.Put(ctx, key, value) })
	if err != nil {
		t.Fatalf("put %s: %v", key, err)
	}
}

func TestTableReadsInOrder(t *testing.T) {
	t.Parallel()
	engine, table := memdb.NewEngine(), memdb.NewTable[string, int](0)
	if key, _, ok := table.Last(t.Context()); ok {
		t.Errorf("Last of an empty table = %s", key)
	}
	for value, key := range []string{"c", "a", "d", "b"} {
		put(t, engine, table, key, value)
	}
	var up, down []string
	table.Ascend(t.Context(), "b", func(key string, _ int) bool { up = append(up, key); return key != "c" })
	table.Descend(t.Context(), "c", func(key string, _ int) bool { down = append(down, key); return key != "b" })
	if diff := cmp.Diff([]string{"b", "c"}, up); diff != "" {
		t.Errorf("Ascend from b until c:\n%s", diff)
	}
	if diff := cmp.Diff([]string{"c", "b"}, down); diff != "" {
		t.Errorf("Descend from c until b:\n%s", diff)
	}
	if key, value, ok := table.Last(t.Context()); key != "d" || value != 2 || !ok {
		t.Errorf("Last = %s %d %v, want d 2 true", key, value, ok)
	}
	if value, ok := table.Get(t.Context(), "b"); value != 3 || !ok {
		t.Errorf("Get(b) = %d %v, want 3 true", value, ok)
	}
}

func TestTableReadersSeeOnlyWhatWasCommitted(t *testing.T) {
	t.Parallel()
	engine, table := memdb.NewEngine(), memdb.NewTable[string, int](0)
	put(t, engine, table, "old", 1)
	outside := t.Context()
	err := engine.InTx(t.Context(), func(ctx context.Context) error {
		if err := errors.Join(table.Put(ctx, "new", 2), table.Put(ctx, "old", 3)); err != nil {
			return err
		}
		if diff := cmp.Diff([]row{{"old", 1}}, rows(outside, table)); diff != "" {
			t.Errorf("outside:\n%s", diff)
		}
		if diff := cmp.Diff([]row{{"new", 2}, {"old", 3}}, rows(ctx, table)); diff != "" {
			t.Errorf("inside:\n%s", diff)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]row{{"new", 2}, {"old", 3}}, rows(t.Context(), table)); diff != "" {
		t.Errorf("after the commit:\n%s", diff)
	}
}

func TestTableFirstChangedInASavepointIsUndoneWithIt(t *testing.T) {
	t.Parallel()
	engine := memdb.NewEngine()
	before, inside := memdb.NewTable[string, int](0), memdb.NewTable[string, int](0)
	err := engine.InTx(t.Context(), func(ctx context.Context) error {
		if err := before.Put(ctx, "a", 1); err != nil {
			return err
		}
		_ = engine.InTx(ctx, func(ctx context.Context) error {
			return errors.Join(before.Put(ctx, "b", 2), inside.Put(ctx, "c", 3), errTest)
		})
		if got := rows(ctx, inside); got != nil {
			t.Errorf("inside shows %v after its savepoint was undone", got)
		}
		return inside.Put(ctx, "d", 4)
	})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]row{{"a", 1}}, rows(t.Context(), before)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]row{{"d", 4}}, rows(t.Context(), inside)); diff != "" {
		t.Error(diff)
	}
}

func TestTableRefusesWhatExistsAndWhatIsTooMuch(t *testing.T) {
	t.Parallel()
	engine, table := memdb.NewEngine(), memdb.NewTable[string, int](2)
	put(t, engine, table, "a", 1)
	put(t, engine, table, "b", 2)
	err := engine.InTx(t.Context(), func(ctx context.Context) error {
		if err := table.Insert(ctx, "a", 9); !errors.Is(err, db.ErrUnique) {
			t.Errorf("Insert of a key that exists = %v, want db.ErrUnique", err)
		}
		for name, write := range map[string]func(context.Context, string, int) error{"Put": table.Put, "Insert": table.Insert} {
			if err := write(ctx, "c", 3); !errors.Is(err, db.ErrFull) {
				t.Errorf("%s into a full table = %v, want db.ErrFull", name, err)
			}
		}
		if err := table.Put(ctx, "a", 4); err != nil {
			t.Errorf("Put over a row of a full table = %v", err)
		}
		if existed, err := table.Delete(ctx, "x"); existed || err != nil {
			t.Errorf("Delete of nothing = %v, %v", existed, err)
		}
		if existed, err := table.Delete(ctx, "b"); !existed || err != nil {
			t.Errorf("Delete = %v, %v", existed, err)
		}
		return table.Insert(ctx, "c", 5)
	})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]row{{"a", 4}, {"c", 5}}, rows(t.Context(), table)); diff != "" {
		t.Error(diff)
	}
	if got := table.Len(t.Context()); got != 2 {
		t.Errorf("Len = %d, want 2", got)
	}
	outside := []error{table.Put(t.Context(), "z", 1), table.Insert(t.Context(), "z", 1)}
	_, err = table.Delete(t.Context(), "a")
	for _, err := range append(outside, err) {
		if !errors.Is(err, db.ErrNoTransaction) {
			t.Errorf("a write outside of a transaction = %v, want db.ErrNoTransaction", err)
		}
	}
}
