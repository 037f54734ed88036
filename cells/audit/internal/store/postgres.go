package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"fxcell.dev/cells/audit/internal/domain"
	"fxcell.dev/fxcell/db"
	"fxcell.dev/fxcell/durability"
	"fxcell.dev/fxcell/secret"
)

// NewPostgres returns a store in the schema audit of a PostgreSQL database.
func NewPostgres(sql db.SQL) Store { return postgres{sql} }

type postgres struct{ sql db.SQL }

var _ Store = postgres{}

// Durability is that of the database.
func (p postgres) Durability() durability.Grade { return p.sql.Durability() }

// headRow is a row of audit.heads. Before the first entry there is no MAC in it.
type headRow struct {
	Size  int64  `db:"size"`
	Last  []byte `db:"last"`
	KeyID string `db:"key_id"`
	MAC   []byte `db:"mac"`
}

const (
	selectHead = `SELECT size, last, key_id, mac FROM audit.heads WHERE chain = $1`
	lockHead   = selectHead + ` FOR UPDATE`
)

// Head implements Store.
func (p postgres) Head(ctx context.Context) (domain.Head, bool, error) {
	statement := selectHead
	if db.InTx(ctx) {
		statement = lockHead
	}
	var r headRow
	err := p.sql.Get(ctx, &r, statement, domain.ChainID)
	switch {
	case errors.Is(err, db.ErrNotFound) || err == nil && r.MAC == nil:
		return domain.Head{}, false, nil
	case err != nil:
		return domain.Head{}, false, fmt.Errorf("audit: read head: %w", err)
	}
	h := domain.Head{Chain: domain.ChainID, Size: r.Size, KeyID: r.KeyID, MAC: r.MAC}
	if len(r.Last) == len(h.Last) { // else the head is not authentic, whatever it says
		h.Last = domain.MAC(r.Last)
	}
	return h, true, nil
}

// Known implements Store.
func (p postgres) Known(ctx context.Context, eventIDs []string) (map[string]bool, error) {
	known := map[string]bool{}
	var found []string
	const statement = `SELECT event_id FROM audit.entries WHERE chain = $1 AND event_id = ANY ($2)`
	if err := p.sql.Select(ctx, &found, statement, domain.ChainID, storable(eventIDs)); err != nil {
		return nil, fmt.Errorf("audit: look for event ids: %w", err)
	}
	for _, id := range found {
		known[id] = true
	}
	return known, nil
}

// keyRow is a row of audit.keys.
type keyRow struct {
	Number    int64     `db:"number"`
	CreatedAt time.Time `db:"created_at"`
	KEK       string    `db:"kek"`
	Wrapped   []byte    `db:"wrapped"`
}

// Keys implements Store.
func (p postgres) Keys(ctx context.Context) ([]Key, error) {
	var rows []keyRow
	if err := p.sql.Select(ctx, &rows, `SELECT number, created_at, kek, wrapped FROM audit.keys ORDER BY number`); err != nil {
		return nil, fmt.Errorf("audit: read keys: %w", err)
	}
	keys := make([]Key, 0, len(rows))
	for _, r := range rows {
		keys = append(keys, Key{Number: r.Number, CreatedAt: r.CreatedAt.UTC(), Wrapped: secret.Wrapped{KeyID: r.KEK, Data: r.Wrapped}})
	}
	return keys, nil
}

// AddKey implements Store.
func (p postgres) AddKey(ctx context.Context, k Key) error {
	const statement = `INSERT INTO audit.keys (number, created_at, kek, wrapped) VALUES ($1, $2, $3, $4)`
	wrapped := append([]byte{}, k.Wrapped.Data...) // nil would be NULL
	if _, err := p.sql.Exec(ctx, statement, k.Number, k.CreatedAt.Truncate(domain.Precision), k.Wrapped.KeyID, wrapped); err != nil {
		return fmt.Errorf("audit: add key %d: %w", k.Number, err)
	}
	return nil
}
