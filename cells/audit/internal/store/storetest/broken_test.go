package storetest

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"testing"
	"time"

	"fxcell.dev/cells/audit/internal/domain"
	"fxcell.dev/cells/audit/internal/store"
	"fxcell.dev/fxcell/db"
	"fxcell.dev/fxcell/db/memdb"
	"fxcell.dev/fxcell/durability"
)

// recorder takes the place of a test and keeps what the suite finds.
type recorder struct {
	ctx   context.Context //nolint:containedctx // a test's context is asked of the test
	found []string
}

func (*recorder) Helper() {}

func (r *recorder) Context() context.Context { return r.ctx }

func (r *recorder) Errorf(format string, args ...any) {
	r.found = append(r.found, fmt.Sprintf(format, args...))
}

func (r *recorder) Fatal(args ...any) {
	r.found = append(r.found, fmt.Sprint(args...))
	runtime.Goexit()
}

func (r *recorder) Fatalf(format string, args ...any) { r.Fatal(fmt.Sprintf(format, args...)) }

// findings are what the suite finds wrong about one promise. A fatal finding ends its goroutine, hence one of its own.
func findings(ctx context.Context, p promise, b Backend) []string {
	r, done := &recorder{ctx: ctx}, make(chan struct{})
	go func() {
		defer close(done)
		p.hold(r, b)
	}()
	<-done
	return r.found
}

// broken is a store whose methods are replaced one by one.
type broken struct {
	store.Store

	grade  func() durability.Grade
	head   func(ctx context.Context) (domain.Head, bool, error)
	known  func(ctx context.Context, eventIDs []string) (map[string]bool, error)
	append func(ctx context.Context, rows []domain.Row, head domain.Head) error
	walk   func(ctx context.Context, from int64, fn func(domain.Row) error) error
	find   func(ctx context.Context, q store.Query) ([]domain.Row, error)
	keys   func(ctx context.Context) ([]store.Key, error)
	addKey func(ctx context.Context, k store.Key) error

	tx db.Transactor
}

func (b *broken) Durability() durability.Grade { return b.grade() }

func (b *broken) Head(ctx context.Context) (domain.Head, bool, error) { return b.head(ctx) }

func (b *broken) Known(ctx context.Context, eventIDs []string) (map[string]bool, error) {
	return b.known(ctx, eventIDs)
}

func (b *broken) Append(ctx context.Context, rows []domain.Row, head domain.Head) error {
	return b.append(ctx, rows, head)
}

func (b *broken) Walk(ctx context.Context, from int64, fn func(domain.Row) error) error {
	return b.walk(ctx, from, fn)
}

func (b *broken) Find(ctx context.Context, q store.Query) ([]domain.Row, error) {
	return b.find(ctx, q)
}

func (b *broken) Keys(ctx context.Context) ([]store.Key, error) { return b.keys(ctx) }

func (b *broken) AddKey(ctx context.Context, k store.Key) error { return b.addKey(ctx, k) }

// room is how many entries the stores of these tests hold.
const room = 1000

func memory() (*broken, db.Transactor) {
	tx := memdb.NewEngine()
	s := store.NewMemoryOn(store.NewTables(room))
	return &broken{
		Store: s, grade: s.Durability, head: s.Head, known: s.Known, append: s.Append, walk: s.Walk, find: s.Find, keys: s.Keys, addKey: s.AddKey,
		tx: tx,
	}, tx
}

// sabotage breaks one promise in the way that its name says.
type sabotage struct {
	name, promise string
	do            func(b *broken, tx db.Transactor)
}

func sabotages() []sabotage {
	return slices.Concat(
		ofWrites(), ofExactness(), ofUniqueness(), ofReads(), ofTransactions(), ofTurns(), ofWalks(), ofPages(), ofQueries(),
	)
}

func ofWrites() []sabotage {
	own := func(ctx context.Context, tx db.Transactor, fn func(ctx context.Context) error) error {
		if db.InTx(ctx) {
			return fn(ctx)
		}
		return tx.InTx(ctx, fn)
	}
	return []sabotage{
		{"drops a column", "what was appended is read back in order", func(b *broken, _ db.Transactor) {
			b.append = func(ctx context.Context, rows []domain.Row, head domain.Head) error {
				rows = slices.Clone(rows)
				for i := range rows {
					rows[i].Action = ""
				}
				return b.Store.Append(ctx, rows, head)
			}
		}},
		{"keeps keys of a failed transaction", "what was rolled back was never there", func(b *broken, _ db.Transactor) {
			var kept []store.Key
			b.addKey = func(ctx context.Context, k store.Key) error {
				kept = append(kept, k)
				return b.Store.AddKey(ctx, k)
			}
			b.keys = func(context.Context) ([]store.Key, error) { return kept, nil }
		}},
		{"appends in its own transaction", "writing needs a transaction", func(b *broken, tx db.Transactor) {
			b.append = func(ctx context.Context, rows []domain.Row, head domain.Head) error {
				return own(ctx, tx, func(ctx context.Context) error { return b.Store.Append(ctx, rows, head) })
			}
		}},
		{"adds keys in its own transaction", "writing needs a transaction", func(b *broken, tx db.Transactor) {
			b.addKey = func(ctx context.Context, k store.Key) error {
				return own(ctx, tx, func(ctx context.Context) error { return b.Store.AddKey(ctx, k) })
			}
		}},
	}
}

func ofUniqueness() []sabotage {
	return []sabotage{
		{"skips a seq that is taken", "a seq is taken once", func(b *broken, _ db.Transactor) {
			b.append = func(ctx context.Context, rows []domain.Row, head domain.Head) error {
				h, _, err := b.Store.Head(ctx)
				if err != nil {
					return err
				}
				rows = slices.DeleteFunc(slices.Clone(rows), func(r domain.Row) bool { return r.Seq <= h.Size })
				return b.Store.Append(ctx, rows, head)
			}
		}},
		{"skips an event that is there", "an event id is taken once", func(b *broken, _ db.Transactor) {
			b.append = func(ctx context.Context, rows []domain.Row, head domain.Head) error {
				rows = slices.DeleteFunc(slices.Clone(rows), func(r domain.Row) bool {
					there, err := b.Store.Known(ctx, []string{r.EventID})
					return err == nil && there[r.EventID]
				})
				return b.Store.Append(ctx, rows, head)
			}
		}},
		{"skips a key that is there", "keys come by number, each taken once", func(b *broken, _ db.Transactor) {
			b.addKey = func(ctx context.Context, k store.Key) error {
				all, err := b.Store.Keys(ctx)
				if err != nil || slices.ContainsFunc(all, func(o store.Key) bool { return o.Number == k.Number }) {
					return err
				}
				return b.Store.AddKey(ctx, k)
			}
		}},
	}
}

func ofReads() []sabotage {
	return []sabotage{
		{"states nothing", "it states its durability", func(b *broken, _ db.Transactor) {
			b.grade = func() durability.Grade { return durability.Unstated }
		}},
		{"makes up a head", "an empty store has no head, no entries and no keys", func(b *broken, _ db.Transactor) {
			b.head = func(ctx context.Context) (domain.Head, bool, error) {
				h, _, err := b.Store.Head(ctx)
				return h, true, err
			}
		}},
		{"keeps no head", "what was appended is read back in order", func(b *broken, _ db.Transactor) {
			b.head = func(context.Context) (domain.Head, bool, error) { return domain.Head{}, false, nil }
		}},
		{"knows every id", "known ids are those of its entries", func(b *broken, _ db.Transactor) {
			b.known = func(_ context.Context, eventIDs []string) (map[string]bool, error) {
				all := map[string]bool{}
				for _, id := range eventIDs {
					all[id] = true
				}
				return all, nil
			}
		}},
		{"keys newest first", "keys come by number, each taken once", func(b *broken, _ db.Transactor) {
			b.keys = func(ctx context.Context) ([]store.Key, error) {
				all, err := b.Store.Keys(ctx)
				slices.Reverse(all)
				return all, err
			}
		}},
	}
}

func ofTransactions() []sabotage {
	return []sabotage{
		{"is blind to its transaction", "a transaction sees its own entries, others see them after the commit", func(b *broken, _ db.Transactor) {
			b.walk = func(ctx context.Context, from int64, fn func(domain.Row) error) error {
				if db.InTx(ctx) {
					return nil
				}
				return b.Store.Walk(ctx, from, fn)
			}
		}},
		{"reads what is not committed", "a transaction sees its own entries, others see them after the commit", func(b *broken, _ db.Transactor) {
			var dirty []domain.Row
			b.append = func(ctx context.Context, rows []domain.Row, head domain.Head) error {
				dirty = append(dirty, rows...)
				return b.Store.Append(ctx, rows, head)
			}
			b.walk = func(_ context.Context, _ int64, fn func(domain.Row) error) error {
				for _, r := range dirty {
					if err := fn(r); err != nil {
						return err
					}
				}
				return nil
			}
		}},
	}
}

func ofWalks() []sabotage {
	const promise = "a walk starts where it is told to and ends with the error of its function"
	return []sabotage{
		{"walks backwards", "what was appended is read back in order", func(b *broken, _ db.Transactor) {
			b.walk = func(ctx context.Context, from int64, fn func(domain.Row) error) error {
				rows, err := read(ctx, b.Store, from)
				for _, r := range slices.Backward(rows) {
					if err == nil {
						err = fn(r)
					}
				}
				return err
			}
		}},
		{"walks from the first", promise, func(b *broken, _ db.Transactor) {
			b.walk = func(ctx context.Context, _ int64, fn func(domain.Row) error) error { return b.Store.Walk(ctx, 1, fn) }
		}},
		{"walks on after an error", promise, func(b *broken, _ db.Transactor) {
			b.walk = func(ctx context.Context, from int64, fn func(domain.Row) error) error {
				var last error
				err := b.Store.Walk(ctx, from, func(r domain.Row) error {
					if err := fn(r); err != nil {
						last = err
					}
					return nil
				})
				if err != nil {
					return err
				}
				return last
			}
		}},
		{"walks on without a context", "a walk ends with its context", func(b *broken, _ db.Transactor) {
			b.walk = func(ctx context.Context, from int64, fn func(domain.Row) error) error {
				return b.Store.Walk(context.WithoutCancel(ctx), from, fn)
			}
		}},
	}
}

func ofQueries() []sabotage {
	const promise = "entries are found by each filter, newest first"
	all := []sabotage{{"oldest first", promise, func(b *broken, _ db.Transactor) {
		b.find = func(ctx context.Context, q store.Query) ([]domain.Row, error) {
			rows, err := b.Store.Find(ctx, q)
			slices.Reverse(rows)
			return rows, err
		}
	}}}
	for name, forget := range map[string]func(q *store.Query){
		"actor":  func(q *store.Query) { q.Actor = "" },
		"action": func(q *store.Query) { q.Action = "" },
		"target": func(q *store.Query) { q.Target = "" },
		"from":   func(q *store.Query) { q.From = time.Time{} },
		"to":     func(q *store.Query) { q.To = time.Time{} },
		"before": func(q *store.Query) { q.Before = 0 },
		"limit":  func(q *store.Query) { q.Limit++ },
	} {
		all = append(all, sabotage{"forgets " + name, promise, func(b *broken, _ db.Transactor) {
			b.find = func(ctx context.Context, q store.Query) ([]domain.Row, error) {
				forget(&q)
				return b.Store.Find(ctx, q)
			}
		}})
	}
	return all
}

func TestTheSuiteFindsEachBrokenPromise(t *testing.T) {
	t.Parallel()
	for _, p := range promises(Features{Room: room}) {
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			sound, tx := memory()
			if found := findings(t.Context(), p, Backend{Tx: tx, Store: sound}); len(found) > 0 {
				t.Errorf("of a sound store the suite says %q", found)
			}
			tried := 0
			for _, s := range sabotages() {
				if s.promise != p.name {
					continue
				}
				tried++
				b, tx := memory()
				s.do(b, tx)
				if found := findings(t.Context(), p, Backend{Tx: b.tx, Store: b}); len(found) == 0 {
					t.Errorf("the suite does not notice a store that breaks it: %s", s.name)
				}
			}
			if tried == 0 {
				t.Error("nobody breaks this promise")
			}
		})
	}
}

func TestEachSabotageNamesAPromise(t *testing.T) {
	t.Parallel()
	for _, s := range sabotages() {
		if !slices.ContainsFunc(promises(Features{Room: room}), func(p promise) bool { return p.name == s.promise }) {
			t.Errorf("%s: the suite has no promise %q", s.name, s.promise)
		}
	}
}
