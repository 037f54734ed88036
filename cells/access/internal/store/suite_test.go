package store_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"fxcell.dev/cells/access/internal/domain"
	"fxcell.dev/cells/access/internal/store"
	"fxcell.dev/cells/access/internal/store/storetest"
	"fxcell.dev/fxcell/db"
	"fxcell.dev/fxcell/db/memdb"
)

func memory() storetest.Kit {
	tx := memdb.NewEngine()
	return storetest.Kit{Store: store.NewMemory(tx), Tx: tx}
}

func TestMemory(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(*testing.T) storetest.Kit { return memory() })
}

// broken is a memory store that breaks the promises that its fields say.
type broken struct {
	store.Store

	insertUser func(ctx context.Context, u domain.User) error
	byUsername func(ctx context.Context, text string) (domain.User, error)
	revoke     func(ctx context.Context, id string, at time.Time) error
	purge      func(ctx context.Context, endedBy time.Time, limit int) error
	insertKey  func(ctx context.Context, k domain.SigningKey) error
	keys       func(ctx context.Context) ([]domain.SigningKey, error)
	offer      func(ctx context.Context, s domain.Setup) error
	complete   func(ctx context.Context, s domain.Setup, at time.Time) error
}

func (b *broken) InsertUser(ctx context.Context, u domain.User) error { return b.insertUser(ctx, u) }

func (b *broken) UserByUsername(ctx context.Context, text string) (domain.User, error) {
	return b.byUsername(ctx, text)
}

func (b *broken) RevokeSession(ctx context.Context, id string, at time.Time) error {
	return b.revoke(ctx, id, at)
}

func (b *broken) PurgeSessions(ctx context.Context, endedBy time.Time, limit int) error {
	return b.purge(ctx, endedBy, limit)
}

func (b *broken) InsertKey(ctx context.Context, k domain.SigningKey) error {
	return b.insertKey(ctx, k)
}

func (b *broken) Keys(ctx context.Context) ([]domain.SigningKey, error) { return b.keys(ctx) }

func (b *broken) OfferSetup(ctx context.Context, s domain.Setup) error { return b.offer(ctx, s) }

func (b *broken) CompleteSetup(ctx context.Context, s domain.Setup, at time.Time) error {
	return b.complete(ctx, s, at)
}

func TestSuiteFailsOnBrokenStores(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		caughtBy string
		sabotage func(b *broken, tx db.Transactor)
	}{
		"no unique names": {"a username exists once, also in letters that look alike", func(b *broken, _ db.Transactor) {
			b.insertUser = func(ctx context.Context, u domain.User) error {
				u.Username.Key += u.ID
				return b.Store.InsertUser(ctx, u)
			}
		}},
		"no unique addresses": {"an e-mail address exists once", func(b *broken, _ db.Transactor) {
			b.insertUser = func(ctx context.Context, u domain.User) error {
				u.Email.Key += u.ID
				return b.Store.InsertUser(ctx, u)
			}
		}},
		"writes without a transaction": {"a user needs a transaction", func(b *broken, tx db.Transactor) {
			b.insertUser = func(ctx context.Context, u domain.User) error {
				return tx.InTx(ctx, func(ctx context.Context) error { return b.Store.InsertUser(ctx, u) })
			}
		}},
		"drops a field": {"a user is read as it was inserted", func(b *broken, _ db.Transactor) {
			b.insertUser = func(ctx context.Context, u domain.User) error {
				u.Epoch = 0
				return b.Store.InsertUser(ctx, u)
			}
		}},
		"finds names that look alike": {"a user that is not there is not found", func(b *broken, _ db.Transactor) {
			b.byUsername = func(ctx context.Context, text string) (domain.User, error) {
				return b.Store.UserByUsername(ctx, domain.UsernameKey(text))
			}
		}},
		"revokes again": {"a session is revoked once", func(b *broken, _ db.Transactor) {
			b.revoke = func(ctx context.Context, id string, at time.Time) error {
				_ = b.Store.RevokeSession(ctx, id, at)
				return nil
			}
		}},
		"purges without limit": {"ended sessions are purged, oldest first, and no others", func(b *broken, _ db.Transactor) {
			b.purge = func(ctx context.Context, endedBy time.Time, _ int) error {
				return b.Store.PurgeSessions(ctx, endedBy, 1000)
			}
		}},
		"two active keys": {"one key is active at a time", func(b *broken, _ db.Transactor) {
			b.insertKey = func(ctx context.Context, k domain.SigningKey) error {
				k.State = domain.KeyRetired
				return b.Store.InsertKey(ctx, k)
			}
		}},
		"keys newest first": {"keys are read as they were inserted, oldest first", func(b *broken, _ db.Transactor) {
			b.keys = func(ctx context.Context) ([]domain.SigningKey, error) {
				all, err := b.Store.Keys(ctx)
				slices.Reverse(all)
				return all, err
			}
		}},
		"offers only once": {"a setup is read as it was offered, in place of the one before", func(b *broken, _ db.Transactor) {
			b.offer = func(ctx context.Context, s domain.Setup) error {
				if _, err := b.Setup(ctx); err == nil {
					return db.ErrStale
				}
				return b.Store.OfferSetup(ctx, s)
			}
		}},
		"completes by any token": {"a setup is completed by its own token only", func(b *broken, _ db.Transactor) {
			b.complete = func(ctx context.Context, _ domain.Setup, at time.Time) error {
				offered, err := b.Setup(ctx)
				if err != nil {
					return db.ErrStale
				}
				return b.Store.CompleteSetup(ctx, offered, at)
			}
		}},
		"completes in a transaction of its own": {"a setup needs a transaction", func(b *broken, tx db.Transactor) {
			b.complete = func(ctx context.Context, s domain.Setup, at time.Time) error {
				return tx.InTx(ctx, func(ctx context.Context) error { return b.Store.CompleteSetup(ctx, s, at) })
			}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			i := slices.IndexFunc(storetest.Checks(), func(check storetest.Check) bool { return check.Name == c.caughtBy })
			if i < 0 {
				t.Fatalf("no check is named %q", c.caughtBy)
			}
			k := memory()
			m := k.Store
			b := &broken{
				Store: m, insertUser: m.InsertUser, byUsername: m.UserByUsername, revoke: m.RevokeSession, purge: m.PurgeSessions,
				insertKey: m.InsertKey, keys: m.Keys, offer: m.OfferSetup, complete: m.CompleteSetup,
			}
			c.sabotage(b, k.Tx)
			k.Store = b
			if err := storetest.Checks()[i].Run(t.Context(), k); err == nil {
				t.Error("the suite did not notice")
			}
		})
	}
}
