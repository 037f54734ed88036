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
)

func setupChecks() []Check {
	return []Check{
		{"a setup is read as it was offered, in place of the one before", setupRoundTrip},
		{"a setup is offered in place of the one that was read only", setupOfferedStale},
		{"of many offers at once one gets through", setupOfferedRace},
		{"a setup that was never offered is not found", setupNotFound},
		{"a setup is completed once, and for ever", setupCompletedOnce},
		{"a setup is completed by its own token only", setupOwnToken},
		{"of many completions at once one gets through", setupRace},
		{"a completion that failed was never there", setupUndone},
		{"a setup needs a transaction", setupOutside},
	}
}

func offer(n byte) domain.Setup {
	return domain.Setup{TokenHash: [32]byte{n}, ExpiresAt: noon.Add(time.Duration(n) * time.Hour)}
}

func (k Kit) offer(ctx context.Context, s domain.Setup) error {
	return k.offerInstead(ctx, s, domain.Setup{})
}

func (k Kit) offerInstead(ctx context.Context, s, before domain.Setup) error {
	return k.write(ctx, func(ctx context.Context) error { return k.Store.OfferSetup(ctx, s, before) })
}

func (k Kit) complete(ctx context.Context, s domain.Setup) error {
	return k.write(ctx, func(ctx context.Context) error { return k.Store.CompleteSetup(ctx, s, noon) })
}

func (k Kit) readsSetup(ctx context.Context, want domain.Setup) error {
	got, err := k.Store.Setup(ctx)
	return errors.Join(err, wantEqual("setup", got, want))
}

func setupRoundTrip(ctx context.Context, k Kit) error {
	if err := errors.Join(k.offer(ctx, offer(1)), k.readsSetup(ctx, offer(1))); err != nil {
		return err
	}
	return errors.Join(k.offerInstead(ctx, offer(2), offer(1)), k.readsSetup(ctx, offer(2)))
}

func setupOfferedStale(ctx context.Context, k Kit) error {
	none := wantError("in place of what never was", k.offerInstead(ctx, offer(2), offer(1)), db.ErrStale)
	if err := errors.Join(none, k.offer(ctx, offer(1))); err != nil {
		return err
	}
	return errors.Join(
		wantError("in place of none", k.offer(ctx, offer(2)), db.ErrStale),
		wantError("in place of another one", k.offerInstead(ctx, offer(2), offer(3)), db.ErrStale),
		k.readsSetup(ctx, offer(1)),
	)
}

func setupOfferedRace(ctx context.Context, k Kit) error {
	round := func(before domain.Setup, from byte) error {
		var won atomic.Int64
		var all sync.WaitGroup
		for i := range byte(16) {
			all.Go(func() {
				if k.offerInstead(ctx, offer(from+i), before) == nil {
					won.Add(1)
				}
			})
		}
		all.Wait()
		return wantEqual("number of offers that got through", won.Load(), int64(1))
	}
	if err := round(domain.Setup{}, 1); err != nil {
		return err
	}
	before, err := k.Store.Setup(ctx)
	return errors.Join(err, round(before, 101))
}

func setupNotFound(ctx context.Context, k Kit) error {
	_, err := k.Store.Setup(ctx)
	return errors.Join(wantError("read", err, db.ErrNotFound), wantError("complete", k.complete(ctx, offer(1)), db.ErrStale))
}

func setupCompletedOnce(ctx context.Context, k Kit) error {
	if err := errors.Join(k.offer(ctx, offer(1)), k.complete(ctx, offer(1))); err != nil {
		return err
	}
	completed := offer(1)
	completed.CompletedAt = noon
	return errors.Join(
		wantError("a second time", k.complete(ctx, offer(1)), db.ErrStale),
		wantError("another offer", k.offer(ctx, offer(2)), db.ErrStale),
		wantError("another offer in place of the completed one", k.offerInstead(ctx, offer(2), completed), db.ErrStale),
		k.readsSetup(ctx, completed),
	)
}

func setupOwnToken(ctx context.Context, k Kit) error {
	if err := k.offer(ctx, offer(2)); err != nil {
		return err
	}
	return errors.Join(wantError("another token", k.complete(ctx, offer(1)), db.ErrStale), k.readsSetup(ctx, offer(2)))
}

func setupRace(ctx context.Context, k Kit) error {
	if err := k.offer(ctx, offer(1)); err != nil {
		return err
	}
	var won atomic.Int64
	var all sync.WaitGroup
	for range 50 {
		all.Go(func() {
			if k.complete(ctx, offer(1)) == nil {
				won.Add(1)
			}
		})
	}
	all.Wait()
	if won.Load() != 1 {
		return fmt.Errorf("%d completions got through", won.Load())
	}
	return nil
}

func setupUndone(ctx context.Context, k Kit) error {
	if err := k.offer(ctx, offer(1)); err != nil {
		return err
	}
	err := k.undone(ctx, func(ctx context.Context) error { return k.Store.CompleteSetup(ctx, offer(1), noon) })
	return errors.Join(err, k.readsSetup(ctx, offer(1)), k.complete(ctx, offer(1)))
}

func setupOutside(ctx context.Context, k Kit) error {
	errOffer := k.Store.OfferSetup(ctx, offer(1), domain.Setup{})
	if err := k.offer(ctx, offer(1)); err != nil {
		return err
	}
	return errors.Join(wantError("offer", errOffer, db.ErrNoTransaction),
		wantError("complete", k.Store.CompleteSetup(ctx, offer(1), noon), db.ErrNoTransaction))
}
