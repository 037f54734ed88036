package memdb_test

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"fxcell.dev/fxcell/db"
	"fxcell.dev/fxcell/db/memdb"
	"fxcell.dev/fxcell/durability"
)

var errTest = errors.New("test")

func TestEngineIsVolatile(t *testing.T) {
	t.Parallel()
	if got := memdb.NewEngine().Durability(); got != durability.Volatile {
		t.Errorf("Durability = %v, want volatile", got)
	}
}

func TestSecondTransactionWaitsForTheFirst(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		engine, order := memdb.NewEngine(), []string{}
		started, finish := make(chan struct{}), make(chan struct{})
		var wg sync.WaitGroup
		wg.Go(func() {
			_ = engine.InTx(t.Context(), func(context.Context) error {
				close(started)
				<-finish
				order = append(order, "first")
				return nil
			})
		})
		<-started
		wg.Go(func() {
			_ = engine.InTx(t.Context(), func(context.Context) error {
				order = append(order, "second")
				return nil
			})
		})
		synctest.Wait()
		if len(order) != 0 {
			t.Errorf("ran %v while the first was open", order)
		}
		close(finish)
		wg.Wait()
		if diff := cmp.Diff([]string{"first", "second"}, order); diff != "" {
			t.Error(diff)
		}
	})
}

func TestTransactionStopsWaitingWhenItsContextEnds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		engine, outside := memdb.NewEngine(), t.Context()
		err := engine.InTx(t.Context(), func(context.Context) error {
			ctx, cancel := context.WithTimeoutCause(outside, time.Second, errTest)
			defer cancel()
			return engine.InTx(ctx, func(context.Context) error {
				t.Error("two transactions at a time")
				return nil
			})
		})
		if !errors.Is(err, errTest) {
			t.Errorf("InTx = %v, want the cause of the context's end", err)
		}
	})
}

func TestEndedContextStartsNoTransaction(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err := memdb.NewEngine().InTx(ctx, func(context.Context) error {
		t.Error("the function ran")
		return nil
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("InTx = %v, want context.Canceled", err)
	}
}

// end is a way to leave a transaction without a commit.
var ends = map[string]func(ctx context.Context, cancel context.CancelFunc) error{
	"error":       func(context.Context, context.CancelFunc) error { return errTest },
	"panic":       func(context.Context, context.CancelFunc) error { return boom() },
	"goexit":      func(context.Context, context.CancelFunc) error { runtime.Goexit(); return nil },
	"ended":       func(_ context.Context, cancel context.CancelFunc) error { cancel(); return nil },
	"before hook": func(ctx context.Context, _ context.CancelFunc) error { return db.BeforeCommit(ctx, fail) },
}

func boom() error { panic(errTest) } //nolint:forbidigo // code that runs in a transaction may panic

func fail(context.Context) error { return errTest }

func TestTransactionThatDoesNotCommitLeavesNoTraceAndFreesTheSlot(t *testing.T) {
	t.Parallel()
	for name, end := range ends {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			engine, table := memdb.NewEngine(), memdb.NewTable[string, int](0)
			put(t, engine, table, "kept", 1)
			left := make(chan struct{})
			go func() {
				defer close(left)
				defer func() { _ = recover() }()
				ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
				defer cancel()
				_ = engine.InTx(ctx, func(ctx context.Context) error {
					if err := table.Put(ctx, "new", 2); err != nil {
						t.Errorf("Put = %v", err)
					}
					if _, err := table.Delete(ctx, "kept"); err != nil {
						t.Errorf("Delete = %v", err)
					}
					return end(ctx, cancel)
				})
			}()
			<-left
			if diff := cmp.Diff([]row{{"kept", 1}}, rows(t.Context(), table)); diff != "" {
				t.Error(diff)
			}
			put(t, engine, table, "after", 3) // the next transaction gets its turn
		})
	}
}

func TestCommitShowsAllTablesAtOnce(t *testing.T) {
	t.Parallel()
	engine := memdb.NewEngine()
	first, second := memdb.NewTable[string, int](0), memdb.NewTable[string, int](0)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for i := range 2000 {
			_ = engine.InTx(t.Context(), func(ctx context.Context) error {
				return errors.Join(first.Put(ctx, "n", i), second.Put(ctx, "n", i))
			})
		}
	}()
	for running := true; running; {
		select {
		case <-done:
			running = false
		default:
		}
		a, _ := first.Get(t.Context(), "n") // joined, applied and read first
		b, _ := second.Get(t.Context(), "n")
		if b < a {
			t.Fatalf("first table shows %d, second still %d", a, b)
		}
	}
}

// probe is a participant that looks at a table when it is applied.
type probe struct {
	table *memdb.Table[string, int]
	seen  []row
}

func (p *probe) Save() func() { return func() {} }
func (p *probe) Apply()       { p.seen = rows(context.Background(), p.table) }

func TestParticipantIsAppliedWhenTheTablesShowTheCommit(t *testing.T) {
	t.Parallel()
	engine, table := memdb.NewEngine(), memdb.NewTable[string, int](0)
	p := &probe{table: table}
	err := engine.InTx(t.Context(), func(ctx context.Context) error {
		got, err := memdb.Join(ctx, p, func() *probe { return p })
		again, _ := memdb.Join(ctx, p, func() *probe { return &probe{} })
		if got != p || again != p {
			t.Errorf("Join = %p, then %p, want %p both times", got, again, p)
		}
		return errors.Join(err, table.Put(ctx, "later than the probe", 1))
	})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]row{{"later than the probe", 1}}, p.seen); diff != "" {
		t.Error(diff)
	}
}

// stranger is a unit of another adapter.
type stranger struct{}

func (stranger) Commit(context.Context) error     { return nil }
func (stranger) Rollback(context.Context) error   { return nil }
func (stranger) Savepoint(context.Context) error  { return nil }
func (stranger) RollbackTo(context.Context) error { return nil }
func (stranger) Release(context.Context) error    { return nil }

func TestJoinRefusesWhatIsNoOpenTransactionOfAnEngine(t *testing.T) {
	t.Parallel()
	table := memdb.NewTable[string, int](0)
	if err := table.Put(t.Context(), "a", 1); !errors.Is(err, db.ErrNoTransaction) {
		t.Errorf("without a transaction: %v, want db.ErrNoTransaction", err)
	}
	var ended context.Context
	_ = memdb.NewEngine().InTx(t.Context(), func(ctx context.Context) error { ended = ctx; return nil })
	if err := table.Put(ended, "a", 1); !errors.Is(err, db.ErrTxDone) {
		t.Errorf("after the end: %v, want db.ErrTxDone", err)
	}
	begin := func(context.Context) (db.Unit, error) { return stranger{}, nil }
	_ = db.Run(t.Context(), begin, func(ctx context.Context) error {
		if err := table.Put(ctx, "a", 1); !errors.Is(err, db.ErrNoTransaction) {
			t.Errorf("in another adapter's transaction: %v, want db.ErrNoTransaction", err)
		}
		return nil
	})
	if got := table.Len(t.Context()); got != 0 {
		t.Errorf("Len = %d, want 0", got)
	}
}
