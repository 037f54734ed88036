package storetest

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"

	"fxcell.dev/cells/config/internal/domain"
	"fxcell.dev/cells/config/internal/store"
	"fxcell.dev/fxcell/db"
	"fxcell.dev/fxcell/secret"
)

// broken is a store that breaks one promise: what is set takes the place of the method.
type broken struct {
	store.Store

	get       func(ctx context.Context, key string) (domain.Entry, error)
	forUpdate func(ctx context.Context, key string) (domain.Entry, error)
	list      func(ctx context.Context, q store.Query) ([]domain.Entry, error)
	insert    func(ctx context.Context, e domain.Entry) (domain.Entry, error)
	update    func(ctx context.Context, e domain.Entry) error
	remove    func(ctx context.Context, key string) error
	version   func(ctx context.Context, key string, version int64) (domain.Entry, error)
	publish   func(ctx context.Context, p domain.Publication) (domain.Publication, error)
	newest    func(ctx context.Context, key string) (domain.Publication, error)
}

func newBroken(s store.Store) *broken {
	return &broken{
		Store: s, get: s.Get, forUpdate: s.ForUpdate, list: s.List, insert: s.Insert, update: s.Update, remove: s.Delete, version: s.Version,
		publish: s.Publish, newest: s.Publication,
	}
}

func (b *broken) Get(ctx context.Context, key string) (domain.Entry, error) { return b.get(ctx, key) }

func (b *broken) ForUpdate(ctx context.Context, key string) (domain.Entry, error) {
	return b.forUpdate(ctx, key)
}

func (b *broken) List(ctx context.Context, q store.Query) ([]domain.Entry, error) {
	return b.list(ctx, q)
}

func (b *broken) Insert(ctx context.Context, e domain.Entry) (domain.Entry, error) {
	return b.insert(ctx, e)
}

func (b *broken) Update(ctx context.Context, e domain.Entry) error { return b.update(ctx, e) }

func (b *broken) Delete(ctx context.Context, key string) error { return b.remove(ctx, key) }

func (b *broken) Version(ctx context.Context, key string, version int64) (domain.Entry, error) {
	return b.version(ctx, key, version)
}

func (b *broken) Publication(ctx context.Context, key string) (domain.Publication, error) {
	return b.newest(ctx, key)
}

func (b *broken) Publish(ctx context.Context, p domain.Publication) (domain.Publication, error) {
	return b.publish(ctx, p)
}

// breaks maps each promise to a way of breaking it.
func breaks(a Adapter, b *broken) map[string]func() {
	s := a.Store
	return map[string]func(){
		"a setting is read as it was written": func() {
			b.get = func(ctx context.Context, key string) (domain.Entry, error) {
				e, err := s.Get(ctx, key)
				e.Schema = ""
				return e, err
			}
		},
		"what is missing is not found": func() {
			b.get = func(ctx context.Context, key string) (domain.Entry, error) {
				e, err := s.Get(ctx, key)
				if errors.Is(err, db.ErrNotFound) {
					err = nil
				}
				return e, err
			}
		},
		"what is hard to keep is read back as it was": func() {
			b.insert = func(ctx context.Context, e domain.Entry) (domain.Entry, error) {
				e.Value = secret.NewText(strings.ToValidUTF8(e.Value.Reveal(), "\uFFFD"))
				return s.Insert(ctx, e)
			}
		},
		"a key that no setting can have is not found": func() {
			b.get = func(ctx context.Context, key string) (domain.Entry, error) {
				return s.Get(ctx, strings.TrimRight(key, "\x00"))
			}
		},
		"keys and prefixes are bytes, not patterns": func() {
			b.list = func(ctx context.Context, q store.Query) ([]domain.Entry, error) {
				q.Prefix = strings.TrimRight(q.Prefix, "%")
				return s.List(ctx, q)
			}
		},
		"a key is in use once": func() {
			b.insert = func(ctx context.Context, e domain.Entry) (domain.Entry, error) {
				if was, err := s.Get(ctx, e.Key); err == nil {
					return was, nil
				}
				return s.Insert(ctx, e)
			}
		},
		"an update follows the stored version": func() {
			b.update = func(ctx context.Context, e domain.Entry) error {
				was, err := s.ForUpdate(ctx, e.Key)
				e.Version = was.Version + 1
				return errors.Join(err, s.Update(ctx, e))
			}
		},
		"versions are kept": func() {
			b.version = func(ctx context.Context, key string, _ int64) (domain.Entry, error) { return s.Get(ctx, key) }
		},
		"of the versions the newest are kept": func() {
			b.version = func(ctx context.Context, key string, version int64) (domain.Entry, error) {
				return s.Version(ctx, key, version+1)
			}
		},
		"a deleted setting leaves nothing but its numbers": func() {
			b.insert = func(ctx context.Context, e domain.Entry) (domain.Entry, error) {
				e, err := s.Insert(ctx, e)
				e.Version = 1
				return e, err
			}
		},
		"a list is sorted and starts after a key": func() {
			b.list = func(ctx context.Context, q store.Query) ([]domain.Entry, error) {
				q.After = ""
				return s.List(ctx, q)
			}
		},
		"a list keeps to its prefix and limit": func() {
			b.list = func(ctx context.Context, q store.Query) ([]domain.Entry, error) {
				q.Limit++
				return s.List(ctx, q)
			}
		},
		"revisions count publications of all settings": func() {
			b.publish = func(ctx context.Context, p domain.Publication) (domain.Publication, error) {
				p, err := s.Publish(ctx, p)
				p.Revision = p.Version
				return p, err
			}
		},
	}
}

func breaksTransactions(a Adapter, b *broken) map[string]func() {
	s := a.Store
	own := func(ctx context.Context, fn func(ctx context.Context) error) error {
		if db.InTx(ctx) {
			return fn(ctx)
		}
		return a.Tx.InTx(ctx, fn)
	}
	var mu sync.Mutex
	kept, revision := map[string]domain.Publication{}, int64(0)
	return map[string]func(){
		"the newest publication is kept": func() {
			b.newest = func(ctx context.Context, key string) (domain.Publication, error) {
				p, err := s.Publication(ctx, key)
				if first, ok := kept[key]; ok {
					return first, nil
				}
				kept[key] = p
				return p, err
			}
		},
		"writes need a transaction": func() {
			b.update = func(ctx context.Context, e domain.Entry) error {
				return own(ctx, func(ctx context.Context) error { return s.Update(ctx, e) })
			}
		},
		"a failed transaction leaves no trace": func() {
			b.publish = func(ctx context.Context, p domain.Publication) (domain.Publication, error) {
				kept[p.Key] = p
				return s.Publish(ctx, p)
			}
			b.newest = func(_ context.Context, key string) (domain.Publication, error) { return kept[key], nil }
		},
		"readers outside see what was committed": func() {
			var dirty domain.Entry
			b.update = func(ctx context.Context, e domain.Entry) error {
				dirty = e
				return s.Update(ctx, e)
			}
			b.get = func(context.Context, string) (domain.Entry, error) { return dirty, nil }
		},
		"writers of a setting take turns": func() {
			b.forUpdate = func(ctx context.Context, key string) (domain.Entry, error) { // what was read before the lock
				e, err := s.Get(context.WithoutCancel(ctx), key)
				e.Version = max(1, e.Version-1)
				return e, err
			}
		},
		"parallel inserts have one winner": func() {
			b.insert = func(ctx context.Context, e domain.Entry) (domain.Entry, error) {
				if _, err := s.Insert(ctx, e); errors.Is(err, db.ErrUnique) {
					return e, nil
				}
				return e, nil
			}
		},
		"a deletion takes along what was added while it waited": func() {
			var added domain.Entry
			b.update = func(ctx context.Context, e domain.Entry) error {
				added = e
				return s.Update(ctx, e)
			}
			b.version = func(context.Context, string, int64) (domain.Entry, error) { return added, nil }
		},
		"a key counts on however its writers meet": func() {
			b.insert = func(ctx context.Context, e domain.Entry) (domain.Entry, error) {
				e, err := s.Insert(ctx, e)
				e.Version = min(e.Version, 2)
				return e, err
			}
		},
		"parallel publications have their own revisions": func() {
			b.publish = func(ctx context.Context, p domain.Publication) (domain.Publication, error) {
				p, err := s.Publish(ctx, p)
				mu.Lock()
				defer mu.Unlock()
				revision = p.Revision / 2
				p.Revision = max(1, revision)
				return p, err
			}
		},
	}
}

func TestTheSuiteFindsEachBrokenPromise(t *testing.T) {
	t.Parallel()
	for _, p := range Promises() {
		t.Run(p.Name, func(t *testing.T) {
			t.Parallel()
			a := memory()
			b := newBroken(a.Store)
			breakIt, ok := breaks(a, b)[p.Name]
			if !ok {
				breakIt, ok = breaksTransactions(a, b)[p.Name]
			}
			if !ok {
				t.Fatal("nobody breaks this promise")
			}
			breakIt()
			if err := p.Holds(t.Context(), Adapter{Tx: a.Tx, Store: b}); err == nil {
				t.Error("the suite finds nothing wrong")
			}
		})
	}
}
