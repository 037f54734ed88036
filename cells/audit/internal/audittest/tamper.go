package audittest

import (
	"context"

	"fxcell.dev/cells/audit/internal/domain"
)

// around writes to what a store keeps without the store, as somebody with the database's password could. Everything is done in the transaction
// of ctx.
type around interface {
	unguard(ctx context.Context) error
	putRow(ctx context.Context, place int64, r domain.Row) error
	deleteRow(ctx context.Context, place int64) error
	putHead(ctx context.Context, h domain.Head) error
	deleteHead(ctx context.Context) error
	forgetEvent(ctx context.Context, id string) error
	deleteKey(ctx context.Context, number int64) error
	spoilKey(ctx context.Context, number int64) error
}

// Unguard empties the trail and takes away what keeps everybody from changing it.
func (w *World) Unguard() {
	w.TB.Helper()
	w.Do(w.around.unguard)
}

// PutRow writes a row into a place, whatever it says.
func (w *World) PutRow(place int64, r domain.Row) {
	w.TB.Helper()
	w.Do(func(ctx context.Context) error { return w.around.putRow(ctx, place, r) })
}

// DeleteRows removes the rows in the given places.
func (w *World) DeleteRows(places ...int64) {
	w.TB.Helper()
	each(w, places, w.around.deleteRow)
}

// PutHead writes a head record, whatever it says.
func (w *World) PutHead(h domain.Head) {
	w.TB.Helper()
	w.Do(func(ctx context.Context) error { return w.around.putHead(ctx, h) })
}

// DeleteHead removes the head record.
func (w *World) DeleteHead() {
	w.TB.Helper()
	w.Do(w.around.deleteHead)
}

// ForgetEvents takes the event ids of rows that are deleted out of what the store knows, as restoring an old backup does.
func (w *World) ForgetEvents(ids ...string) {
	w.TB.Helper()
	each(w, ids, w.around.forgetEvent)
}

// DeleteKey removes a MAC key.
func (w *World) DeleteKey(number int64) {
	w.TB.Helper()
	each(w, []int64{number}, w.around.deleteKey)
}

// SpoilKey changes a bit of a wrapped MAC key.
func (w *World) SpoilKey(number int64) {
	w.TB.Helper()
	each(w, []int64{number}, w.around.spoilKey)
}

func each[T any](w *World, all []T, do func(ctx context.Context, one T) error) {
	w.TB.Helper()
	w.Do(func(ctx context.Context) error {
		for _, one := range all {
			if err := do(ctx, one); err != nil {
				return err
			}
		}
		return nil
	})
}
