package idempotency

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"fxcell.dev/fxcell/internal/renew"
)

// Terms are how long a key is claimed by Do.
type Terms struct {
	Lease     time.Duration // how long others wait for a holder that died; it is renewed while the effect runs; 30s when zero
	Retention time.Duration // how long what is done is remembered; 24h when zero
}

// last is how long Do takes at most to end a claim whose context has ended.
const last = time.Second

// Do runs the effect unless what the key stands for is done, then it returns ErrDone, or another is at it, then ErrBusy. While the effect runs the claim is
// renewed; when it is lost the context of the effect ends with ErrLost as its cause.
//
// An effect that returns nil is done. One that returns an error has done nothing: the key is given to who comes next, and the error is returned. An effect
// that has happened though it failed says so by returning nil, or is such that it may be repeated. When Do returns ErrLost or ErrUnavailable the effect may
// have happened, and may happen again.
func Do(ctx context.Context, c Claimer, key string, t Terms, effect func(ctx context.Context, fence int64) error) error {
	lease, retention := cmp.Or(t.Lease, 30*time.Second), cmp.Or(t.Retention, 24*time.Hour)
	if err := Check(key, min(lease, retention)); err != nil {
		return err
	}
	asked := time.Now()
	claim, err := c.Claim(ctx, key, lease)
	if err != nil {
		return err
	}
	bound, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	r := renew.Start(ctx, renew.Lease{
		TTL: lease, Since: asked, Gone: ErrLost,
		Extend: func(ctx context.Context) error { return claim.Renew(ctx, lease) },
		OnLost: func() { cancel(ErrLost) },
	})
	ended := false
	defer func() { // the effect has panicked, or ended its goroutine: what it did is not known, so the lease runs out by itself
		if !ended {
			r.Stop(ctx)
		}
	}()
	err = effect(bound, claim.Fence())
	ended = true
	ours := r.Stop(ctx)
	end, stop := context.WithTimeout(context.WithoutCancel(ctx), left(ctx))
	defer stop()
	if err == nil {
		if err := claim.Complete(end, retention); err != nil {
			return fmt.Errorf("idempotency: the effect happened, and may again: %w", err)
		}
		return nil
	}
	if released := claim.Release(end); !ours || released != nil {
		return errors.Join(err, cmp.Or(released, ErrLost))
	}
	return err
}

// left is how long a claim may take to end: until the deadline of ctx, or for the last moment when ctx has ended.
func left(ctx context.Context) time.Duration {
	if ctx.Err() != nil {
		return last
	}
	deadline, ok := ctx.Deadline()
	if !ok {
		return 10 * time.Second
	}
	return max(last, time.Until(deadline))
}
