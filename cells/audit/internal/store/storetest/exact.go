package storetest

import (
	"context"
	"errors"
	"time"

	"github.com/google/go-cmp/cmp"

	"fxcell.dev/cells/audit/internal/domain"
	"fxcell.dev/cells/audit/internal/store"
	"fxcell.dev/fxcell/auth"
	"fxcell.dev/fxcell/db"
)

// readBackHard holds the store against texts, times and bytes that a table, a driver or a language of queries may make something else of.
func readBackHard(t tester, b Backend) {
	t.Helper()
	var entries []domain.Entry
	for n, text := range []string{"", " ", `'`, `"`, `\`, `\x00`, `{}`, `{NULL}`, "NULL", "$1", "%", "ä\u0301", "日本", "\U0001F512", "a\tb\x00\u2028"} {
		e := entry(n)
		e.EventID = "hard:" + text
		e.Actor, e.Action, e.Target, e.Reason = auth.Actor{Kind: auth.Kind(text), ID: text}, text, text, text
		entries = append(entries, e)
	}
	for _, at := range []time.Time{
		{},
		time.Unix(0, 0), time.Date(0, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(9999, 12, 31, 23, 59, 59, 999999999, time.UTC),
		time.Date(1899, 12, 31, 23, 59, 59, 1000, time.UTC), time.Date(2030, 7, 1, 2, 30, 0, 999, time.FixedZone("", -9000)),
	} {
		e := entry(len(entries))
		e.Time, e.EventTime = at, at
		entries = append(entries, e)
	}
	rows, head := sealed(t, chain(t), entries...)
	every := make([]byte, 256)
	for i := range every {
		every[i] = byte(i)
	}
	rows[1].Sealed, rows[2].MAC = every, every
	must(t, b.Tx.InTx(t.Context(), func(ctx context.Context) error { return b.Store.Append(ctx, rows, head) }))
	holds(t, b, rows)
}

// follows holds the store against rows that are the next ones by their seq, but not by their MAC, and the other way round.
func follows(t tester, b Backend) {
	t.Helper()
	rows, head := fill(t, b, 2)
	fork := domain.Extend(domain.Head{Size: 2, Last: domain.MAC{1}}, key(t))
	ahead := domain.Extend(domain.Head{Size: 3, Last: head.Last}, key(t))
	for name, c := range map[string]*domain.Chain{"a fork": fork, "a gap": ahead} {
		more, next := sealed(t, c, entry(7))
		err := b.Tx.InTx(t.Context(), func(ctx context.Context) error { return b.Store.Append(ctx, more, next) })
		if !errors.Is(err, db.ErrStale) {
			t.Errorf("append of %s: %v, want db.ErrStale", name, err)
		}
	}
	err := b.Tx.InTx(t.Context(), func(ctx context.Context) error { return b.Store.Append(ctx, nil, head) })
	if err == nil {
		t.Errorf("append of no rows: no error")
	}
	holds(t, b, rows)
}

// walkLong walks through more rows than a store holds at a time.
func walkLong(t tester, b Backend) {
	t.Helper()
	rows, _ := fill(t, b, 600)
	holds(t, b, rows)
	must(t, b.Tx.InTx(t.Context(), func(ctx context.Context) error {
		seen := 0
		err := b.Store.Walk(ctx, 2, func(r domain.Row) error {
			seen++
			known, err := b.Store.Known(ctx, []string{r.EventID})
			if err != nil || !known[r.EventID] {
				t.Errorf("in the middle of a walk entry %d is not known: %v", r.Seq, err)
				return errUndo
			}
			return nil
		})
		if seen != 599 {
			t.Errorf("a walk from the second of 600 entries saw %d", seen)
		}
		return err
	}))
}

func findNothing(t tester, b Backend) {
	t.Helper()
	fill(t, b, 3)
	for _, text := range []string{"actor-1\x00", "\x00actor-1", "actor-1\xff", "\xed\xa0\x80"} {
		for _, q := range []store.Query{{Limit: 10, Actor: text}, {Limit: 10, Action: text}, {Limit: 10, Target: text}} {
			if rows, err := b.Store.Find(t.Context(), q); len(rows) > 0 || err != nil {
				t.Errorf("find %+q: %d rows, %v; want none", text, len(rows), err)
			}
		}
		got, err := b.Store.Known(t.Context(), []string{text, "event-2"})
		if diff := cmp.Diff(map[string]bool{"event-2": true}, got); diff != "" || err != nil {
			t.Errorf("known %+q: %v (-want +got):\n%s", text, err, diff)
		}
	}
}

// full returns the promise of a store that holds room entries.
func full(room int) func(t tester, b Backend) {
	return func(t tester, b Backend) {
		t.Helper()
		rows, head := fill(t, b, room)
		more, next := sealed(t, domain.Extend(head, key(t)), entry(room+1))
		err := b.Tx.InTx(t.Context(), func(ctx context.Context) error { return b.Store.Append(ctx, more, next) })
		if !errors.Is(err, db.ErrFull) {
			t.Errorf("append to a full store: %v, want db.ErrFull", err)
		}
		holds(t, b, rows)
		if got, ok, err := b.Store.Head(t.Context()); !ok || got.Size != head.Size || err != nil {
			t.Errorf("head of a full store is %+v, %v, %v; want size %d", got, ok, err, head.Size)
		}
	}
}
