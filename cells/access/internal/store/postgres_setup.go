package store

import (
	"context"
	"time"

	"fxcell.dev/cells/access/internal/domain"
	"fxcell.dev/fxcell/db"
)

const (
	selectSetup   = `SELECT token_hash, expires_at, completed_at FROM access.setup`
	offerFirst    = `INSERT INTO access.setup (id, token_hash, expires_at) VALUES (1, $1, $2) ON CONFLICT (id) DO NOTHING`
	offerInstead  = `UPDATE access.setup SET token_hash = $1, expires_at = $2 WHERE token_hash = $3 AND completed_at IS NULL`
	completeSetup = `UPDATE access.setup SET completed_at = $2 WHERE token_hash = $1 AND completed_at IS NULL`
)

// Setup implements Setups.
func (p *postgres) Setup(ctx context.Context) (domain.Setup, error) {
	return one(ctx, p.sql, scanSetup, selectSetup)
}

func scanSetup(row db.Row) (s domain.Setup, err error) {
	var hash []byte
	var completed *time.Time
	err = row.Scan(&hash, &s.ExpiresAt, &completed)
	copy(s.TokenHash[:], hash)
	s.ExpiresAt, s.CompletedAt = s.ExpiresAt.UTC(), utc(completed)
	return s, err
}

// OfferSetup implements Setups. Whoever comes second waits for the first to commit, and then finds its condition broken.
func (p *postgres) OfferSetup(ctx context.Context, s, before domain.Setup) error {
	if before == (domain.Setup{}) {
		return conditional(ctx, p.sql, db.ErrStale, offerFirst, s.TokenHash[:], s.ExpiresAt)
	}
	return conditional(ctx, p.sql, db.ErrStale, offerInstead, s.TokenHash[:], s.ExpiresAt, before.TokenHash[:])
}

// CompleteSetup implements Setups.
func (p *postgres) CompleteSetup(ctx context.Context, s domain.Setup, at time.Time) error {
	return conditional(ctx, p.sql, db.ErrStale, completeSetup, s.TokenHash[:], at)
}
