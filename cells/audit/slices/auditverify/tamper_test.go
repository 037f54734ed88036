package auditverify_test

import (
	"bytes"
	"context"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"fxcell.dev/cells/audit/auditapi"
	"fxcell.dev/cells/audit/internal/audittest"
	"fxcell.dev/cells/audit/internal/domain"
	"fxcell.dev/infra/postgres/postgrestest"
	"fxcell.dev/migrations"
)

// rewrite changes the row in one place.
func rewrite(place int64, change func(*domain.Row)) func(fixture) {
	return func(f fixture) {
		row := f.Rows()[place-1]
		change(&row)
		f.PutRow(place, row)
	}
}

// replace changes the bytes of the row in place 4 that say something.
func replace(old, with string) func(fixture) {
	return rewrite(4, func(r *domain.Row) { r.Sealed = bytes.Replace(r.Sealed, []byte(old), []byte(with), 1) })
}

func rewriteHead(change func(*domain.Head)) func(fixture) {
	return func(f fixture) {
		h := f.Head()
		change(&h)
		f.PutHead(h)
	}
}

// tampering is one thing that is done to a trail of ten entries, five to a transaction, and what the check says of it.
type tampering struct {
	name string
	do   func(f fixture)
	want auditapi.IntegrityResponse
}

// tamperings are those that any store can suffer.
func tamperings() []tampering {
	return slices.Concat(ofBytesAndColumns(), ofPlaces(), ofEnds(), ofPasts())
}

func ofBytesAndColumns() []tampering {
	return []tampering{
		{"one bit of the sealed bytes", rewrite(4, func(r *domain.Row) { r.Sealed[len(r.Sealed)-3] ^= 1 }), invalid(3, 4, domain.Altered)},
		{"one bit of a length", rewrite(4, func(r *domain.Row) { r.Sealed[7] ^= 1 }), invalid(3, 4, domain.Altered)},
		{"one bit of the MAC", rewrite(4, func(r *domain.Row) { r.MAC[31] ^= 1 }), invalid(3, 4, domain.Altered)},
		{"a MAC that is cut", rewrite(4, func(r *domain.Row) { r.MAC = r.MAC[:8] }), invalid(3, 4, domain.Altered)},
		{"no MAC", rewrite(1, func(r *domain.Row) { r.MAC = nil }), invalid(0, 1, domain.Altered)},
		{"the actor in the bytes", replace(`"id":"admin"`, `"id":"other"`), invalid(3, 4, domain.Altered)},
		{"the time in the bytes", replace("2030", "2031"), invalid(3, 4, domain.Altered)},
		{"the key's id in the bytes", replace("audit/mac/1", "audit/mac/9"), invalid(3, 4, domain.UnknownKey)},
		{"the actor's column", rewrite(4, func(r *domain.Row) { r.ActorID = "other" }), invalid(3, 4, domain.Altered)},
		{"the actor kind's column", rewrite(4, func(r *domain.Row) { r.ActorKind = "service" }), invalid(3, 4, domain.Altered)},
		{"the action's column", rewrite(4, func(r *domain.Row) { r.Action = "user_deleted" }), invalid(3, 4, domain.Altered)},
		{"the target's column", rewrite(4, func(r *domain.Row) { r.Target = "user:0" }), invalid(3, 4, domain.Altered)},
		{"the outcome's column", rewrite(4, func(r *domain.Row) { r.Outcome = domain.Failure }), invalid(3, 4, domain.Altered)},
		{"the time's column", rewrite(4, func(r *domain.Row) { r.Time = r.Time.Add(time.Microsecond) }), invalid(3, 4, domain.Altered)},
		{"the event id's column", rewrite(4, func(r *domain.Row) { r.EventID = "event-0" }), invalid(3, 4, domain.Altered)},
		{"the event type's column", rewrite(4, func(r *domain.Row) { r.EventType = "event.user.deleted.v1" }), invalid(3, 4, domain.Altered)},
	}
}

func ofPlaces() []tampering {
	return []tampering{
		{"the first row deleted", func(f fixture) { f.DeleteRows(1) }, invalid(0, 1, domain.Gap)},
		{"a middle row deleted", func(f fixture) { f.DeleteRows(4) }, invalid(3, 4, domain.Gap)},
		{"three middle rows deleted", func(f fixture) { f.DeleteRows(4, 5, 6) }, invalid(3, 4, domain.Gap)},
		{"two rows deleted apart", func(f fixture) { f.DeleteRows(8, 3) }, invalid(2, 3, domain.Gap)},
		{"two rows swapped", swap(4, 7), invalid(3, 4, domain.Reordered)},
		{"two neighbours swapped", swap(4, 5), invalid(3, 4, domain.Reordered)},
		{"the last two swapped", swap(9, 10), invalid(8, 9, domain.Reordered)},
		{"a row moved to the end", func(f fixture) { f.move(4, 11) }, invalid(3, 4, domain.Reordered)},
		{"a forgery in the place of a row that was deleted", func(f fixture) {
			row := f.Rows()[3]
			row.MAC[0] ^= 1
			f.DeleteRows(4)
			f.PutRow(11, row)
		}, invalid(3, 4, domain.Gap)},
		{"a row over another", copyTo(3, 7), invalid(6, 3, domain.Duplicate)},
		{"a later row over another", copyTo(7, 3), invalid(2, 3, domain.Gap)},
		{"a row twice", copyTo(3, 11), invalid(10, 3, domain.Duplicate)},
		{"the last row cut", func(f fixture) { f.DeleteRows(10) }, invalid(9, 10, domain.TruncatedTail)},
		{"the tail cut", func(f fixture) { f.DeleteRows(10, 9, 8) }, invalid(7, 8, domain.TruncatedTail)},
		{"all rows deleted", func(f fixture) { f.DeleteRows(1, 2, 3, 4, 5, 6, 7, 8, 9, 10) }, invalid(0, 1, domain.MissingChain)},
		{"the head record deleted", func(f fixture) { f.DeleteHead() }, invalid(10, 1, domain.MissingChain)},
		{"rows and head record deleted", func(f fixture) {
			f.DeleteRows(1, 2, 3, 4, 5, 6, 7, 8, 9, 10)
			f.DeleteHead()
		}, invalid(0, 1, domain.MissingChain)},
	}
}

func ofEnds() []tampering {
	return []tampering{
		{"the tail cut and the head record's size with it", func(f fixture) {
			f.DeleteRows(9, 10)
			rewriteHead(func(h *domain.Head) { h.Size = 8 })(f)
		}, invalid(8, 8, domain.Altered)},
		{"the head record's size", rewriteHead(func(h *domain.Head) { h.Size++ }), invalid(10, 10, domain.Altered)},
		{"the head record's last MAC", rewriteHead(func(h *domain.Head) { h.Last[0] ^= 1 }), invalid(10, 10, domain.Altered)},
		{"the head record's own MAC", rewriteHead(func(h *domain.Head) { h.MAC[0] ^= 1 }), invalid(10, 10, domain.Altered)},
		{"the head record's key", rewriteHead(func(h *domain.Head) { h.KeyID = "audit/mac/9" }), invalid(10, 10, domain.UnknownKey)},
		{"no head record to speak of", rewriteHead(func(h *domain.Head) { *h = domain.Head{} }), invalid(10, 10, domain.UnknownKey)},
	}
}

// ofPasts put back what was right once, or sign with what was.
func ofPasts() []tampering {
	return []tampering{
		{"an old head record replayed", func(f fixture) {
			old := f.Head()
			f.Append(audittest.Deliveries(11, 14)...)
			f.PutHead(old)
		}, invalid(14, 11, domain.RolledBack)},
		{"an entry of another past", func(f fixture) {
			before, _ := f.anotherPast()
			f.PutRow(12, before[11])
		}, invalid(11, 12, domain.BrokenLink)},
		{"a head record of another past", func(f fixture) {
			_, head := f.anotherPast()
			f.PutHead(head)
		}, invalid(13, 13, domain.BrokenLink)},
		{"an entry signed with a retired key", func(f fixture) {
			f.rotate()
			f.PutRow(13, f.signedAgain(f.Rows()[12], f.openKey(1)))
		}, invalid(12, 13, domain.Altered)},
		{"a head record signed with a retired key", func(f fixture) {
			f.rotate()
			f.PutHead(domain.Extend(f.Head(), f.openKey(1)).Head())
		}, invalid(13, 13, domain.Altered)},
	}
}

func (f fixture) suffer(c tampering) {
	f.TB.Helper()
	c.do(f)
	if diff := cmp.Diff(c.want, f.check()); diff != "" {
		f.TB.Errorf("%s (-want +got):\n%s", c.name, diff)
	}
}

func TestTamperingIsNamedWithSeqAndKind(t *testing.T) {
	t.Parallel()
	inMemory := []tampering{ // where a row's place and a head record's are not among their columns
		{"the seq's column", rewrite(4, func(r *domain.Row) { r.Seq = 40 }), invalid(3, 4, domain.Altered)},
		{"the head record's chain", rewriteHead(func(h *domain.Head) { h.Chain = "other" }), invalid(10, 10, domain.Altered)},
	}
	for _, c := range slices.Concat(tamperings(), inMemory) {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			setup(t, 10).suffer(c)
		})
	}
}

func TestTamperingInPostgresIsNamedWithSeqAndKind(t *testing.T) {
	t.Parallel()
	d := postgrestest.Open(t, migrations.Of("audit"))
	sql := func(statement string) func(fixture) {
		return func(f fixture) {
			f.Do(func(ctx context.Context) error {
				_, err := d.SQL.Exec(ctx, statement)
				return err
			})
		}
	}
	ofColumns := []tampering{ // a row's place is its column, and the head record's the name of its chain
		{"the seq's column", sql("UPDATE audit.entries SET seq = 40 WHERE seq = 4"), invalid(3, 4, domain.Reordered)},
		{"every seq's column", sql("UPDATE audit.entries SET seq = seq + 40"), invalid(0, 1, domain.Altered)},
		{"a row's chain", sql("UPDATE audit.entries SET chain = 'other' WHERE seq = 4"), invalid(3, 4, domain.Gap)},
		{"the head record's chain", sql("UPDATE audit.heads SET chain = 'other'"), invalid(10, 1, domain.MissingChain)},
		{"the head record as before the first entry", sql("UPDATE audit.heads SET mac = NULL"), invalid(10, 1, domain.MissingChain)},
		{"the head record's last MAC, cut", sql("UPDATE audit.heads SET last = substr(last, 1, 31)"), invalid(10, 10, domain.Altered)},
	}
	for _, c := range slices.Concat(tamperings(), ofColumns) {
		w := audittest.NewPostgres(t, d.Tx, d.SQL)
		w.Unguard()
		setupIn(t, w, 10).suffer(c)
	}
}

func swap(a, b int64) func(fixture) {
	return func(f fixture) {
		rows := f.Rows()
		f.PutRow(a, rows[b-1])
		f.PutRow(b, rows[a-1])
	}
}

func copyTo(from, to int64) func(fixture) {
	return func(f fixture) { f.PutRow(to, f.Rows()[from-1]) }
}
