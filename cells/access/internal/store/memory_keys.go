package store

import (
	"bytes"
	"cmp"
	"context"
	"slices"

	"fxcell.dev/cells/access/internal/domain"
	"fxcell.dev/fxcell/db"
)

// InsertKey implements Keys.
func (m *memory) InsertKey(ctx context.Context, k domain.SigningKey) error {
	if err := writing(ctx); err != nil {
		return err
	}
	if k.State == domain.KeyActive && m.hasActiveKey(ctx) {
		return db.ErrUnique
	}
	return m.keys.Insert(ctx, k.ID, cloneKey(k))
}

func (m *memory) hasActiveKey(ctx context.Context) (found bool) {
	m.keys.Ascend(ctx, "", func(_ string, k domain.SigningKey) bool {
		found = k.State == domain.KeyActive
		return !found
	})
	return found
}

// Key implements Keys.
func (m *memory) Key(ctx context.Context, id string) (domain.SigningKey, error) {
	k, ok := m.keys.Get(ctx, id)
	if !ok {
		return domain.SigningKey{}, db.ErrNotFound
	}
	return cloneKey(k), nil
}

// Keys implements Keys.
func (m *memory) Keys(ctx context.Context) ([]domain.SigningKey, error) {
	var all []domain.SigningKey
	m.keys.Ascend(ctx, "", func(_ string, k domain.SigningKey) bool {
		all = append(all, cloneKey(k))
		return true
	})
	slices.SortFunc(all, func(a, b domain.SigningKey) int {
		return cmp.Or(a.CreatedAt.Compare(b.CreatedAt), cmp.Compare(a.ID, b.ID))
	})
	return all, nil
}

func cloneKey(k domain.SigningKey) domain.SigningKey {
	k.Public, k.Private.Data = bytes.Clone(k.Public), bytes.Clone(k.Private.Data)
	return k
}
