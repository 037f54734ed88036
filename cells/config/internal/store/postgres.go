package store

import (
	"context"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"fxcell.dev/cells/config/internal/domain"
	"fxcell.dev/fxcell/db"
	"fxcell.dev/fxcell/durability"
	"fxcell.dev/fxcell/secret"
)

// postgres is a Store in the schema config of a PostgreSQL database. A key's row of config.settings outlives its setting, empty but for the number of
// the last version: whoever creates, changes or deletes the setting locks that one row.
type postgres struct{ sql db.SQL }

var _ Store = postgres{}

// NewPostgres returns the store in the database of sql.
func NewPostgres(sql db.SQL) Store { return postgres{sql} }

// Durability is that of the database.
func (p postgres) Durability() durability.Grade { return p.sql.Durability() }

// columns are those of config.settings and config.versions.
const columns = `key, version, id, type, schema, sensitive, value, rollback_of, created_at, updated_at`

// row is a row of config.settings that is in use, or of config.versions.
type row struct {
	Key        string    `db:"key"`
	Version    int64     `db:"version"`
	ID         string    `db:"id"`
	Type       string    `db:"type"`
	Schema     string    `db:"schema"`
	Sensitive  bool      `db:"sensitive"`
	Value      []byte    `db:"value"`
	RollbackOf int64     `db:"rollback_of"`
	CreatedAt  time.Time `db:"created_at"`
	UpdatedAt  time.Time `db:"updated_at"`
}

func (r row) entry() domain.Entry {
	return domain.Entry{
		Rules: domain.Rules{Type: domain.Type(r.Type), Schema: r.Schema, Sensitive: r.Sensitive},
		ID:    r.ID, Key: r.Key, Value: secret.NewText(string(r.Value)), Version: r.Version, RollbackOf: r.RollbackOf,
		CreatedAt: r.CreatedAt.UTC(), UpdatedAt: r.UpdatedAt.UTC(),
	}
}

// values returns the columns of an entry after key and version.
func values(e domain.Entry) []any {
	return []any{
		e.ID, string(e.Type), e.Schema, e.Sensitive, []byte(e.Value.Reveal()), e.RollbackOf, e.CreatedAt, e.UpdatedAt,
	}
}

const (
	selectSetting = `SELECT ` + columns + ` FROM config.settings WHERE key = $1 AND id IS NOT NULL`
	lockSetting   = selectSetting + ` FOR UPDATE`
	selectVersion = `SELECT ` + columns + ` FROM config.versions WHERE key = $1 AND version = $2`
)

func (p postgres) Get(ctx context.Context, key string) (domain.Entry, error) {
	return p.one(ctx, selectSetting, key)
}

func (p postgres) ForUpdate(ctx context.Context, key string) (domain.Entry, error) {
	return p.one(ctx, lockSetting, key)
}

func (p postgres) Version(ctx context.Context, key string, version int64) (domain.Entry, error) {
	return p.one(ctx, selectVersion, key, version)
}

// one reads one entry.
func (p postgres) one(ctx context.Context, statement, key string, more ...any) (domain.Entry, error) {
	if !storable(key) {
		return domain.Entry{}, db.ErrNotFound
	}
	var r row
	if err := p.sql.Get(ctx, &r, statement, append([]any{key}, more...)...); err != nil {
		return domain.Entry{}, fmt.Errorf("config: read setting: %w", err)
	}
	return r.entry(), nil
}

// storable reports whether a column can hold s: no setting has another key.
func storable(s string) bool { return utf8.ValidString(s) && strings.IndexByte(s, 0) < 0 }
