// Package store keeps settings: the port, and its implementations in memory and in PostgreSQL.
package store

import (
	"context"

	"fxcell.dev/cells/config/internal/domain"
	"fxcell.dev/fxcell/durability"
)

// Query asks for settings in the order of their keys.
type Query struct {
	Prefix string // "" for every key
	After  string // "" from the start
	Limit  int
}

// Store keeps settings with their versions and publications. It is safe for concurrent use. What it reads inside a transaction is what that
// transaction sees; what it writes needs one, and without one is db.ErrNoTransaction.
type Store interface {
	durability.Stated
	// Get returns a setting, or db.ErrNotFound.
	Get(ctx context.Context, key string) (domain.Entry, error)
	// ForUpdate is Get for who is about to write: no other transaction writes the setting before this one ends.
	ForUpdate(ctx context.Context, key string) (domain.Entry, error)
	// List returns settings, at most q.Limit.
	List(ctx context.Context, q Query) ([]domain.Entry, error)
	// Insert adds a setting and returns it with its version: the first that the key never had. A key that is in use is db.ErrUnique.
	Insert(ctx context.Context, e domain.Entry) (domain.Entry, error)
	// Update adds the next version of a setting: db.ErrStale unless it follows the version that is stored, db.ErrNotFound without one. Of the
	// versions it keeps the newest domain.KeptVersions.
	Update(ctx context.Context, e domain.Entry) error
	// Delete removes a setting with its versions and its publication, or returns db.ErrNotFound.
	Delete(ctx context.Context, key string) error
	// Version returns one version of a setting, or db.ErrNotFound.
	Version(ctx context.Context, key string, version int64) (domain.Entry, error)
	// Publication returns the newest publication of a setting, or db.ErrNotFound.
	Publication(ctx context.Context, key string) (domain.Publication, error)
	// Publish makes p the newest publication of its setting and returns it with its revision, one more than the last one of all settings.
	// Transactions that publish take turns.
	Publish(ctx context.Context, p domain.Publication) (domain.Publication, error)
}

// Matching is ForUpdate for a request whose condition has to hold for the setting.
func Matching(ctx context.Context, s Store, key string, condition domain.Match) (domain.Entry, error) {
	e, err := s.ForUpdate(ctx, key)
	if err != nil {
		return e, err
	}
	return e, condition.Check(e.Version)
}
