package keys

import (
	"context"
	"errors"
	"fmt"

	"fxcell.dev/cells/access/internal/domain"
	"fxcell.dev/fxcell/db"
)

// Round says what a round of rotation changed. Of many processes, the one that made a change says so.
type Round struct {
	Made     string // the id of the key that is next from now on
	Promoted string // the id of the key that signs from now on
	Retired  string // the id of the key that signed before
	Purged   int    // how many keys were forgotten, because every token that they signed has ended
}

// Rotate does what is due: it forgets what verifies no more, promotes the next key when the active one has signed long enough and the next one has
// been known long enough, and makes a next key when there is none. At last it reads the ring.
func (r *Ring) Rotate(ctx context.Context) (Round, error) {
	var round Round
	all, err := r.store.Keys(ctx)
	if err != nil {
		return round, fmt.Errorf("keys: read: %w", err)
	}
	if round.Purged, err = r.purge(ctx, all); err != nil {
		return round, fmt.Errorf("keys: purge: %w", err)
	}
	active, _ := keyIn(all, domain.KeyActive)
	next, waits := keyIn(all, domain.KeyNext)
	if active.ID == "" { // somebody took it away
		if round.Promoted, err = r.add(ctx, domain.KeyActive); err != nil {
			return round, err
		}
	}
	if r.due(active, next) {
		promoted, err := r.promote(ctx, active.ID, next.ID)
		if err != nil {
			return round, fmt.Errorf("keys: promote: %w", err)
		}
		if promoted {
			round.Retired, round.Promoted = active.ID, next.ID
		}
		waits = false // by us or by another process
	}
	if !waits {
		if round.Made, err = r.add(ctx, domain.KeyNext); err != nil {
			return round, err
		}
	}
	return round, r.Reload(ctx)
}

// due reports whether the next key takes over. It was known to every process for ReloadEvery less than it was there.
func (r *Ring) due(active, next domain.SigningKey) bool {
	now := r.clock.Now()
	return active.State == domain.KeyActive && next.State == domain.KeyNext &&
		!now.Before(active.ActiveAt.Add(r.options.RotateEvery)) && !now.Before(next.CreatedAt.Add(r.options.Ahead+ReloadEvery))
}

// promote reports whether this process did it, and not another one.
func (r *Ring) promote(ctx context.Context, active, next string) (bool, error) {
	err := r.tx.InTx(ctx, func(ctx context.Context) error {
		return r.store.PromoteKey(ctx, active, next, r.clock.Now().Truncate(domain.TimeGrain))
	})
	if errors.Is(err, db.ErrStale) {
		return false, nil
	}
	return err == nil, err
}

func (r *Ring) purge(ctx context.Context, all []domain.SigningKey) (purged int, err error) {
	now, ended := r.clock.Now(), false
	for _, k := range all {
		ended = ended || !k.Verifies(now, r.options.Keep)
	}
	if !ended { // the usual case needs no transaction
		return 0, nil
	}
	err = r.tx.InTx(ctx, func(ctx context.Context) error {
		purged, err = r.store.PurgeKeys(ctx, now.Add(-r.options.Keep))
		return err
	})
	return purged, err
}
