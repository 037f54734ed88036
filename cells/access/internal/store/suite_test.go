package store_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"
	"unicode/utf8"

	"fxcell.dev/cells/access/internal/domain"
	"fxcell.dev/cells/access/internal/store"
	"fxcell.dev/cells/access/internal/store/storetest"
	"fxcell.dev/fxcell/db"
	"fxcell.dev/fxcell/db/memdb"
	"fxcell.dev/fxcell/secret"
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
	promote    func(ctx context.Context, active, next string, at time.Time) error
	purgeKeys  func(ctx context.Context, retiredBy time.Time) (int, error)
	offer      func(ctx context.Context, s, before domain.Setup) error
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

func (b *broken) PromoteKey(ctx context.Context, active, next string, at time.Time) error {
	return b.promote(ctx, active, next, at)
}

func (b *broken) PurgeKeys(ctx context.Context, retiredBy time.Time) (int, error) {
	return b.purgeKeys(ctx, retiredBy)
}

func (b *broken) OfferSetup(ctx context.Context, s, before domain.Setup) error {
	return b.offer(ctx, s, before)
}

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
		"finds nothing but speaks of a failure": {"what is no text is nobody's id", func(b *broken, _ db.Transactor) {
			b.byUsername = func(ctx context.Context, text string) (domain.User, error) {
				if !utf8.ValidString(text) {
					return domain.User{}, errors.New("invalid byte sequence")
				}
				return b.Store.UserByUsername(ctx, text)
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
		"two active keys": {"one key is active at a time, and one next", func(b *broken, _ db.Transactor) {
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
		"two next keys": {"one key is active at a time, and one next", func(b *broken, _ db.Transactor) {
			b.insertKey = func(ctx context.Context, k domain.SigningKey) error {
				if k.State == domain.KeyNext {
					k.State = domain.KeyRetired
				}
				return b.Store.InsertKey(ctx, k)
			}
		}},
		"keeps the private half": {"a promoted key is active, and the one before retired without its private half", func(b *broken, _ db.Transactor) {
			kept := map[string]secret.Wrapped{}
			b.insertKey = func(ctx context.Context, k domain.SigningKey) error {
				kept[k.ID] = k.Private
				return b.Store.InsertKey(ctx, k)
			}
			b.keys = func(ctx context.Context) ([]domain.SigningKey, error) {
				all, err := b.Store.Keys(ctx)
				for i := range all {
					all[i].Private = kept[all[i].ID]
				}
				return all, err
			}
		}},
		"promotes whatever is next": {"a key is promoted by those that stand in line only", func(b *broken, _ db.Transactor) {
			b.promote = func(ctx context.Context, active, _ string, at time.Time) error {
				return b.Store.PromoteKey(ctx, active, "b", at)
			}
		}},
		"promotes again": {"of many promotions at once one gets through", func(b *broken, _ db.Transactor) {
			b.promote = func(ctx context.Context, active, next string, at time.Time) error {
				_ = b.Store.PromoteKey(ctx, active, next, at)
				return nil
			}
		}},
		"promotes in a transaction of its own": {"a key needs a transaction", func(b *broken, tx db.Transactor) {
			b.promote = func(ctx context.Context, active, next string, at time.Time) error {
				return tx.InTx(ctx, func(ctx context.Context) error { return b.Store.PromoteKey(ctx, active, next, at) })
			}
		}},
		"promotes in spite of a rollback": {"a promotion that failed was never there", func(b *broken, tx db.Transactor) {
			b.promote = func(ctx context.Context, active, next string, at time.Time) error {
				again := func(ctx context.Context) {
					_ = tx.InTx(ctx, func(ctx context.Context) error { return b.Store.PromoteKey(ctx, active, next, at) })
				}
				return errors.Join(b.Store.PromoteKey(ctx, active, next, at), db.OnRollback(ctx, again))
			}
		}},
		"purges what still verifies": {"retired keys are purged by their time, and no others", func(b *broken, _ db.Transactor) {
			b.purgeKeys = func(ctx context.Context, retiredBy time.Time) (int, error) {
				return b.Store.PurgeKeys(ctx, retiredBy.Add(time.Second))
			}
		}},
		"offers only once": {"a setup is read as it was offered, in place of the one before", func(b *broken, _ db.Transactor) {
			b.offer = func(ctx context.Context, s, before domain.Setup) error {
				if _, err := b.Setup(ctx); err == nil {
					return db.ErrStale
				}
				return b.Store.OfferSetup(ctx, s, before)
			}
		}},
		"offers in place of anything": {"a setup is offered in place of the one that was read only", func(b *broken, _ db.Transactor) {
			b.offer = func(ctx context.Context, s, _ domain.Setup) error {
				there, _ := b.Setup(ctx)
				return b.Store.OfferSetup(ctx, s, there)
			}
		}},
		"the last of many offers wins": {"of many offers at once one gets through", func(b *broken, _ db.Transactor) {
			b.offer = func(ctx context.Context, s, _ domain.Setup) error {
				there, _ := b.Setup(ctx)
				return b.Store.OfferSetup(ctx, s, there)
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
				insertKey: m.InsertKey, keys: m.Keys, promote: m.PromoteKey, purgeKeys: m.PurgeKeys, offer: m.OfferSetup, complete: m.CompleteSetup,
			}
			c.sabotage(b, k.Tx)
			k.Store = b
			if err := storetest.Checks()[i].Run(t.Context(), k); err == nil {
				t.Error("the suite did not notice")
			}
		})
	}
}
