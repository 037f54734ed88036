package storetest

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"fxcell.dev/cells/audit/internal/domain"
	"fxcell.dev/cells/audit/internal/store"
	"fxcell.dev/fxcell/db"
	"fxcell.dev/fxcell/durability"
)

// swallows returns an Append that keeps to itself why it failed.
func swallows(b *broken, reason error) func(ctx context.Context, rows []domain.Row, head domain.Head) error {
	return func(ctx context.Context, rows []domain.Row, head domain.Head) error {
		if err := b.Store.Append(ctx, rows, head); !errors.Is(err, reason) {
			return err
		}
		return nil
	}
}

func ofExactness() []sabotage {
	const promise = "what is hard to keep is read back as it was"
	changing := func(name string, change func(r *domain.Row)) sabotage {
		return sabotage{name, promise, func(b *broken, _ db.Transactor) {
			b.append = func(ctx context.Context, rows []domain.Row, head domain.Head) error {
				rows = slices.Clone(rows)
				for i := range rows {
					change(&rows[i])
				}
				return b.Store.Append(ctx, rows, head)
			}
		}}
	}
	return []sabotage{
		changing("keeps milliseconds", func(r *domain.Row) { r.Time = r.Time.Truncate(time.Millisecond) }),
		changing("takes bytes for text", func(r *domain.Row) { r.MAC = []byte(strings.ToValidUTF8(string(r.MAC), "")) }),
		changing("unescapes", func(r *domain.Row) { r.Target = strings.ReplaceAll(r.Target, `\`, "") }),
		changing("takes NULL for nothing", func(r *domain.Row) { r.ActorID = strings.TrimPrefix(r.ActorID, "NULL") }),
		{"takes rows that follow nothing", "rows follow the head record", func(b *broken, _ db.Transactor) { b.append = swallows(b, db.ErrStale) }},
		{"drops what it has no room for", "a full store refuses entries and keeps what it has", func(b *broken, _ db.Transactor) {
			b.append = swallows(b, db.ErrFull)
		}},
	}
}

// crowd lets everybody in: only the first transaction at a time is one.
type crowd struct {
	db.Transactor

	first sync.Mutex
}

func (*crowd) Durability() durability.Grade { return durability.Volatile }

func (c *crowd) InTx(ctx context.Context, fn func(ctx context.Context) error) error {
	if !c.first.TryLock() {
		return fn(ctx)
	}
	defer c.first.Unlock()
	return c.Transactor.InTx(ctx, fn)
}

func ofTurns() []sabotage {
	const promise = "whoever reads the head keeps others from appending"
	remembers := func(b *broken, _ db.Transactor) {
		var once sync.Once
		var h domain.Head
		var found bool
		b.head = func(ctx context.Context) (domain.Head, bool, error) {
			once.Do(func() { h, found, _ = b.Store.Head(ctx) })
			return h, found, nil
		}
	}
	return []sabotage{
		{"locks nothing", promise, func(b *broken, tx db.Transactor) { b.tx = &crowd{Transactor: tx} }},
		{"shows the head from before the wait", promise, remembers},
		{"forgets what others have appended", "many append and read at once", remembers},
		{"takes one entry of two", "many append and read at once", func(b *broken, _ db.Transactor) {
			b.walk = func(ctx context.Context, from int64, fn func(domain.Row) error) error {
				return b.Store.Walk(ctx, from, func(r domain.Row) error {
					if r.Seq == 7 {
						return nil
					}
					return fn(r)
				})
			}
		}},
	}
}

func ofPages() []sabotage {
	const promise = "a long walk leaves nothing out, and its function uses the store"
	return []sabotage{
		{"reads one page", promise, func(b *broken, _ db.Transactor) {
			b.walk = func(ctx context.Context, from int64, fn func(domain.Row) error) error {
				return b.Store.Walk(ctx, from, func(r domain.Row) error {
					if r.Seq >= from+256 {
						return nil
					}
					return fn(r)
				})
			}
		}},
		{"holds its transaction while it walks", promise, func(b *broken, _ db.Transactor) {
			walking := false
			b.walk = func(ctx context.Context, from int64, fn func(domain.Row) error) error {
				walking = true
				defer func() { walking = false }()
				return b.Store.Walk(ctx, from, fn)
			}
			b.known = func(ctx context.Context, ids []string) (map[string]bool, error) {
				if walking {
					return nil, errors.New("the rows of a query are still being read")
				}
				return b.Store.Known(ctx, ids)
			}
		}},
		{"looks for the rest of a text", "a text that no entry can hold is in none", func(b *broken, _ db.Transactor) {
			b.find = func(ctx context.Context, q store.Query) ([]domain.Row, error) {
				q.Actor = strings.ToValidUTF8(strings.ReplaceAll(q.Actor, "\x00", ""), "")
				return b.Store.Find(ctx, q)
			}
		}},
	}
}

func TestTheSuiteHoldsOnlyBoundedStoresAgainstTheirRoom(t *testing.T) {
	t.Parallel()
	if bounded, other := len(promises(Features{Room: room})), len(promises(Features{})); bounded != other+1 {
		t.Errorf("%d promises of a store with bounded room, %d of another; want one more", bounded, other)
	}
}
