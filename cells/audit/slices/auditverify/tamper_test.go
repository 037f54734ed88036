package auditverify_test

import (
	"bytes"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"fxcell.dev/cells/audit/auditapi"
	"fxcell.dev/cells/audit/internal/audittest"
	"fxcell.dev/cells/audit/internal/domain"
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

// Each row does one thing to a trail of ten entries, five to a transaction.
func TestTamperingIsNamedWithSeqAndKind(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		tamper func(f fixture)
		want   auditapi.IntegrityResponse
	}{
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
		{"the seq's column", rewrite(4, func(r *domain.Row) { r.Seq = 40 }), invalid(3, 4, domain.Altered)},
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
		{"the tail cut and the head record's size with it", func(f fixture) {
			f.DeleteRows(9, 10)
			rewriteHead(func(h *domain.Head) { h.Size = 8 })(f)
		}, invalid(8, 8, domain.Altered)},
		{"the head record's size", rewriteHead(func(h *domain.Head) { h.Size++ }), invalid(10, 10, domain.Altered)},
		{"the head record's last MAC", rewriteHead(func(h *domain.Head) { h.Last[0] ^= 1 }), invalid(10, 10, domain.Altered)},
		{"the head record's own MAC", rewriteHead(func(h *domain.Head) { h.MAC[0] ^= 1 }), invalid(10, 10, domain.Altered)},
		{"the head record's chain", rewriteHead(func(h *domain.Head) { h.Chain = "other" }), invalid(10, 10, domain.Altered)},
		{"the head record's key", rewriteHead(func(h *domain.Head) { h.KeyID = "audit/mac/9" }), invalid(10, 10, domain.UnknownKey)},
		{"no head record to speak of", rewriteHead(func(h *domain.Head) { *h = domain.Head{} }), invalid(10, 10, domain.UnknownKey)},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			f := setup(t, 10)
			c.tamper(f)
			if diff := cmp.Diff(c.want, f.check()); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
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

func TestAnOldHeadRecordThatIsReplayedIsNamed(t *testing.T) {
	t.Parallel()
	f := setup(t, 5)
	old := f.Head()
	f.Append(audittest.Deliveries(6, 9)...)
	f.PutHead(old)
	if diff := cmp.Diff(invalid(9, 6, domain.RolledBack), f.check()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestAnEntryOfAnotherPastIsABrokenLink(t *testing.T) {
	t.Parallel()
	f := setup(t, 3)
	head := f.Head()
	f.Append(audittest.Deliveries(4, 6)...)
	rows, head6 := f.Rows(), f.Head()
	f.DeleteRows(4, 5, 6) // a backup is restored, and the trail goes on another way
	f.PutHead(head)
	f.forgetEvents(rows[3:])
	f.Append(audittest.Deliveries(14, 16)...)
	other := f.Rows()

	f.PutRow(5, rows[4])
	if diff := cmp.Diff(invalid(4, 5, domain.BrokenLink), f.check()); diff != "" {
		t.Errorf("an entry from before the restore (-want +got):\n%s", diff)
	}
	f.PutRow(5, other[4])
	f.PutHead(head6)
	if diff := cmp.Diff(invalid(6, 6, domain.BrokenLink), f.check()); diff != "" {
		t.Errorf("a head record from before the restore (-want +got):\n%s", diff)
	}
}

func TestARetiredKeySignsNothingNew(t *testing.T) {
	t.Parallel()
	f := setup(t, 3)
	f.Clock.Advance(audittest.RotateAfter)
	f.Append(audittest.Deliveries(4, 5)...)
	old := f.openKey(1)

	last := f.Rows()[5]
	seal, _, err := last.Open()
	if err != nil {
		t.Fatal(err)
	}
	seal.KeyID = old.ID()
	last.Sealed = seal.Encode()
	mac := old.Sum(last.Sealed)
	last.MAC = mac[:]
	f.PutRow(6, last)
	if diff := cmp.Diff(invalid(5, 6, domain.Altered), f.check()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestARetiredKeySignsNoHeadRecord(t *testing.T) {
	t.Parallel()
	f := setup(t, 3)
	f.Clock.Advance(audittest.RotateAfter)
	f.Append(audittest.Deliveries(4, 5)...)
	f.PutHead(domain.Extend(f.Head(), f.openKey(1)).Head())
	if diff := cmp.Diff(invalid(6, 6, domain.Altered), f.check()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
