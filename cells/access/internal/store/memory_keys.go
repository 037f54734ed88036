package store

import (
	"bytes"
	"cmp"
	"context"
	"slices"
	"time"

	"fxcell.dev/cells/access/internal/domain"
	"fxcell.dev/fxcell/db"
	"fxcell.dev/fxcell/secret"
)

// InsertKey implements Keys.
func (m *memory) InsertKey(ctx context.Context, k domain.SigningKey) error {
	if err := writing(ctx); err != nil {
		return err
	}
	if _, taken := m.keyIn(ctx, k.State); taken && k.State != domain.KeyRetired {
		return db.ErrUnique
	}
	return m.keys.Insert(ctx, k.ID, cloneKey(k))
}

// keyIn returns a key that is in the state.
func (m *memory) keyIn(ctx context.Context, state domain.KeyState) (key domain.SigningKey, found bool) {
	m.keys.Ascend(ctx, "", func(_ string, k domain.SigningKey) bool {
		key, found = k, k.State == state
		return !found
	})
	return key, found
}

// PromoteKey implements Keys.
func (m *memory) PromoteKey(ctx context.Context, active, next string, at time.Time) error {
	if err := writing(ctx); err != nil {
		return err
	}
	from, _ := m.keys.Get(ctx, active)
	to, _ := m.keys.Get(ctx, next)
	if from.State != domain.KeyActive || to.State != domain.KeyNext {
		return db.ErrStale
	}
	from.State, from.RetiredAt, from.Private = domain.KeyRetired, at, secret.Wrapped{}
	to.State, to.ActiveAt = domain.KeyActive, at
	if err := m.keys.Put(ctx, active, from); err != nil {
		return err
	}
	return m.keys.Put(ctx, next, to)
}

// PurgeKeys implements Keys.
func (m *memory) PurgeKeys(ctx context.Context, retiredBy time.Time) (int, error) {
	if err := writing(ctx); err != nil {
		return 0, err
	}
	var gone []string
	m.keys.Ascend(ctx, "", func(id string, k domain.SigningKey) bool {
		if k.State == domain.KeyRetired && !k.RetiredAt.After(retiredBy) {
			gone = append(gone, id)
		}
		return true
	})
	for _, id := range gone {
		if _, err := m.keys.Delete(ctx, id); err != nil {
			return 0, err
		}
	}
	return len(gone), nil
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
