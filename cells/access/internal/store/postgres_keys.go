package store

import (
	"context"
	"time"

	"fxcell.dev/cells/access/internal/domain"
	"fxcell.dev/fxcell/db"
)

const (
	insertKey = `INSERT INTO access.signing_keys (id, algorithm, public, private, private_key, state, created_at, active_at, retired_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`
	selectKeys = `SELECT id, algorithm, public, private, private_key, state, created_at, active_at, retired_at FROM access.signing_keys `
	retireKey  = `UPDATE access.signing_keys SET state = 'retired', retired_at = $2, private = '', private_key = '' WHERE id = $1 AND state = 'active'`
	activate   = `UPDATE access.signing_keys SET state = 'active', active_at = $2 WHERE id = $1 AND state = 'next'`
	purgeKeys  = `DELETE FROM access.signing_keys WHERE state = 'retired' AND retired_at <= $1`
)

// InsertKey implements Keys. The driver refuses nil where bytes must be.
func (p *postgres) InsertKey(ctx context.Context, k domain.SigningKey) error {
	_, err := p.sql.Exec(ctx, insertKey, k.ID, k.Algorithm, bytesOf(k.Public), bytesOf(k.Private.Data), k.Private.KeyID, string(k.State),
		k.CreatedAt, orNull(k.ActiveAt), orNull(k.RetiredAt))
	return err
}

func bytesOf(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}

// Key implements Keys.
func (p *postgres) Key(ctx context.Context, id string) (domain.SigningKey, error) {
	if !isText(id) {
		return domain.SigningKey{}, db.ErrNotFound
	}
	return one(ctx, p.sql, scanKey, selectKeys+`WHERE id = $1`, id)
}

// Keys implements Keys.
func (p *postgres) Keys(ctx context.Context) ([]domain.SigningKey, error) {
	return all(ctx, p.sql, scanKey, selectKeys+`ORDER BY created_at, id`)
}

func scanKey(row db.Row) (k domain.SigningKey, err error) {
	var state string
	var active, retired *time.Time
	err = row.Scan(&k.ID, &k.Algorithm, &k.Public, &k.Private.Data, &k.Private.KeyID, &state, &k.CreatedAt, &active, &retired)
	k.State, k.CreatedAt, k.ActiveAt, k.RetiredAt = domain.KeyState(state), k.CreatedAt.UTC(), utc(active), utc(retired)
	if len(k.Private.Data) == 0 {
		k.Private.Data = nil
	}
	return k, err
}

// PromoteKey implements Keys. Two statements: the schema allows no moment with two active keys. Whoever comes second waits at the first of them.
func (p *postgres) PromoteKey(ctx context.Context, active, next string, at time.Time) error {
	if err := conditional(ctx, p.sql, db.ErrStale, retireKey, active, at); err != nil {
		return err
	}
	return conditional(ctx, p.sql, db.ErrStale, activate, next, at)
}

// PurgeKeys implements Keys.
func (p *postgres) PurgeKeys(ctx context.Context, retiredBy time.Time) (int, error) {
	purged, err := p.sql.Exec(ctx, purgeKeys, retiredBy)
	return int(purged), err
}
