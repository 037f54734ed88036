package auditverify_test

import (
	"context"
	"testing"

	"fxcell.dev/cells/audit/internal/domain"
	"fxcell.dev/cells/audit/internal/keyring"
	"fxcell.dev/cells/audit/internal/store"
)

// appendingStore lets something happen while it is walked through for the first time.
type appendingStore struct {
	store.Store
	when int64
	then func()
}

func (s *appendingStore) Walk(ctx context.Context, from int64, fn func(domain.Row) error) error {
	return s.Store.Walk(ctx, from, func(r domain.Row) error {
		if then := s.then; then != nil && r.Seq == s.when {
			s.then = nil
			then()
		}
		return fn(r)
	})
}

func (f fixture) deleteKey(t testing.TB, number int64) {
	t.Helper()
	f.Do(t, func(ctx context.Context) error {
		_, err := f.Tables.Keys.Delete(ctx, number)
		return err
	})
}

func (f fixture) spoilKey(t testing.TB, number int64) {
	t.Helper()
	f.Do(t, func(ctx context.Context) error {
		k, _ := f.Tables.Keys.Get(ctx, number)
		data := append([]byte(nil), k.Wrapped.Data...)
		data[len(data)-1] ^= 1
		k.Wrapped.Data = data
		return f.Tables.Keys.Put(ctx, number, k)
	})
}

// move puts what is stored in one place into another.
func (f fixture) move(t testing.TB, from, to int64) {
	t.Helper()
	row := f.Rows(t)[from-1]
	f.DeleteRows(t, from)
	f.PutRow(t, to, row)
}

// forgetEvents takes the event ids of rows out of the index, as restoring an old backup does.
func (f fixture) forgetEvents(t testing.TB, rows []domain.Row) {
	t.Helper()
	f.Do(t, func(ctx context.Context) error {
		for _, r := range rows {
			if _, err := f.Tables.Events.Delete(ctx, r.EventID); err != nil {
				return err
			}
		}
		return nil
	})
}

// openKey returns the key with a number, as somebody who stole it has it.
func (f fixture) openKey(t testing.TB, number int64) *domain.Key {
	t.Helper()
	keys, err := keyring.New(f.Store, f.Keys).Load(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	key, err := keys.Get(t.Context(), domain.KeyID(number))
	if err != nil {
		t.Fatal(err)
	}
	return key
}
