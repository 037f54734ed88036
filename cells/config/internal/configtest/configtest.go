// Package configtest builds the parts of the config cell for tests of its slices, without a container.
package configtest

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"fxcell.dev/cells/config/configapi"
	"fxcell.dev/cells/config/internal/store"
	"fxcell.dev/fxcell/clock"
	"fxcell.dev/fxcell/contract"
	"fxcell.dev/fxcell/contract/body"
	"fxcell.dev/fxcell/db"
	"fxcell.dev/fxcell/db/memdb"
	"fxcell.dev/fxcell/outbox"
	"fxcell.dev/fxcell/problem"
)

// TB is the part of testing.TB and rapid.T that a fixture needs.
type TB interface {
	Helper()
	Fatal(args ...any)
}

// Fixture is what slices are made of.
type Fixture struct {
	Tx         db.Transactor
	Store      store.Store
	Clock      *clock.Manual
	Changed    *Events[configapi.Changed]
	RolledBack *Events[configapi.RolledBack]
}

// New returns a fixture without settings, in memory.
func New(tb TB) *Fixture {
	tb.Helper()
	engine := memdb.NewEngine()
	return NewOn(tb, engine, store.NewMemory(engine))
}

// NewPostgres returns a fixture with the settings in the database of sql, which has the cell's schema.
func NewPostgres(tb TB, tx db.Transactor, sql db.SQL) *Fixture {
	tb.Helper()
	return NewOn(tb, tx, store.NewPostgres(sql))
}

// NewOn returns a fixture with the settings in a store.
func NewOn(tb TB, tx db.Transactor, s store.Store) *Fixture {
	tb.Helper()
	return &Fixture{
		Tx: tx, Store: s, Clock: clock.NewManual(time.Date(2026, 5, 4, 3, 2, 1, 0, time.UTC)),
		Changed: newEvents(tb, configapi.ChangedV1), RolledBack: newEvents(tb, configapi.RolledBackV1),
	}
}

// Published returns how many events were committed.
func (f *Fixture) Published() int { return len(f.Changed.All()) + len(f.RolledBack.All()) }

// FailPublishing makes every publication fail with err from now on; nil ends that.
func (f *Fixture) FailPublishing(err error) {
	f.Changed.fail(err)
	f.RolledBack.fail(err)
}

// Events records what was published and committed.
type Events[P any] struct {
	schema *body.Schema

	mu   sync.Mutex
	all  []P
	fate error
}

func newEvents[P any](tb TB, h contract.Event[P]) *Events[P] {
	tb.Helper()
	schema, err := body.Compile(h.Files, contract.Folder(h.ID)+"/"+h.Payload)
	if err != nil {
		tb.Fatal(err)
	}
	return &Events[P]{schema: schema}
}

// Publisher returns a publisher into e that keeps to transactions and to the schema as the real one does.
func (e *Events[P]) Publisher() contract.Publisher[P] {
	return contract.NewTestPublisher(func(ctx context.Context, payload P) error {
		if !db.InTx(ctx) {
			return outbox.ErrNoTransaction
		}
		encoded, err := body.Encode(payload)
		if err != nil {
			return err
		}
		if faults := e.schema.Validate(encoded); len(faults) > 0 {
			return fmt.Errorf("the payload does not fit its schema: %+v", faults)
		}
		e.mu.Lock()
		defer e.mu.Unlock()
		if e.fate != nil {
			return e.fate
		}
		return db.OnCommit(ctx, func(context.Context) {
			e.mu.Lock()
			defer e.mu.Unlock()
			e.all = append(e.all, payload)
		})
	})
}

// All returns the committed events in their order.
func (e *Events[P]) All() []P {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Clone(e.all)
}

func (e *Events[P]) fail(err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.fate = err
}

// WantCode fails the test unless err has the code.
func WantCode(tb testing.TB, err error, want problem.Code) {
	tb.Helper()
	if !problem.Has(err, want) {
		tb.Errorf("got error %v, want %s", err, want.Name)
	}
}

// Parallel runs fn so often at once and returns what it returned.
func Parallel(times int, fn func(i int) error) []error {
	errs := make([]error, times)
	start := make(chan struct{})
	var group sync.WaitGroup
	for i := range times {
		group.Go(func() {
			<-start
			errs[i] = fn(i)
		})
	}
	close(start)
	group.Wait()
	return errs
}
