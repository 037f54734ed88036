package store

import (
	"context"
	"fmt"
	"math"

	"fxcell.dev/cells/audit/internal/domain"
	"fxcell.dev/fxcell/db"
	"fxcell.dev/fxcell/db/memdb"
	"fxcell.dev/fxcell/durability"
)

// MaxKeys is how many MAC keys a store in memory holds.
const MaxKeys = 1024

// Tables are what a store in memory keeps. Whoever holds them can do what nobody may do to the trail, as somebody with the database's password
// could: tests of the check use that.
type Tables struct {
	Entries *memdb.Table[int64, domain.Row] // by seq
	Events  *memdb.Table[string, int64]     // event id → seq
	Heads   *memdb.Table[string, domain.Head]
	Keys    *memdb.Table[int64, Key]
}

// NewTables returns empty tables for at most limit entries; 0 means memdb.DefaultLimit.
func NewTables(limit int) Tables {
	return Tables{
		Entries: memdb.NewTable[int64, domain.Row](limit),
		Events:  memdb.NewTable[string, int64](limit),
		Heads:   memdb.NewTable[string, domain.Head](1),
		Keys:    memdb.NewTable[int64, Key](MaxKeys),
	}
}

// NewMemory returns a store that lives as long as the process. The transactor is the one in whose transactions it is written.
func NewMemory(db.Transactor) Store { return NewMemoryOn(NewTables(0)) }

// NewMemoryOn returns a store on the given tables.
func NewMemoryOn(t Tables) Store { return memory{t} }

type memory struct{ t Tables }

var _ Store = memory{}

// Durability is Volatile: the trail ends with the process.
func (memory) Durability() durability.Grade { return durability.Volatile }

// Head implements Store. One writer at a time is a promise of memdb.
func (m memory) Head(ctx context.Context) (domain.Head, bool, error) {
	h, ok := m.t.Heads.Get(ctx, domain.ChainID)
	return h, ok, nil
}

// Known implements Store.
func (m memory) Known(ctx context.Context, eventIDs []string) (map[string]bool, error) {
	known := map[string]bool{}
	for _, id := range eventIDs {
		if _, ok := m.t.Events.Get(ctx, id); ok {
			known[id] = true
		}
	}
	return known, nil
}

// Append implements Store.
func (m memory) Append(ctx context.Context, rows []domain.Row, head domain.Head) error {
	size, last, err := before(rows)
	if err != nil {
		return err
	}
	for _, r := range rows {
		if err := m.t.Events.Insert(ctx, r.EventID, r.Seq); err != nil {
			return fmt.Errorf("audit: append entry %d: event id: %w", r.Seq, err)
		}
		if err := m.t.Entries.Insert(ctx, r.Seq, r); err != nil {
			return fmt.Errorf("audit: append entry %d: %w", r.Seq, err)
		}
	}
	if was, _ := m.t.Heads.Get(ctx, domain.ChainID); was.Size != size || was.Last != last {
		return errMoved(rows)
	}
	if err := m.t.Heads.Put(ctx, domain.ChainID, head); err != nil {
		return fmt.Errorf("audit: write head: %w", err)
	}
	return nil
}

// Walk implements Store.
func (m memory) Walk(ctx context.Context, from int64, fn func(domain.Row) error) (err error) {
	m.t.Entries.Ascend(ctx, from, func(_ int64, r domain.Row) bool {
		if err = context.Cause(ctx); err == nil {
			err = fn(r)
		}
		return err == nil
	})
	return err
}

// Find implements Store.
func (m memory) Find(ctx context.Context, q Query) (found []domain.Row, err error) {
	newest := int64(math.MaxInt64)
	if q.Before > 0 {
		newest = q.Before - 1
	}
	m.t.Entries.Descend(ctx, newest, func(_ int64, r domain.Row) bool {
		if q.Fits(r.Columns) {
			found = append(found, r)
		}
		err = context.Cause(ctx)
		return err == nil && len(found) < q.Limit
	})
	return found, err
}

// Keys implements Store.
func (m memory) Keys(ctx context.Context) ([]Key, error) {
	var keys []Key
	m.t.Keys.Ascend(ctx, 0, func(_ int64, k Key) bool {
		keys = append(keys, k)
		return true
	})
	return keys, nil
}

// AddKey implements Store.
func (m memory) AddKey(ctx context.Context, k Key) error {
	if err := m.t.Keys.Insert(ctx, k.Number, k); err != nil {
		return fmt.Errorf("audit: add key %d: %w", k.Number, err)
	}
	return nil
}
