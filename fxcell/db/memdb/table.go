package memdb

import (
	"cmp"
	"context"
	"sync/atomic"

	"github.com/tidwall/btree"

	"fxcell.dev/fxcell/db"
)

// DefaultLimit is how many rows a table holds that is given no limit.
const DefaultLimit = 1 << 20

// Key is what a table can be ordered by.
type Key interface{ ~string | ~int64 }

// Table is an ordered, bounded table. A transaction works on a copy (of the changed nodes only) that its commit makes the table; readers outside
// of it see the committed rows. All writers of a table use one Engine. Rows are values: what they point to must not change.
type Table[K Key, V any] struct {
	limit int
	state atomic.Pointer[version[K, V]]
}

// version is what readers see: rows, or next from the moment on that its transaction is committed. Neither is changed in place.
type version[K Key, V any] struct {
	rows, next *btree.Map[K, V]
	committed  *atomic.Bool // of the transaction that made next; nil without one
}

func (v *version[K, V]) visible() *btree.Map[K, V] {
	if v.committed != nil && v.committed.Load() {
		return v.next
	}
	return v.rows
}

// NewTable returns an empty table that holds at most limit rows; 0 means DefaultLimit.
func NewTable[K Key, V any](limit int) *Table[K, V] {
	t := &Table[K, V]{limit: cmp.Or(limit, DefaultLimit)}
	t.state.Store(&version[K, V]{rows: &btree.Map[K, V]{}})
	return t
}

// change is a table's pending state in one transaction.
type change[K Key, V any] struct {
	table *Table[K, V]
	rows  *btree.Map[K, V]
}

// Save implements Participant.
func (c *change[K, V]) Save() (restore func()) {
	saved := c.rows.Copy()
	return func() { c.rows = saved }
}

// prepare implements preparer.
func (c *change[K, V]) prepare(committed *atomic.Bool) {
	c.table.state.Store(&version[K, V]{rows: c.table.rows(), next: c.rows, committed: committed})
}

// Apply implements Participant.
func (c *change[K, V]) Apply() { c.table.state.Store(&version[K, V]{rows: c.rows}) }

// rows returns the committed rows.
func (t *Table[K, V]) rows() *btree.Map[K, V] { return t.state.Load().visible() }

func (t *Table[K, V]) change(ctx context.Context) (*change[K, V], error) {
	return Join(ctx, t, func() *change[K, V] { return &change[K, V]{table: t, rows: t.rows().Copy()} })
}

func (t *Table[K, V]) view(ctx context.Context) *btree.Map[K, V] {
	if c, ok := joined[*change[K, V]](ctx, t); ok {
		return c.rows
	}
	return t.rows()
}

// Get returns the row with the key.
func (t *Table[K, V]) Get(ctx context.Context, key K) (V, bool) { return t.view(ctx).Get(key) }

// Len returns the number of rows.
func (t *Table[K, V]) Len(ctx context.Context) int { return t.view(ctx).Len() }

// Last returns the row with the highest key.
func (t *Table[K, V]) Last(ctx context.Context) (key K, row V, ok bool) { return t.view(ctx).Max() }

// Ascend calls fn for each row from the key on, in order, until fn returns false. fn must not change the table.
func (t *Table[K, V]) Ascend(ctx context.Context, from K, fn func(key K, row V) bool) {
	t.view(ctx).Ascend(from, fn)
}

// Descend calls fn for each row from the key down, in order, until fn returns false. fn must not change the table.
func (t *Table[K, V]) Descend(ctx context.Context, from K, fn func(key K, row V) bool) {
	t.view(ctx).Descend(from, fn)
}

// Put writes a row in the transaction of ctx. A full table returns db.ErrFull.
func (t *Table[K, V]) Put(ctx context.Context, key K, row V) error {
	c, err := t.change(ctx)
	if err != nil {
		return err
	}
	if _, exists := c.rows.Get(key); !exists && c.rows.Len() >= t.limit {
		return db.ErrFull
	}
	c.rows.Set(key, row)
	return nil
}

// Insert writes a row in the transaction of ctx; when the key exists it returns db.ErrUnique.
func (t *Table[K, V]) Insert(ctx context.Context, key K, row V) error {
	c, err := t.change(ctx)
	if err != nil {
		return err
	}
	if _, exists := c.rows.Get(key); exists {
		return db.ErrUnique
	}
	return t.Put(ctx, key, row)
}

// Delete removes a row in the transaction of ctx, and reports whether it was there.
func (t *Table[K, V]) Delete(ctx context.Context, key K) (bool, error) {
	c, err := t.change(ctx)
	if err != nil {
		return false, err
	}
	_, existed := c.rows.Delete(key)
	return existed, nil
}
