package auditverify_test

import (
	"context"

	"fxcell.dev/cells/audit/internal/audittest"
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

// move puts what is stored in one place into another.
func (f fixture) move(from, to int64) {
	f.TB.Helper()
	row := f.Rows()[from-1]
	f.DeleteRows(from)
	f.PutRow(to, row)
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

// anotherPast lets the trail go on, restores the backup from before and lets it go on another way. It returns the rows and the head record of
// what was before the restore.
func (f fixture) anotherPast() ([]domain.Row, domain.Head) {
	f.TB.Helper()
	backup := f.Head()
	f.Append(audittest.Deliveries(11, 13)...)
	rows, head := f.Rows(), f.Head()
	f.DeleteRows(11, 12, 13)
	f.PutHead(backup)
	f.ForgetEvents(rows[10].EventID, rows[11].EventID, rows[12].EventID)
	f.Append(audittest.Deliveries(21, 23)...)
	return rows, head
}

// rotate appends an entry for the change of the key and two of events.
func (f fixture) rotate() {
	f.TB.Helper()
	f.Clock.Advance(audittest.RotateAfter)
	f.Append(audittest.Deliveries(11, 12)...)
}

// signedAgain returns the row as it would be, had another key signed it.
func (f fixture) signedAgain(r domain.Row, key *domain.Key) domain.Row {
	f.TB.Helper()
	seal, _, err := r.Open()
	if err != nil {
		f.TB.Fatal(err)
	}
	seal.KeyID = key.ID()
	r.Sealed = seal.Encode()
	mac := key.Sum(r.Sealed)
	r.MAC = mac[:]
	return r
}
