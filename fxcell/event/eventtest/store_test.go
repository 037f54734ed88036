package eventtest

import (
	"context"
	"maps"
	"slices"
	"strings"
	"sync"

	"fxcell.dev/fxcell/db"
	"fxcell.dev/fxcell/durability"
)

// store is a small database of rows by key, with many transactions at a time.
type store struct {
	grade          durability.Grade
	keepSavepoints bool // does not undo them

	mu   sync.Mutex
	rows map[string]any
}

func newStore() *store { return &store{grade: durability.Volatile, rows: map[string]any{}} }

func (s *store) Durability() durability.Grade { return s.grade }

func (s *store) InTx(ctx context.Context, fn func(ctx context.Context) error) error {
	return db.Run(ctx, func(context.Context) (db.Unit, error) { return &unit{store: s, rows: map[string]any{}}, nil }, fn)
}

// unit is a transaction: the rows that it changes.
type unit struct {
	store *store
	rows  map[string]any
	saved []map[string]any
}

func (u *unit) Commit(context.Context) error {
	u.store.mu.Lock()
	defer u.store.mu.Unlock()
	maps.Copy(u.store.rows, u.rows)
	return nil
}

func (*unit) Rollback(context.Context) error { return nil }

func (u *unit) Savepoint(context.Context) error {
	u.saved = append(u.saved, maps.Clone(u.rows))
	return nil
}

func (u *unit) RollbackTo(ctx context.Context) error {
	if !u.store.keepSavepoints {
		u.rows = u.saved[len(u.saved)-1]
	}
	return u.Release(ctx)
}

func (u *unit) Release(context.Context) error {
	u.saved = u.saved[:len(u.saved)-1]
	return nil
}

// view returns what ctx shows.
func (s *store) view(ctx context.Context) map[string]any {
	s.mu.Lock()
	defer s.mu.Unlock()
	rows := maps.Clone(s.rows)
	if u, ok := db.UnitOf(ctx).(*unit); ok {
		maps.Copy(rows, u.rows)
	}
	return rows
}

func (s *store) put(ctx context.Context, key string, row any) error {
	u, ok := db.UnitOf(ctx).(*unit)
	if !ok {
		return db.OnCommit(ctx, func(context.Context) {})
	}
	u.rows[key] = row
	return nil
}

// putAlone writes a row at once, whatever becomes of the transaction.
func (s *store) putAlone(key string, row any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rows[key] = row
}

// under returns the rows that ctx shows whose keys begin with prefix, in the order of their keys.
func (s *store) under(ctx context.Context, prefix string) []any {
	rows := s.view(ctx)
	var out []any
	for _, key := range slices.Sorted(maps.Keys(rows)) {
		if strings.HasPrefix(key, prefix) {
			out = append(out, rows[key])
		}
	}
	return out
}
