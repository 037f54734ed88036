package configtest

import (
	"context"

	"fxcell.dev/cells/config/internal/domain"
	"fxcell.dev/cells/config/internal/store"
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

// ForUpdate reads, and may fail.
func (b *Broken) ForUpdate(ctx context.Context, key string) (domain.Entry, error) {
	e, err := b.Store.ForUpdate(ctx, key)
	return e, b.fate("ForUpdate", err)
}

// Insert inserts, and may fail.
func (b *Broken) Insert(ctx context.Context, e domain.Entry) (domain.Entry, error) {
	e, err := b.Store.Insert(ctx, e)
	return e, b.fate("Insert", err)
}

// Update updates, and may fail.
func (b *Broken) Update(ctx context.Context, e domain.Entry) error {
	return b.fate("Update", b.Store.Update(ctx, e))
}

// Delete deletes, and may fail.
func (b *Broken) Delete(ctx context.Context, key string) error {
	return b.fate("Delete", b.Store.Delete(ctx, key))
}

// Version reads, and may fail.
func (b *Broken) Version(ctx context.Context, key string, version int64) (domain.Entry, error) {
	e, err := b.Store.Version(ctx, key, version)
	return e, b.fate("Version", err)
}

// Publication reads, and may fail.
func (b *Broken) Publication(ctx context.Context, key string) (domain.Publication, error) {
	p, err := b.Store.Publication(ctx, key)
	return p, b.fate("Publication", err)
}

// Publish publishes, and may fail.
func (b *Broken) Publish(ctx context.Context, p domain.Publication) (domain.Publication, error) {
	p, err := b.Store.Publish(ctx, p)
	return p, b.fate("Publish", err)
}
