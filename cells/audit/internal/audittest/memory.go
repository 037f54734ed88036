package audittest

import (
	"bytes"
	"context"

	"fxcell.dev/cells/audit/internal/domain"
	"fxcell.dev/cells/audit/internal/store"
)

// memory is the way around a store in memory.
type memory struct{ t store.Tables }

var _ around = memory{}

// unguard has nothing to take away, and a trail in memory begins empty.
func (memory) unguard(context.Context) error { return nil }

func (m memory) putRow(ctx context.Context, place int64, r domain.Row) error {
	return m.t.Entries.Put(ctx, place, r)
}

func (m memory) deleteRow(ctx context.Context, place int64) error {
	_, err := m.t.Entries.Delete(ctx, place)
	return err
}

func (m memory) putHead(ctx context.Context, h domain.Head) error {
	return m.t.Heads.Put(ctx, domain.ChainID, h)
}

func (m memory) deleteHead(ctx context.Context) error {
	_, err := m.t.Heads.Delete(ctx, domain.ChainID)
	return err
}

func (m memory) forgetEvent(ctx context.Context, id string) error {
	_, err := m.t.Events.Delete(ctx, id)
	return err
}

func (m memory) deleteKey(ctx context.Context, number int64) error {
	_, err := m.t.Keys.Delete(ctx, number)
	return err
}

func (m memory) spoilKey(ctx context.Context, number int64) error {
	k, _ := m.t.Keys.Get(ctx, number)
	k.Wrapped.Data = bytes.Clone(k.Wrapped.Data)
	k.Wrapped.Data[len(k.Wrapped.Data)-1] ^= 1
	return m.t.Keys.Put(ctx, number, k)
}
