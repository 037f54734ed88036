package auditverify_test

import (
	"context"

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

func (f fixture) deleteKey(number int64) {
	f.TB.Helper()
	f.Do(func(ctx context.Context) error {
		_, err := f.Tables.Keys.Delete(ctx, number)
		return err
	})
}

func (f fixture) spoilKey(number int64) {
	f.TB.Helper()
	f.Do(func(ctx context.Context) error {
		k, _ := f.Tables.Keys.Get(ctx, number)
		data := append([]byte(nil), k.Wrapped.Data...)
		data[len(data)-1] ^= 1
		k.Wrapped.Data = data
		return f.Tables.Keys.Put(ctx, number, k)
	})
}

// move puts what is stored in one place into another.
func (f fixture) move(from, to int64) {
	f.TB.Helper()
	row := f.Rows()[from-1]
	f.DeleteRows(from)
	f.PutRow(to, row)
}

// forgetEvents takes the event ids of rows out of the index, as restoring an old backup does.
func (f fixture) forgetEvents(rows []domain.Row) {
	f.TB.Helper()
	f.Do(func(ctx context.Context) error {
		for _, r := range rows {
			if _, err := f.Tables.Events.Delete(ctx, r.EventID); err != nil {
				return err
			}
		}
		return nil
	})
}

// openKey returns the key with a number, as somebody who stole it has it.
func (f fixture) openKey(number int64) *domain.Key {
	f.TB.Helper()
	keys, err := keyring.New(f.Store, f.Keys).Load(f.TB.Context())
	if err != nil {
		f.TB.Fatal(err)
	}
	key, err := keys.Get(f.TB.Context(), domain.KeyID(number))
	if err != nil {
		f.TB.Fatal(err)
	}
	return key
}
