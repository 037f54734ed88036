package store

import (
	"context"
	"fmt"
	"strings"

	"fxcell.dev/cells/config/internal/domain"
	"fxcell.dev/fxcell/db"
	"fxcell.dev/fxcell/db/memdb"
	"fxcell.dev/fxcell/durability"
)

// What the store in memory holds at most. A write beyond is db.ErrFull.
const (
	maxKeys  = 1 << 16   // keys that were ever in use
	maxBytes = 256 << 20 // values and schemas of all versions together
)

// memory is a Store in this process. Its transactions are those of a memdb.Engine.
type memory struct {
	maxBytes int64

	settings     *memdb.Table[string, domain.Entry]
	versions     *memdb.Table[string, domain.Entry] // by versionKey
	publications *memdb.Table[string, domain.Publication]
	numbers      *memdb.Table[string, int64] // the last version of each key that was ever in use
	totals       *memdb.Table[string, int64]
}

// The rows of totals.
const (
	revision = "revision" // of the last publication
	stored   = "bytes"
)

var _ Store = (*memory)(nil)

// NewMemory returns an empty store in this process. Writes need a transaction of the memory adapter.
func NewMemory(db.Transactor) Store { return newMemory(maxKeys, maxBytes) }

func newMemory(keys int, bytes int64) *memory {
	return &memory{
		maxBytes: bytes,
		settings: memdb.NewTable[string, domain.Entry](keys), versions: memdb.NewTable[string, domain.Entry](0),
		publications: memdb.NewTable[string, domain.Publication](keys), numbers: memdb.NewTable[string, int64](keys),
		totals: memdb.NewTable[string, int64](0),
	}
}

// Durability is Volatile: settings end with the process.
func (*memory) Durability() durability.Grade { return durability.Volatile }

func (m *memory) Get(ctx context.Context, key string) (domain.Entry, error) {
	e, ok := m.settings.Get(ctx, key)
	if !ok {
		return e, db.ErrNotFound
	}
	return e, nil
}

// ForUpdate has nothing to lock: the engine lets one transaction write at a time.
func (m *memory) ForUpdate(ctx context.Context, key string) (domain.Entry, error) {
	if !db.InTx(ctx) {
		return domain.Entry{}, db.ErrNoTransaction
	}
	return m.Get(ctx, key)
}

func (m *memory) List(ctx context.Context, q Query) ([]domain.Entry, error) {
	var found []domain.Entry
	m.settings.Ascend(ctx, max(q.Prefix, q.After), func(key string, e domain.Entry) bool {
		if !strings.HasPrefix(key, q.Prefix) {
			return false
		}
		if len(found) == q.Limit {
			return false
		}
		if key > q.After {
			found = append(found, e)
		}
		return true
	})
	return found, nil
}

func (m *memory) Insert(ctx context.Context, e domain.Entry) (domain.Entry, error) {
	last, _ := m.numbers.Get(ctx, e.Key)
	e.Version = last + 1
	if err := m.settings.Insert(ctx, e.Key, e); err != nil {
		return domain.Entry{}, err
	}
	return e, m.addVersion(ctx, e)
}

func (m *memory) Update(ctx context.Context, e domain.Entry) error {
	was, err := m.ForUpdate(ctx, e.Key)
	if err != nil {
		return err
	}
	if e.Version != was.Version+1 {
		return db.ErrStale
	}
	if err := m.settings.Put(ctx, e.Key, e); err != nil {
		return err
	}
	if err := m.removeVersion(ctx, e.Key, e.Version-domain.KeptVersions); err != nil {
		return err
	}
	return m.addVersion(ctx, e)
}

func (m *memory) Delete(ctx context.Context, key string) error {
	e, err := m.ForUpdate(ctx, key)
	if err != nil {
		return err
	}
	for version := e.Version; version > max(0, e.Version-domain.KeptVersions); version-- {
		if err := m.removeVersion(ctx, key, version); err != nil {
			return err
		}
	}
	if _, err := m.publications.Delete(ctx, key); err != nil {
		return err
	}
	_, err = m.settings.Delete(ctx, key)
	return err
}

func (m *memory) addVersion(ctx context.Context, e domain.Entry) error {
	if err := m.count(ctx, weight(e)); err != nil {
		return err
	}
	if err := m.numbers.Put(ctx, e.Key, e.Version); err != nil {
		return err
	}
	return m.versions.Insert(ctx, versionKey(e.Key, e.Version), e)
}

func (m *memory) removeVersion(ctx context.Context, key string, version int64) error {
	e, ok := m.versions.Get(ctx, versionKey(key, version))
	if !ok {
		return nil
	}
	if _, err := m.versions.Delete(ctx, versionKey(key, version)); err != nil {
		return err
	}
	return m.count(ctx, -weight(e))
}

func (m *memory) count(ctx context.Context, change int64) error {
	total, _ := m.totals.Get(ctx, stored)
	if total += change; total > m.maxBytes {
		return db.ErrFull
	}
	return m.totals.Put(ctx, stored, total)
}

func weight(e domain.Entry) int64 {
	return int64(len(e.Key) + len(e.Value.Reveal()) + len(e.Schema))
}

// versionKey sorts the versions of a key by number. No key holds a slash.
func versionKey(key string, version int64) string { return fmt.Sprintf("%s/%019d", key, version) }

func (m *memory) Version(ctx context.Context, key string, version int64) (domain.Entry, error) {
	e, ok := m.versions.Get(ctx, versionKey(key, version))
	if !ok {
		return e, db.ErrNotFound
	}
	return e, nil
}

func (m *memory) Publication(ctx context.Context, key string) (domain.Publication, error) {
	p, ok := m.publications.Get(ctx, key)
	if !ok {
		return p, db.ErrNotFound
	}
	return p, nil
}

func (m *memory) Publish(ctx context.Context, p domain.Publication) (domain.Publication, error) {
	last, _ := m.totals.Get(ctx, revision)
	p.Revision = last + 1
	if err := m.totals.Put(ctx, revision, p.Revision); err != nil {
		return domain.Publication{}, err
	}
	return p, m.publications.Put(ctx, p.Key, p)
}
