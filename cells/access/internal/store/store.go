// Package store is the one port through which the access cell keeps users, sessions, signing keys and the first-run setup.
package store

import (
	"context"
	"fmt"
	"time"

	"fxcell.dev/cells/access/internal/domain"
	"fxcell.dev/fxcell/db"
	"fxcell.dev/fxcell/durability"
)

// Errors of uniqueness; both are db.ErrUnique.
var (
	ErrUsernameTaken = fmt.Errorf("access: username: %w", db.ErrUnique)
	ErrEmailTaken    = fmt.Errorf("access: e-mail address: %w", db.ErrUnique)
)

// Store keeps what the cell knows. Reads see what was committed, and inside a transaction its own writes; writes need a transaction and return
// db.ErrNoTransaction without one. Times are
// given in UTC and to the microsecond, and come back so. It is safe for concurrent use.
type Store interface {
	durability.Stated
	Users
	Sessions
	Keys
	Setups
}

// Users keeps users. A username's and an e-mail address's Key is unique.
type Users interface {
	// InsertUser adds a user. It returns ErrUsernameTaken, ErrEmailTaken, or db.ErrFull.
	InsertUser(ctx context.Context, u domain.User) error
	// User returns the user with the id, or db.ErrNotFound.
	User(ctx context.Context, id string) (domain.User, error)
	// UserByUsername returns the user whose normalised name is exactly text, or db.ErrNotFound.
	UserByUsername(ctx context.Context, text string) (domain.User, error)
}

// Sessions keeps sessions until they end.
type Sessions interface {
	// InsertSession adds a session. It returns db.ErrFull.
	InsertSession(ctx context.Context, s domain.Session) error
	// Session returns the session with the id, or db.ErrNotFound.
	Session(ctx context.Context, id string) (domain.Session, error)
	// RevokeSession ends a session. It returns db.ErrNotFound when there is none or it is revoked already: of many calls, one returns nil.
	RevokeSession(ctx context.Context, id string, at time.Time) error
	// PurgeSessions forgets at most limit sessions that have ended by the given time, the oldest first.
	PurgeSessions(ctx context.Context, endedBy time.Time, limit int) error
}

// Keys keeps signing keys. At most one is next, and at most one active.
type Keys interface {
	// InsertKey adds a key. It returns db.ErrUnique when the id exists, or when the key is next or active and another one is.
	InsertKey(ctx context.Context, k domain.SigningKey) error
	// Key returns the key with the id, or db.ErrNotFound.
	Key(ctx context.Context, id string) (domain.SigningKey, error)
	// Keys returns all keys, oldest first.
	Keys(ctx context.Context) ([]domain.SigningKey, error)
	// PromoteKey retires the active key, whose private half it forgets, and makes the next one active. It returns db.ErrStale when they are not, and
	// then the transaction is to be undone: of many calls, one returns nil.
	PromoteKey(ctx context.Context, active, next string, at time.Time) error
	// PurgeKeys forgets the keys that were retired by the given time, and says how many.
	PurgeKeys(ctx context.Context, retiredBy time.Time) (int, error)
}

// Setups keeps the one record of the first-run setup.
type Setups interface {
	// Setup returns the record, or db.ErrNotFound when no setup was ever offered.
	Setup(ctx context.Context) (domain.Setup, error)
	// OfferSetup writes the record in place of the one that was read before, which is zero when there was none. It returns db.ErrStale when another
	// one is there by now, or that one is completed: of many calls, one returns nil.
	OfferSetup(ctx context.Context, s, before domain.Setup) error
	// CompleteSetup completes the record whose token hash is s's. It returns db.ErrStale when there is none, or it is completed already: of many
	// calls, one returns nil.
	CompleteSetup(ctx context.Context, s domain.Setup, at time.Time) error
}
