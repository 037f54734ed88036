package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"fxcell.dev/cells/config/internal/domain"
	"fxcell.dev/fxcell/db"
	"fxcell.dev/fxcell/secret"
)

// publicationRow is a row of config.publications.
type publicationRow struct {
	Key         string    `db:"key"`
	ID          string    `db:"id"`
	ConfigID    string    `db:"config_id"`
	Version     int64     `db:"version"`
	Value       []byte    `db:"value"`
	Sensitive   bool      `db:"sensitive"`
	Revision    int64     `db:"revision"`
	PublishedAt time.Time `db:"published_at"`
}

const selectPublication = `SELECT key, id, config_id, version, value, sensitive, revision, published_at FROM config.publications WHERE key = $1`

func (p postgres) Publication(ctx context.Context, key string) (domain.Publication, error) {
	if !storable(key) {
		return domain.Publication{}, db.ErrNotFound
	}
	var r publicationRow
	if err := p.sql.Get(ctx, &r, selectPublication, key); err != nil {
		return domain.Publication{}, fmt.Errorf("config: read publication: %w", err)
	}
	return domain.Publication{
		ID: r.ID, ConfigID: r.ConfigID, Key: r.Key, Version: r.Version, Value: secret.NewText(string(r.Value)), Sensitive: r.Sensitive,
		Revision: r.Revision, PublishedAt: r.PublishedAt.UTC(),
	}, nil
}

// The row of config.revisions stays locked until the end of the transaction: the next one that publishes waits for it.
const insertPublication = `WITH r AS (UPDATE config.revisions SET last = last + 1 RETURNING last)
INSERT INTO config.publications (key, id, config_id, version, value, sensitive, published_at, revision)
SELECT $1, $2, $3, $4, $5, $6, $7, r.last FROM r
ON CONFLICT (key) DO UPDATE SET id = excluded.id, config_id = excluded.config_id, version = excluded.version, value = excluded.value,
	sensitive = excluded.sensitive, published_at = excluded.published_at, revision = excluded.revision
RETURNING revision`

var errRevisions = errors.New("config: publish setting: config.revisions has lost its row")

func (p postgres) Publish(ctx context.Context, pub domain.Publication) (domain.Publication, error) {
	err := p.sql.Get(ctx, &pub.Revision, insertPublication,
		pub.Key, pub.ID, pub.ConfigID, pub.Version, []byte(pub.Value.Reveal()), pub.Sensitive, pub.PublishedAt)
	switch {
	case errors.Is(err, db.ErrNotFound):
		return domain.Publication{}, errRevisions
	case err != nil:
		return domain.Publication{}, fmt.Errorf("config: publish setting: %w", unknown(err))
	default:
		return pub, nil
	}
}
