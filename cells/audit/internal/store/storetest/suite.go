// Package storetest is the conformance suite of the audit store: every adapter passes it.
package storetest

import (
	"bytes"
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"fxcell.dev/cells/audit/internal/domain"
	"fxcell.dev/cells/audit/internal/store"
	"fxcell.dev/fxcell/db"
	"fxcell.dev/fxcell/durability"
)

// Backend is an empty store and the transactor that it is written with.
type Backend struct {
	Tx    db.Transactor
	Store store.Store
}

// Features are what only some adapters have.
type Features struct {
	Room int // how many entries a store of open holds, a thousand at least; 0 means that nothing but the machine bounds it
}

// Run holds the stores that open returns, a fresh one each time, against the promises of store.Store.
func Run(t *testing.T, open func(t *testing.T) Backend, features Features) {
	t.Helper()
	for _, p := range promises(features) {
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			p.hold(t, open(t))
		})
	}
}

// tester is what a promise needs of a test, so that the suite's own tests can record what it finds.
type tester interface {
	Helper()
	Context() context.Context
	Errorf(format string, args ...any)
	Fatal(args ...any)
	Fatalf(format string, args ...any)
}

type promise struct {
	name string
	hold func(t tester, b Backend)
}

func promises(f Features) []promise {
	all := []promise{
		{"it states its durability", states},
		{"an empty store has no head, no entries and no keys", empty},
		{"what was appended is read back in order", readBack},
		{"what is hard to keep is read back as it was", readBackHard},
		{"a transaction sees its own entries, others see them after the commit", isolation},
		{"what was rolled back was never there", rollback},
		{"writing needs a transaction", needsTransaction},
		{"a seq is taken once", uniqueSeq},
		{"an event id is taken once", uniqueEvent},
		{"rows follow the head record", follows},
		{"whoever reads the head keeps others from appending", oneWriter},
		{"many append and read at once", concurrently},
		{"known ids are those of its entries", known},
		{"a walk starts where it is told to and ends with the error of its function", walk},
		{"a long walk leaves nothing out, and its function uses the store", walkLong},
		{"a walk ends with its context", walkEnds},
		{"entries are found by each filter, newest first", find},
		{"a text that no entry can hold is in none", findNothing},
		{"keys come by number, each taken once", keys},
	}
	if f.Room > 0 {
		all = append(all, promise{"a full store refuses entries and keeps what it has", full(f.Room)})
	}
	return all
}

func read(ctx context.Context, s store.Store, from int64) ([]domain.Row, error) {
	var rows []domain.Row
	err := s.Walk(ctx, from, func(r domain.Row) error {
		rows = append(rows, r)
		return nil
	})
	return rows, err
}

// holds fails the test unless the store holds exactly these rows.
func holds(t tester, b Backend, want []domain.Row) {
	t.Helper()
	got, err := read(t.Context(), b.Store, 1)
	must(t, err)
	if len(got) != len(want) {
		t.Errorf("there are %d rows, want %d", len(got), len(want))
	}
	for i := range min(len(got), len(want)) {
		if !alike(want[i], got[i]) {
			t.Errorf("row %d (-want +got):\n%s", i+1, cmp.Diff(want[i], got[i]))
			return
		}
	}
}

// alike compares two rows, many times faster than cmp does.
func alike(a, b domain.Row) bool {
	instant := a.Time.Equal(b.Time)
	a.Time = b.Time
	return instant && a.Columns == b.Columns && bytes.Equal(a.Sealed, b.Sealed) && bytes.Equal(a.MAC, b.MAC)
}

func must(t tester, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func states(t tester, b Backend) {
	t.Helper()
	if got := b.Store.Durability(); got < durability.Volatile {
		t.Errorf("durability is %v, want volatile or more", got)
	}
}

func empty(t tester, b Backend) {
	t.Helper()
	if h, ok, err := b.Store.Head(t.Context()); ok || err != nil {
		t.Errorf("head is %+v, %v, %v; want none", h, ok, err)
	}
	holds(t, b, nil)
	found, err := b.Store.Find(t.Context(), store.Query{Limit: 10})
	if len(found) > 0 || err != nil {
		t.Errorf("found %v, %v; want nothing", found, err)
	}
	if k, err := b.Store.Keys(t.Context()); len(k) > 0 || err != nil {
		t.Errorf("keys are %v, %v; want none", k, err)
	}
}

func readBack(t tester, b Backend) {
	t.Helper()
	rows, head := fill(t, b, 5)
	holds(t, b, rows)
	got, ok, err := b.Store.Head(t.Context())
	must(t, err)
	if diff := cmp.Diff(head, got); !ok || diff != "" {
		t.Errorf("head found %v (-want +got):\n%s", ok, diff)
	}
}

func needsTransaction(t tester, b Backend) {
	t.Helper()
	row, err := chain(t).Add(entry(1))
	must(t, err)
	if err := b.Store.Append(t.Context(), []domain.Row{row}, domain.Head{Chain: domain.ChainID, Size: 1}); !errors.Is(err, db.ErrNoTransaction) {
		t.Errorf("append outside a transaction: %v, want db.ErrNoTransaction", err)
	}
	if err := b.Store.AddKey(t.Context(), store.Key{Number: 1}); !errors.Is(err, db.ErrNoTransaction) {
		t.Errorf("add key outside a transaction: %v, want db.ErrNoTransaction", err)
	}
	holds(t, b, nil)
}
