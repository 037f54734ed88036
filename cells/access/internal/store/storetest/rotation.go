package storetest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"fxcell.dev/cells/access/internal/domain"
	"fxcell.dev/fxcell/db"
	"fxcell.dev/fxcell/secret"
)

// promotedAt is when the checks promote.
var promotedAt = noon.Add(24 * time.Hour)

func (k Kit) promote(ctx context.Context, active, next string) error {
	return k.write(ctx, func(ctx context.Context) error { return k.Store.PromoteKey(ctx, active, next, promotedAt) })
}

// line adds an active key a, the next one b, and a retired one r.
func (k Kit) line(ctx context.Context) error {
	return errors.Join(k.addKey(ctx, key("r", domain.KeyRetired, noon.Add(-time.Hour))),
		k.addKey(ctx, key("a", domain.KeyActive, noon)), k.addKey(ctx, key("b", domain.KeyNext, noon.Add(time.Minute))))
}

func (k Kit) readsKeys(ctx context.Context, want ...domain.SigningKey) error {
	got, err := k.Store.Keys(ctx)
	return errors.Join(err, wantEqual("keys", got, want))
}

// inLine is what line adds.
func inLine() []domain.SigningKey {
	return []domain.SigningKey{
		key("r", domain.KeyRetired, noon.Add(-time.Hour)), key("a", domain.KeyActive, noon), key("b", domain.KeyNext, noon.Add(time.Minute)),
	}
}

func keyPromoted(ctx context.Context, k Kit) error {
	if err := errors.Join(k.line(ctx), k.promote(ctx, "a", "b")); err != nil {
		return err
	}
	want := inLine()
	want[1].State, want[1].RetiredAt, want[1].Private = domain.KeyRetired, promotedAt, secret.Wrapped{}
	want[2].State, want[2].ActiveAt = domain.KeyActive, promotedAt
	return errors.Join(k.readsKeys(ctx, want...), k.addKey(ctx, key("c", domain.KeyNext, noon)))
}

func keyPromotedStale(ctx context.Context, k Kit) error {
	if err := k.line(ctx); err != nil {
		return err
	}
	return errors.Join(
		wantError("a retired one in the place of the next", k.promote(ctx, "a", "r"), db.ErrStale),
		wantError("a retired one in the place of the active", k.promote(ctx, "r", "b"), db.ErrStale),
		wantError("the other way round", k.promote(ctx, "b", "a"), db.ErrStale),
		wantError("none that is next", k.promote(ctx, "a", "x"), db.ErrStale),
		wantError("none that is active", k.promote(ctx, "x", "b"), db.ErrStale),
		wantError("the active one by itself", k.promote(ctx, "a", "a"), db.ErrStale),
		k.readsKeys(ctx, inLine()...),
		k.promote(ctx, "a", "b"),
		wantError("a second time", k.promote(ctx, "a", "b"), db.ErrStale),
	)
}

func keyPromotedRace(ctx context.Context, k Kit) error {
	if err := k.line(ctx); err != nil {
		return err
	}
	var won atomic.Int64
	var all sync.WaitGroup
	for range 16 {
		all.Go(func() {
			if k.promote(ctx, "a", "b") == nil {
				won.Add(1)
			}
		})
	}
	all.Wait()
	if won.Load() != 1 {
		return fmt.Errorf("%d promotions got through", won.Load())
	}
	return nil
}

func keyPromotionUndone(ctx context.Context, k Kit) error {
	if err := k.line(ctx); err != nil {
		return err
	}
	err := k.undone(ctx, func(ctx context.Context) error { return k.Store.PromoteKey(ctx, "a", "b", promotedAt) })
	return errors.Join(err, k.readsKeys(ctx, inLine()...))
}

func keysPurged(ctx context.Context, k Kit) error {
	if err := errors.Join(k.line(ctx), k.addKey(ctx, key("s", domain.KeyRetired, noon))); err != nil {
		return err
	}
	purge := func(retiredBy time.Time, want int) error {
		var got int
		err := k.write(ctx, func(ctx context.Context) (err error) {
			got, err = k.Store.PurgeKeys(ctx, retiredBy)
			return err
		})
		return errors.Join(err, wantEqual("number of keys purged", got, want))
	}
	left := inLine()
	return errors.Join( // r is retired since noon, s since an hour later
		purge(noon.Add(-time.Microsecond), 0), purge(noon, 1), purge(noon.Add(time.Hour-time.Microsecond), 0),
		k.readsKeys(ctx, left[1], key("s", domain.KeyRetired, noon), left[2]),
		purge(noon.Add(1000*time.Hour), 1), k.readsKeys(ctx, left[1], left[2]),
	)
}
