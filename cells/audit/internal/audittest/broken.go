package audittest

import (
	"context"

	"fxcell.dev/cells/audit/internal/domain"
	"fxcell.dev/cells/audit/internal/store"
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

// Head reads, and may fail.
func (b *Broken) Head(ctx context.Context) (domain.Head, bool, error) {
	h, found, err := b.Store.Head(ctx)
	return h, found, b.fate("Head", err)
}

// Known reads, and may fail.
func (b *Broken) Known(ctx context.Context, eventIDs []string) (map[string]bool, error) {
	known, err := b.Store.Known(ctx, eventIDs)
	return known, b.fate("Known", err)
}

// Append appends, and may fail.
func (b *Broken) Append(ctx context.Context, rows []domain.Row, head domain.Head) error {
	return b.fate("Append", b.Store.Append(ctx, rows, head))
}

// Keys reads, and may fail.
func (b *Broken) Keys(ctx context.Context) ([]store.Key, error) {
	keys, err := b.Store.Keys(ctx)
	return keys, b.fate("Keys", err)
}

// AddKey writes, and may fail.
func (b *Broken) AddKey(ctx context.Context, k store.Key) error {
	return b.fate("AddKey", b.Store.AddKey(ctx, k))
}
