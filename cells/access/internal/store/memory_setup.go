package store

import (
	"context"
	"time"

	"fxcell.dev/cells/access/internal/domain"
	"fxcell.dev/fxcell/db"
)

// setupRow is the key of the one row.
const setupRow = "setup"

// Setup implements Setups.
func (m *memory) Setup(ctx context.Context) (domain.Setup, error) {
	s, ok := m.setups.Get(ctx, setupRow)
	if !ok {
		return domain.Setup{}, db.ErrNotFound
	}
	return s, nil
}

// OfferSetup implements Setups.
func (m *memory) OfferSetup(ctx context.Context, s, before domain.Setup) error {
	if err := writing(ctx); err != nil {
		return err
	}
	if there, _ := m.setups.Get(ctx, setupRow); there.TokenHash != before.TokenHash || there.Completed() {
		return db.ErrStale
	}
	return m.setups.Put(ctx, setupRow, s)
}

// CompleteSetup implements Setups.
func (m *memory) CompleteSetup(ctx context.Context, s domain.Setup, at time.Time) error {
	if err := writing(ctx); err != nil {
		return err
	}
	before, ok := m.setups.Get(ctx, setupRow)
	if !ok || before.Completed() || before.TokenHash != s.TokenHash {
		return db.ErrStale
	}
	before.CompletedAt = at
	return m.setups.Put(ctx, setupRow, before)
}
