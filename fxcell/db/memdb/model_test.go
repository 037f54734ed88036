package memdb_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"fxcell.dev/fxcell/db"
	"fxcell.dev/fxcell/db/memdb"
)

// model holds two tables beside two plain maps that say what they must show.
type model struct {
	rt        *rapid.T
	engine    *memdb.Engine
	tables    [2]*memdb.Table[string, int]
	committed [2]map[string]int
	pending   [2]map[string]int // in the open transaction
}

func clone(maps2 [2]map[string]int) [2]map[string]int {
	return [2]map[string]int{maps.Clone(maps2[0]), maps.Clone(maps2[1])}
}

// check compares what ctx shows of both tables with want.
func (m *model) check(ctx context.Context, what string, want [2]map[string]int) {
	for i, table := range m.tables {
		expected := make([]row, 0, len(want[i]))
		for _, key := range slices.Sorted(maps.Keys(want[i])) {
			expected = append(expected, row{key, want[i][key]})
		}
		if diff := cmp.Diff(expected, append([]row{}, rows(ctx, table)...)); diff != "" {
			m.rt.Fatalf("table %d, %s:\n%s", i, what, diff)
		}
		if got := table.Len(ctx); got != len(expected) {
			m.rt.Fatalf("table %d, %s: Len = %d, want %d", i, what, got, len(expected))
		}
		if key, _, ok := table.Last(ctx); ok != (len(expected) > 0) || ok && key != expected[len(expected)-1].Key {
			m.rt.Fatalf("table %d, %s: Last = %q %v", i, what, key, ok)
		}
	}
}

const modelLimit = 40

// write makes one random change to a table and its map.
func (m *model) write(ctx context.Context) {
	i := rapid.IntRange(0, 1).Draw(m.rt, "table")
	key := fmt.Sprintf("k%02d", rapid.IntRange(0, 50).Draw(m.rt, "key"))
	value := rapid.Int().Draw(m.rt, "value")
	_, exists := m.pending[i][key]
	full := !exists && len(m.pending[i]) >= modelLimit
	switch op := rapid.SampledFrom([]string{"put", "insert", "delete"}).Draw(m.rt, "op"); op {
	case "put":
		if err := m.tables[i].Put(ctx, key, value); full != errors.Is(err, db.ErrFull) || !full && err != nil {
			m.rt.Fatalf("Put = %v, full %v", err, full)
		} else if err == nil {
			m.pending[i][key] = value
		}
	case "insert":
		err := m.tables[i].Insert(ctx, key, value)
		if exists != errors.Is(err, db.ErrUnique) || full != errors.Is(err, db.ErrFull) || !exists && !full && err != nil {
			m.rt.Fatalf("Insert = %v, exists %v, full %v", err, exists, full)
		} else if err == nil {
			m.pending[i][key] = value
		}
	case "delete":
		if existed, err := m.tables[i].Delete(ctx, key); existed != exists || err != nil {
			m.rt.Fatalf("Delete = %v, %v, want %v", existed, err, exists)
		}
		delete(m.pending[i], key)
	}
}

// transaction runs random steps, savepoints among them, and ends in a random way.
func (m *model) transaction(ctx context.Context, depth int) {
	before := clone(m.pending)
	outcome := rapid.SampledFrom([]string{"commit", "commit", "error", "panic"}).Draw(m.rt, "outcome")
	outside := context.Background()
	panicked := func() (v any) {
		defer func() { v = recover() }()
		_ = m.engine.InTx(ctx, func(ctx context.Context) error {
			for range rapid.IntRange(0, 12).Draw(m.rt, "steps") {
				if depth < 3 && rapid.IntRange(0, 4).Draw(m.rt, "nest") == 0 {
					m.transaction(ctx, depth+1)
				} else {
					m.write(ctx)
				}
				m.check(ctx, "inside", m.pending)
			}
			m.check(outside, "outside", m.committed)
			switch outcome {
			case "error":
				return errTest
			case "panic":
				return boom()
			}
			return nil
		})
		return nil
	}()
	if panicked != nil && panicked != any(errTest) {
		panic(panicked) //nolint:forbidigo // rapid's own
	}
	if outcome != "commit" {
		m.pending = before
	}
}

func TestTablesBehaveLikeMaps(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		m := &model{rt: rt, engine: memdb.NewEngine()}
		for i := range m.tables {
			m.tables[i] = memdb.NewTable[string, int](modelLimit)
			m.committed[i] = map[string]int{}
		}
		for range rapid.IntRange(1, 8).Draw(rt, "transactions") {
			m.pending = clone(m.committed)
			m.transaction(t.Context(), 0)
			m.committed = m.pending
			m.check(t.Context(), "committed", m.committed)
		}
	})
}
