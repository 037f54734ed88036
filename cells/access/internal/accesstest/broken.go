package accesstest

import (
	"context"
	"time"

	"fxcell.dev/cells/access/internal/domain"
	"fxcell.dev/cells/access/internal/store"
)

// Broken is a store of which one method does its work and fails nevertheless: whoever ignores the error goes on with everything in place.
type Broken struct {
	store.Store

	Method string
	Err    error
}

func (b *Broken) fate(method string, err error) error {
	if method == b.Method {
		return b.Err
	}
	return err
}

// InsertUser inserts, and may fail.
func (b *Broken) InsertUser(ctx context.Context, u domain.User) error {
	return b.fate("InsertUser", b.Store.InsertUser(ctx, u))
}

// UserByUsername reads, and may fail.
func (b *Broken) UserByUsername(ctx context.Context, text string) (domain.User, error) {
	u, err := b.Store.UserByUsername(ctx, text)
	return u, b.fate("UserByUsername", err)
}

// InsertSession inserts, and may fail.
func (b *Broken) InsertSession(ctx context.Context, s domain.Session) error {
	return b.fate("InsertSession", b.Store.InsertSession(ctx, s))
}

// Session reads, and may fail.
func (b *Broken) Session(ctx context.Context, id string) (domain.Session, error) {
	s, err := b.Store.Session(ctx, id)
	return s, b.fate("Session", err)
}

// RevokeSession revokes, and may fail.
func (b *Broken) RevokeSession(ctx context.Context, id string, at time.Time) error {
	return b.fate("RevokeSession", b.Store.RevokeSession(ctx, id, at))
}

// PurgeSessions purges, and may fail.
func (b *Broken) PurgeSessions(ctx context.Context, endedBy time.Time, limit int) error {
	return b.fate("PurgeSessions", b.Store.PurgeSessions(ctx, endedBy, limit))
}

// Setup reads, and may fail.
func (b *Broken) Setup(ctx context.Context) (domain.Setup, error) {
	s, err := b.Store.Setup(ctx)
	return s, b.fate("Setup", err)
}

// OfferSetup writes, and may fail.
func (b *Broken) OfferSetup(ctx context.Context, s, before domain.Setup) error {
	return b.fate("OfferSetup", b.Store.OfferSetup(ctx, s, before))
}

// CompleteSetup writes, and may fail.
func (b *Broken) CompleteSetup(ctx context.Context, s domain.Setup, at time.Time) error {
	return b.fate("CompleteSetup", b.Store.CompleteSetup(ctx, s, at))
}

// InsertKey inserts, and may fail.
func (b *Broken) InsertKey(ctx context.Context, k domain.SigningKey) error {
	return b.fate("InsertKey", b.Store.InsertKey(ctx, k))
}

// Keys reads, and may fail.
func (b *Broken) Keys(ctx context.Context) ([]domain.SigningKey, error) {
	all, err := b.Store.Keys(ctx)
	return all, b.fate("Keys", err)
}

// PromoteKey writes, and may fail.
func (b *Broken) PromoteKey(ctx context.Context, active, next string, at time.Time) error {
	return b.fate("PromoteKey", b.Store.PromoteKey(ctx, active, next, at))
}

// PurgeKeys purges, and may fail.
func (b *Broken) PurgeKeys(ctx context.Context, retiredBy time.Time) (int, error) {
	purged, err := b.Store.PurgeKeys(ctx, retiredBy)
	return purged, b.fate("PurgeKeys", err)
}
