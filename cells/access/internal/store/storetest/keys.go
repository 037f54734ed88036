package storetest

import (
	"context"
	"errors"
	"time"

	"fxcell.dev/cells/access/internal/domain"
	"fxcell.dev/fxcell/db"
	"fxcell.dev/fxcell/secret"
)

func keyChecks() []Check {
	return []Check{
		{"keys are read as they were inserted, oldest first", keysRoundTrip},
		{"a key that is not there is not found", keyNotFound},
		{"one key is active at a time, and one next", keyOnceAState},
		{"a promoted key is active, and the one before retired without its private half", keyPromoted},
		{"a key is promoted by those that stand in line only", keyPromotedStale},
		{"of many promotions at once one gets through", keyPromotedRace},
		{"a promotion that failed was never there", keyPromotionUndone},
		{"retired keys are purged by their time, and no others", keysPurged},
		{"a key id exists once", keyUnique},
		{"a key needs a transaction", keyOutside},
		{"a key belongs to the store, not to who reads it", keyIsolated},
	}
}

func key(id string, state domain.KeyState, created time.Time) domain.SigningKey {
	k := domain.SigningKey{
		ID: id, Algorithm: "EdDSA", Public: []byte("public " + id), Private: secret.Wrapped{KeyID: "kek", Data: []byte("wrapped " + id)},
		State: state, CreatedAt: created,
	}
	if state != domain.KeyNext {
		k.ActiveAt = created.Add(time.Minute)
	}
	if state == domain.KeyRetired {
		k.RetiredAt = created.Add(time.Hour)
	}
	return k
}

func (k Kit) addKey(ctx context.Context, one domain.SigningKey) error {
	return k.write(ctx, func(ctx context.Context) error { return k.Store.InsertKey(ctx, one) })
}

func keysRoundTrip(ctx context.Context, k Kit) error {
	newest, oldest, middle := key("a", domain.KeyActive, noon.Add(2*time.Minute)), key("b", domain.KeyRetired, noon), key("c", domain.KeyRetired, noon.Add(time.Minute))
	if err := errors.Join(k.addKey(ctx, newest), k.addKey(ctx, oldest), k.addKey(ctx, middle)); err != nil {
		return err
	}
	all, errAll := k.Store.Keys(ctx)
	one, errOne := k.Store.Key(ctx, "c")
	return errors.Join(errAll, errOne, wantEqual("keys", all, []domain.SigningKey{oldest, middle, newest}), wantEqual("key", one, middle))
}

func keyNotFound(ctx context.Context, k Kit) error {
	all, errAll := k.Store.Keys(ctx)
	_, errOne := k.Store.Key(ctx, "a")
	return errors.Join(errAll, wantEqual("number of keys", len(all), 0), wantError("read", errOne, db.ErrNotFound))
}

func keyOnceAState(ctx context.Context, k Kit) error {
	if err := errors.Join(k.addKey(ctx, key("a", domain.KeyActive, noon)), k.addKey(ctx, key("b", domain.KeyNext, noon))); err != nil {
		return err
	}
	return errors.Join(
		wantError("a second active key", k.addKey(ctx, key("c", domain.KeyActive, noon)), db.ErrUnique),
		wantError("a second next key", k.addKey(ctx, key("c", domain.KeyNext, noon)), db.ErrUnique),
		k.addKey(ctx, key("c", domain.KeyRetired, noon)), k.addKey(ctx, key("d", domain.KeyRetired, noon)),
	)
}

func keyUnique(ctx context.Context, k Kit) error {
	if err := k.addKey(ctx, key("a", domain.KeyRetired, noon)); err != nil {
		return err
	}
	return wantError("a second time", k.addKey(ctx, key("a", domain.KeyRetired, noon)), db.ErrUnique)
}

func keyOutside(ctx context.Context, k Kit) error {
	if err := errors.Join(k.addKey(ctx, key("b", domain.KeyActive, noon)), k.addKey(ctx, key("c", domain.KeyNext, noon))); err != nil {
		return err
	}
	_, errPurge := k.Store.PurgeKeys(ctx, noon.Add(time.Hour))
	return errors.Join(
		wantError("insert", k.Store.InsertKey(ctx, key("a", domain.KeyRetired, noon)), db.ErrNoTransaction),
		wantError("promote", k.Store.PromoteKey(ctx, "b", "c", noon), db.ErrNoTransaction),
		wantError("purge", errPurge, db.ErrNoTransaction),
	)
}

func keyIsolated(ctx context.Context, k Kit) error {
	inserted := key("a", domain.KeyActive, noon)
	if err := k.addKey(ctx, inserted); err != nil {
		return err
	}
	inserted.Public[0], inserted.Private.Data[0] = 'X', 'X'
	read, err := k.Store.Key(ctx, "a")
	if err != nil {
		return err
	}
	read.Public[0], read.Private.Data[0] = 'X', 'X'
	all, err := k.Store.Keys(ctx)
	return errors.Join(err, wantEqual("keys", all, []domain.SigningKey{key("a", domain.KeyActive, noon)}))
}
