// Package dbtest is the conformance suite of db.Transactor: what every adapter of the port promises, memory or server.
//
// An adapter runs it from a test of its own, with a tiny table in its database:
//
//	func TestTransactor(t *testing.T) {
//		dbtest.Run(t, func(t *testing.T) dbtest.Subject { return dbtest.Subject{Tx: open(t), Store: counters{…}} })
//	}
package dbtest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"fxcell.dev/fxcell/db"
	"fxcell.dev/fxcell/internal/promise"
)

// Subject is an adapter with a table to write to. Each test gets one whose table is empty; it closes what it opened in a cleanup of the test.
type Subject struct {
	Tx    db.Transactor
	Store Store
}

// Store is a table of numbers in the database under test. It is safe for concurrent use.
type Store interface {
	// Add adds n to the number of key, which is 0 before, in the transaction of ctx and in one step: no other transaction comes in between. Like
	// every write it returns db.ErrNoTransaction or db.ErrTxDone when ctx carries no open transaction, and otherwise an error only when the
	// database does.
	Add(ctx context.Context, key string, n int64) error
	// Get returns the number of key: what the transaction of ctx sees, or without one what was committed.
	Get(ctx context.Context, key string) (int64, error)
}

// Run holds what open returns against every promise of the port, a new subject for each, in parallel.
func Run(t *testing.T, open func(t *testing.T) Subject) {
	t.Helper()
	promise.Run(t, promise.Waits{}, cases(), func(t *testing.T, report *promise.T) *kit {
		t.Helper()
		return &kit{report, open(t)}
	})
}

func cases() []promise.Case[*kit] {
	return slices.Concat(commitCases(), undoCases(), savepointCases(), hookCases(), concurrencyCases())
}

// kit is one subject under test, and the test.
type kit struct {
	*promise.T
	Subject
}

var errTest = errors.New("dbtest: undo")

// in runs fn in a transaction, or in a savepoint of ctx's.
func (k *kit) in(ctx context.Context, fn func(ctx context.Context) error) error {
	return k.Tx.InTx(ctx, fn)
}

// commit runs fn in a transaction of its own that must commit.
func (k *kit) commit(fn func(ctx context.Context)) {
	k.Helper()
	if err := k.in(k.Outside, func(ctx context.Context) error { fn(ctx); return nil }); err != nil {
		k.Fatalf("InTx = %v, want a commit", err)
	}
}

// undone runs fn, a transaction or savepoint in ctx whose function returns errTest.
func (k *kit) undone(ctx context.Context, fn func(ctx context.Context)) {
	k.Helper()
	if err := k.in(ctx, func(ctx context.Context) error { fn(ctx); return errTest }); !errors.Is(err, errTest) {
		k.Errorf("InTx = %v, want the error of its function", err)
	}
}

// kept runs fn in a savepoint that must be kept.
func (k *kit) kept(ctx context.Context, fn func(ctx context.Context)) {
	k.Helper()
	if err := k.in(ctx, func(ctx context.Context) error { fn(ctx); return nil }); err != nil {
		k.Errorf("InTx in a transaction = %v, want a savepoint that is kept", err)
	}
}

func (k *kit) add(ctx context.Context, key string, n int64) {
	k.Helper()
	if err := k.Store.Add(ctx, key, n); err != nil {
		k.Fatalf("add %d to %s: %v", n, key, err)
	}
}

// sees fails when ctx shows another number than want.
func (k *kit) sees(ctx context.Context, when, key string, want int64) {
	k.Helper()
	if got, err := k.Store.Get(ctx, key); got != want || err != nil {
		k.Errorf("%s: %s is %d, %v, want %d", when, key, got, err, want)
	}
}

// register fails when a hook cannot be registered.
func (k *kit) register(err error) {
	k.Helper()
	if err != nil {
		k.Fatalf("register a hook: %v", err)
	}
}

// journal notes what happened, in order.
type journal []string

func (j *journal) note(format string, args ...any) { *j = append(*j, fmt.Sprintf(format, args...)) }

func (k *kit) wantSteps(got journal, want ...string) {
	k.Helper()
	if !slices.Equal(got, want) {
		k.Errorf("it ran %q, want %q", got, want)
	}
}

// hooks registers one hook of each end, which note themselves.
func (k *kit) hooks(ctx context.Context, j *journal, name string) {
	k.Helper()
	k.register(db.OnCommit(ctx, func(context.Context) { j.note("committed %s", name) }))
	k.register(db.OnRollback(ctx, func(context.Context) { j.note("undone %s", name) }))
}
