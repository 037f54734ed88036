package storetest

import (
	"context"
	"errors"
	"time"

	"github.com/google/go-cmp/cmp"

	"fxcell.dev/cells/audit/internal/domain"
	"fxcell.dev/cells/audit/internal/store"
	"fxcell.dev/fxcell/db"
	"fxcell.dev/fxcell/secret"
)

var errUndo = errors.New("undo")

func isolation(t tester, b Backend) {
	t.Helper()
	c := chain(t)
	row, err := c.Add(entry(1))
	must(t, err)
	without := t.Context()
	must(t, b.Tx.InTx(without, func(ctx context.Context) error {
		if err := b.Store.Append(ctx, []domain.Row{row}, c.Head()); err != nil {
			return err
		}
		inside, err := read(ctx, b.Store, 1)
		if len(inside) != 1 || err != nil {
			t.Errorf("inside the transaction: %d rows, %v; want its own one", len(inside), err)
		}
		if h, ok, err := b.Store.Head(ctx); !ok || h.Size != 1 || err != nil {
			t.Errorf("inside the transaction: head %+v, %v, %v; want its own", h, ok, err)
		}
		outside, err := read(without, b.Store, 1)
		if len(outside) > 0 || err != nil {
			t.Errorf("outside of it: %d rows, %v; want none", len(outside), err)
		}
		return nil
	}))
	holds(t, b, []domain.Row{row})
}

func rollback(t tester, b Backend) {
	t.Helper()
	c := chain(t)
	row, err := c.Add(entry(1))
	must(t, err)
	err = b.Tx.InTx(t.Context(), func(ctx context.Context) error {
		must(t, b.Store.Append(ctx, []domain.Row{row}, c.Head()))
		must(t, b.Store.AddKey(ctx, store.Key{Number: 1}))
		return errUndo
	})
	if !errors.Is(err, errUndo) {
		t.Fatalf("transaction: %v, want %v", err, errUndo)
	}
	empty(t, b)
	fill(t, b, 1) // seq and event id are free
}

func uniqueSeq(t tester, b Backend) {
	t.Helper()
	rows, head := fill(t, b, 2)
	other, err := chain(t).Add(entry(9)) // seq 1 again
	must(t, err)
	err = b.Tx.InTx(t.Context(), func(ctx context.Context) error { return b.Store.Append(ctx, []domain.Row{other}, head) })
	if !errors.Is(err, db.ErrUnique) {
		t.Errorf("append of a seq that is taken: %v, want db.ErrUnique", err)
	}
	holds(t, b, rows)
}

func uniqueEvent(t tester, b Backend) {
	t.Helper()
	rows, head := fill(t, b, 2)
	again := rows[0]
	again.Seq = 3
	err := b.Tx.InTx(t.Context(), func(ctx context.Context) error { return b.Store.Append(ctx, []domain.Row{again}, head) })
	if !errors.Is(err, db.ErrUnique) {
		t.Errorf("append of an event that is there: %v, want db.ErrUnique", err)
	}
	holds(t, b, rows)
}

func known(t tester, b Backend) {
	t.Helper()
	fill(t, b, 3)
	got, err := b.Store.Known(t.Context(), []string{"event-1", "event-3", "event-4", ""})
	must(t, err)
	if diff := cmp.Diff(map[string]bool{"event-1": true, "event-3": true}, got); diff != "" {
		t.Errorf("known (-want +got):\n%s", diff)
	}
	if got, err := b.Store.Known(t.Context(), nil); len(got) > 0 || err != nil {
		t.Errorf("known of nothing: %v, %v", got, err)
	}
}

func walk(t tester, b Backend) {
	t.Helper()
	rows, _ := fill(t, b, 6)
	got, err := read(t.Context(), b.Store, 4)
	must(t, err)
	if diff := cmp.Diff(rows[3:], got); diff != "" {
		t.Errorf("walk from 4 (-want +got):\n%s", diff)
	}
	seen := 0
	err = b.Store.Walk(t.Context(), 1, func(r domain.Row) error {
		seen++
		if k, err := b.Store.Keys(t.Context()); len(k) > 0 || err != nil {
			t.Errorf("keys during a walk: %v, %v", k, err)
		}
		if r.Seq == 2 {
			return errUndo
		}
		return nil
	})
	if !errors.Is(err, errUndo) || seen != 2 {
		t.Errorf("walk that is ended at the second row: %v after %d rows", err, seen)
	}
}

func walkEnds(t tester, b Backend) {
	t.Helper()
	fill(t, b, 3)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := read(ctx, b.Store, 1); !errors.Is(err, context.Canceled) {
		t.Errorf("walk with an ended context: %v, want %v", err, context.Canceled)
	}
}

func find(t tester, b Backend) {
	t.Helper()
	fill(t, b, 12)
	at := func(n int) time.Time { return start.Add(time.Duration(n) * time.Minute) }
	for _, c := range []struct {
		name  string
		query store.Query
		want  []int64
	}{
		{"all", store.Query{Limit: 100}, []int64{12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1}},
		{"some", store.Query{Limit: 2}, []int64{12, 11}},
		{"older ones", store.Query{Limit: 2, Before: 5}, []int64{4, 3}},
		{"none older", store.Query{Limit: 2, Before: 1}, nil},
		{"by actor", store.Query{Limit: 3, Actor: "actor-1"}, []int64{11, 9, 7}},
		{"by action", store.Query{Limit: 100, Action: "action_0"}, []int64{12, 9, 6, 3}},
		{"by target", store.Query{Limit: 100, Target: "user:2"}, []int64{10, 6, 2}},
		{"from then on", store.Query{Limit: 100, From: at(11)}, []int64{12, 11}},
		{"before then", store.Query{Limit: 100, To: at(3)}, []int64{2, 1}},
		{"in between", store.Query{Limit: 100, From: at(4), To: at(6)}, []int64{5, 4}},
		{"all filters", store.Query{Limit: 100, Actor: "actor-0", Action: "action_0", Target: "user:2", From: at(1), To: at(12), Before: 12}, []int64{6}},
		{"a pattern is no pattern", store.Query{Limit: 100, Actor: "actor-%"}, nil},
		{"a quote is a character", store.Query{Limit: 100, Target: `' OR '1'='1`}, nil},
	} {
		rows, err := b.Store.Find(t.Context(), c.query)
		must(t, err)
		var got []int64
		for _, r := range rows {
			got = append(got, r.Seq)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
}

func keys(t tester, b Backend) {
	t.Helper()
	want := []store.Key{
		{Number: 1, CreatedAt: start, Wrapped: secret.Wrapped{KeyID: "kek", Data: []byte{1, 0, 255}}},
		{Number: 2, CreatedAt: start.Add(time.Hour), Wrapped: secret.Wrapped{KeyID: "kek", Data: []byte{2}}},
	}
	for _, k := range []store.Key{want[1], want[0]} {
		must(t, b.Tx.InTx(t.Context(), func(ctx context.Context) error { return b.Store.AddKey(ctx, k) }))
	}
	err := b.Tx.InTx(t.Context(), func(ctx context.Context) error { return b.Store.AddKey(ctx, store.Key{Number: 2}) })
	if !errors.Is(err, db.ErrUnique) {
		t.Errorf("a number that is taken: %v, want db.ErrUnique", err)
	}
	got, err := b.Store.Keys(t.Context())
	must(t, err)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("keys (-want +got):\n%s", diff)
	}
}
