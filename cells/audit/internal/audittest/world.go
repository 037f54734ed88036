// Package audittest is what the tests of the audit cell share: a trail, the way around its store, a clock that stands and keys that can be lost.
package audittest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"fxcell.dev/cells/audit/internal/domain"
	"fxcell.dev/cells/audit/internal/keyring"
	"fxcell.dev/cells/audit/internal/store"
	"fxcell.dev/cells/audit/slices/auditappend"
	"fxcell.dev/fxcell/auth"
	"fxcell.dev/fxcell/clock"
	"fxcell.dev/fxcell/db"
	"fxcell.dev/fxcell/db/memdb"
	"fxcell.dev/fxcell/event"
)

// Start is when the clock of a World stands at first.
var Start = time.Date(2030, time.January, 2, 3, 4, 5, 678901000, time.UTC)

// RotateAfter is how old a MAC key of a World gets.
const RotateAfter = 24 * time.Hour

// World is a trail. Its methods fail the test that it was made for.
type World struct {
	TB     testing.TB
	Tx     db.Transactor
	Tables store.Tables // of a trail in memory
	Store  store.Store
	Keys   *Provider
	Clock  *clock.Manual

	around around
}

// New returns an empty trail in memory.
func New(tb testing.TB) *World {
	tb.Helper()
	tables, engine := store.NewTables(0), memdb.NewEngine()
	return &World{tb, engine, tables, store.NewMemoryOn(tables), NewProvider(), clock.NewManual(Start), memory{tables}}
}

// NewPostgres returns the trail in the database of sql, which has the cell's schema. Before a test gets around the store it calls Unguard.
func NewPostgres(tb testing.TB, tx db.Transactor, sql db.SQL) *World {
	tb.Helper()
	return &World{tb, tx, store.Tables{}, store.NewPostgres(sql), NewProvider(), clock.NewManual(Start), postgres{sql}}
}

// Do runs fn in a transaction and fails the test when that fails.
func (w *World) Do(fn func(ctx context.Context) error) {
	w.TB.Helper()
	if err := w.Tx.InTx(w.TB.Context(), fn); err != nil {
		w.TB.Fatalf("transaction: %v", err)
	}
}

// Append gives events to the slice that writes the trail, in one transaction.
func (w *World) Append(deliveries ...event.Delivery) {
	w.TB.Helper()
	service, err := auditappend.New(w.Store, w.Keys, w.Clock, auditappend.Config{RotateAfter: RotateAfter})
	if err != nil {
		w.TB.Fatal(err)
	}
	w.Do(func(ctx context.Context) error { return service.Append(ctx, deliveries) })
}

// Verify checks the trail, its entries one by one and its end.
func (w *World) Verify() domain.Result {
	w.TB.Helper()
	keys, err := keyring.New(w.Store, w.Keys).Load(w.TB.Context())
	if err != nil {
		w.TB.Fatal(err)
	}
	v := domain.NewVerifier(keys.Get)
	if err := w.Store.Walk(w.TB.Context(), 1, func(r domain.Row) error { return v.Check(w.TB.Context(), r) }); err != nil {
		w.TB.Fatal(err)
	}
	head, found, err := w.Store.Head(w.TB.Context())
	if err != nil {
		w.TB.Fatal(err)
	}
	result, err := v.Finish(w.TB.Context(), domain.End{Head: head, Found: found, Begun: !keys.Empty()})
	if err != nil {
		w.TB.Fatal(err)
	}
	return result
}

// Entries returns the entries in order.
func (w *World) Entries() []domain.Entry {
	w.TB.Helper()
	var out []domain.Entry
	for _, r := range w.Rows() {
		_, e, err := r.Open()
		if err != nil {
			w.TB.Fatal(err)
		}
		out = append(out, e)
	}
	return out
}

// Rows returns the stored rows in order, as copies that may be changed.
func (w *World) Rows() []domain.Row {
	w.TB.Helper()
	var rows []domain.Row
	err := w.Store.Walk(w.TB.Context(), 1, func(r domain.Row) error {
		rows = append(rows, CopyOf(r))
		return nil
	})
	if err != nil {
		w.TB.Fatalf("walk: %v", err)
	}
	return rows
}

// Head returns the head record, which must be there, as a copy that may be changed.
func (w *World) Head() domain.Head {
	w.TB.Helper()
	h, ok, err := w.Store.Head(w.TB.Context())
	if err != nil || !ok {
		w.TB.Fatalf("head: %v, found %v", err, ok)
	}
	h.MAC = append([]byte(nil), h.MAC...)
	return h
}

// CopyOf returns a row that shares no memory with r.
func CopyOf(r domain.Row) domain.Row {
	r.Sealed, r.MAC = append([]byte(nil), r.Sealed...), append([]byte(nil), r.MAC...)
	return r
}

// Delivery returns the n-th event: a user was created by an administrator.
func Delivery(n int) event.Delivery {
	user := fmt.Sprintf("00000000-0000-4000-8000-%012d", n)
	return event.Delivery{Attempt: 1, Event: event.Event{
		ID: fmt.Sprintf("event-%d", n), Seq: int64(n), Contract: "event.user.created.v1", Topic: "access", Key: user,
		Source: "cells/access/identitymanage", Time: Start.Add(-time.Second),
		Actor:   auth.Actor{Kind: auth.User, ID: "admin", Session: auth.HashSession("s-1"), Address: "192.0.2.7"},
		Request: fmt.Sprintf("request-%d", n), Correlation: "correlation",
		TraceParent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
		Payload:     fmt.Appendf(nil, `{"userId":%q,"username":"user%d"}`, user, n),
	}}
}

// Deliveries returns the events from first to last.
func Deliveries(first, last int) []event.Delivery {
	var out []event.Delivery
	for n := first; n <= last; n++ {
		out = append(out, Delivery(n))
	}
	return out
}
