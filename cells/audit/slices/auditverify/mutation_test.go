package auditverify_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"fxcell.dev/cells/audit/internal/audittest"
	"fxcell.dev/cells/audit/internal/domain"
)

// mutation changes one thing in what is stored, and nothing that leaves it as it was.
type mutation struct {
	name  string
	least int // entries that it needs
	apply func(r *rapid.T, f fixture, size int64)
}

func place(r *rapid.T, label string, size int64) int64 {
	return rapid.Int64Range(1, size).Draw(r, label)
}

// ofRow makes a mutation of one row.
func ofRow(name string, change func(r *rapid.T, row *domain.Row)) mutation {
	return mutation{name, 1, func(r *rapid.T, f fixture, size int64) {
		at := place(r, "place", size)
		row := f.Rows()[at-1]
		change(r, &row)
		f.PutRow(at, row)
	}}
}

func ofHead(name string, change func(r *rapid.T, h *domain.Head)) mutation {
	return mutation{name, 1, func(r *rapid.T, f fixture, _ int64) {
		h := f.Head()
		change(r, &h)
		f.PutHead(h)
	}}
}

func flip(r *rapid.T, b []byte) {
	b[rapid.IntRange(0, len(b)-1).Draw(r, "byte")] ^= 1 << rapid.IntRange(0, 7).Draw(r, "bit")
}

func other(r *rapid.T, s string) string {
	return rapid.String().Filter(func(o string) bool { return o != s }).Draw(r, "text")
}

var mutations = []mutation{
	ofRow("a bit of the sealed bytes", func(r *rapid.T, row *domain.Row) { flip(r, row.Sealed) }),
	ofRow("a bit of the MAC", func(r *rapid.T, row *domain.Row) { flip(r, row.MAC) }),
	ofRow("the sealed bytes, cut", func(r *rapid.T, row *domain.Row) {
		row.Sealed = row.Sealed[:rapid.IntRange(0, len(row.Sealed)-1).Draw(r, "length")]
	}),
	ofRow("the MAC, cut", func(r *rapid.T, row *domain.Row) { row.MAC = row.MAC[:rapid.IntRange(0, 31).Draw(r, "length")] }),
	ofRow("a text column", func(r *rapid.T, row *domain.Row) {
		columns := []*string{&row.EventID, &row.EventType, &row.ActorKind, &row.ActorID, &row.Action, &row.Target, &row.Outcome}
		column := rapid.SampledFrom(columns).Draw(r, "column")
		*column = other(r, *column)
	}),
	ofRow("the time column", func(r *rapid.T, row *domain.Row) {
		row.Time = row.Time.Add(time.Duration(rapid.Int64Range(1, 1<<50).Draw(r, "by")))
	}),
	ofRow("the seq column", func(r *rapid.T, row *domain.Row) { row.Seq += rapid.Int64Range(1, 1<<40).Draw(r, "by") }),
	{"a row deleted", 1, func(r *rapid.T, f fixture, size int64) { f.DeleteRows(place(r, "place", size)) }},
	{"a row copied", 2, func(r *rapid.T, f fixture, size int64) {
		from := place(r, "from", size)
		copyTo(from, rapid.Int64Range(1, size+3).Filter(func(to int64) bool { return to != from }).Draw(r, "to"))(f)
	}},
	{"a row moved to the end", 2, func(r *rapid.T, f fixture, size int64) {
		f.move(rapid.Int64Range(1, size-1).Draw(r, "from"), size+1)
	}},
	{"two rows swapped", 2, func(r *rapid.T, f fixture, size int64) {
		a := place(r, "one", size)
		swap(a, rapid.Int64Range(1, size).Filter(func(b int64) bool { return b != a }).Draw(r, "other"))(f)
	}},
	{"the tail cut", 1, func(r *rapid.T, f fixture, size int64) {
		for at := place(r, "from", size); at <= size; at++ {
			f.DeleteRows(at)
		}
	}},
	{"the head record deleted", 1, func(_ *rapid.T, f fixture, _ int64) { f.DeleteHead() }},
	ofHead("the head record's size", func(r *rapid.T, h *domain.Head) { h.Size += rapid.Int64Range(1, 1<<40).Draw(r, "by") }),
	ofHead("the head record's last MAC", func(r *rapid.T, h *domain.Head) { flip(r, h.Last[:]) }),
	ofHead("the head record's MAC", func(r *rapid.T, h *domain.Head) { flip(r, h.MAC) }),
	ofHead("the head record's key", func(r *rapid.T, h *domain.Head) { h.KeyID = other(r, h.KeyID) }),
	ofHead("the head record's chain", func(r *rapid.T, h *domain.Head) { h.Chain = other(r, h.Chain) }),
}

func TestAnySingleMutationOfATrailIsFound(t *testing.T) {
	t.Parallel()
	for _, m := range mutations {
		t.Run(m.name, func(t *testing.T) {
			t.Parallel()
			rapid.Check(t, func(r *rapid.T) {
				f := setup(t, rapid.IntRange(m.least, 8).Draw(r, "entries"))
				if rapid.Bool().Draw(r, "rotated") {
					f.Clock.Advance(audittest.RotateAfter)
					f.Append(audittest.Delivery(100))
				}
				size := f.Head().Size
				if before := f.check(); !before.Valid {
					r.Fatalf("before the mutation: %+v", before)
				}
				m.apply(r, f, size)
				switch after := f.check(); {
				case after.Valid:
					r.Fatalf("not found: %+v", after)
				case after.FirstInvalidSeq < 1 || after.FirstInvalidSeq > size+1 || after.Kind == "" || after.EntriesChecked > size:
					r.Fatalf("found as %+v in a trail of %d entries", after, size)
				}
			})
		})
	}
}

func TestAnyOldHeadRecordIsFound(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		f := setup(t, 0)
		var heads []domain.Head
		for n := range rapid.IntRange(2, 6).Draw(r, "transactions") {
			f.Append(audittest.Deliveries(10*n, 10*n+rapid.IntRange(0, 3).Draw(r, "entries"))...)
			heads = append(heads, f.Head())
		}
		old := rapid.SampledFrom(heads[:len(heads)-1]).Draw(r, "head")
		f.PutHead(old)
		got := f.check()
		if got.Kind != string(domain.RolledBack) || got.FirstInvalidSeq != old.Size+1 {
			r.Fatalf("got %+v for a head record of %d entries", got, old.Size)
		}
	})
}
