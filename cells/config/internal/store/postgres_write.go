package store

import (
	"context"
	"errors"
	"fmt"

	"fxcell.dev/cells/config/internal/domain"
	"fxcell.dev/fxcell/db"
)

const insertSetting = `WITH s AS (
	INSERT INTO config.settings AS was (` + columns + `) VALUES ($1, 1, $2, $3, $4, $5, $6, $7, $8, $9)
	ON CONFLICT (key) DO UPDATE SET version = was.version + 1, id = excluded.id, type = excluded.type, schema = excluded.schema,
		sensitive = excluded.sensitive, value = excluded.value, rollback_of = excluded.rollback_of, created_at = excluded.created_at,
		updated_at = excluded.updated_at
	WHERE was.id IS NULL
	RETURNING ` + columns + `
) INSERT INTO config.versions (` + columns + `) SELECT ` + columns + ` FROM s RETURNING version`

func (p postgres) Insert(ctx context.Context, e domain.Entry) (domain.Entry, error) {
	err := p.sql.Get(ctx, &e.Version, insertSetting, append([]any{e.Key}, values(e)...)...)
	switch {
	case errors.Is(err, db.ErrNotFound): // the key's row is there, and in use
		return domain.Entry{}, fmt.Errorf("config: insert setting: %w", &db.ConstraintError{Kind: db.ErrUnique, Constraint: "settings_pkey"})
	case err != nil:
		return domain.Entry{}, fmt.Errorf("config: insert setting: %w", unknown(err))
	default:
		return e, nil
	}
}

const updateSetting = `WITH s AS (
	UPDATE config.settings SET version = $2, id = $3, type = $4, schema = $5, sensitive = $6, value = $7, rollback_of = $8, created_at = $9,
		updated_at = $10
	WHERE key = $1 AND id IS NOT NULL AND version = $2::bigint - 1
	RETURNING ` + columns + `
), gone AS (
	DELETE FROM config.versions USING s WHERE versions.key = s.key AND versions.version <= s.version - $11
) INSERT INTO config.versions (` + columns + `) SELECT ` + columns + ` FROM s`

func (p postgres) Update(ctx context.Context, e domain.Entry) error {
	args := append(append([]any{e.Key, e.Version}, values(e)...), int64(domain.KeptVersions))
	updated, err := p.sql.Exec(ctx, updateSetting, args...)
	if err != nil {
		return fmt.Errorf("config: update setting: %w", unknown(err))
	}
	if updated > 0 {
		return nil
	}
	if _, err := p.ForUpdate(ctx, e.Key); err != nil {
		return err
	}
	return fmt.Errorf("config: update setting: %w", db.ErrStale)
}

const deleteSetting = `WITH s AS (
	UPDATE config.settings SET id = NULL, type = NULL, schema = NULL, sensitive = NULL, value = NULL, rollback_of = NULL, created_at = NULL,
		updated_at = NULL
	WHERE key = $1
	RETURNING key
), gone AS (
	DELETE FROM config.versions USING s WHERE versions.key = s.key
) DELETE FROM config.publications USING s WHERE publications.key = s.key`

// Delete locks the setting by a statement of its own: the one that deletes then sees all that others have added to it.
func (p postgres) Delete(ctx context.Context, key string) error {
	if _, err := p.ForUpdate(ctx, key); err != nil {
		return err
	}
	if _, err := p.sql.Exec(ctx, deleteSetting, key); err != nil {
		return fmt.Errorf("config: delete setting: %w", err)
	}
	return nil
}

// unknown returns an error of the database; one of a rule that no caller knows is none that a caller could decide by. That a key is in use shows in
// another way.
func unknown(err error) error {
	if _, rule := errors.AsType[*db.ConstraintError](err); rule {
		return errors.New(err.Error())
	}
	return err
}
