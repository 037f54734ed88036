package memory

import (
	"context"
	"fmt"
	"time"

	"fxcell.dev/fxcell/durability"
	"fxcell.dev/fxcell/idempotency"
)

// claimer keeps what is being done and what is done.
type claimer struct{ *leases }

var _ idempotency.Claimer = claimer{}

func newClaimer(cfg Config) (claimer, error) {
	if err := cfg.Validate(); err != nil {
		return claimer{}, err
	}
	return claimer{newLeases(cfg.WithDefaults().ClaimCapacity)}, nil
}

// Durability is Volatile: claims end with the process.
func (claimer) Durability() durability.Grade { return durability.Volatile }

// Claim implements idempotency.Claimer.
func (c claimer) Claim(ctx context.Context, key string, lease time.Duration) (idempotency.Claim, error) {
	if err := idempotency.Check(key, lease); err != nil {
		return nil, err
	}
	if err := context.Cause(ctx); err != nil {
		return nil, fmt.Errorf("memory: claim: %w", err)
	}
	fence, taken, err := c.take(key, lease)
	switch {
	case err != nil:
		return nil, fmt.Errorf("%w: %w", idempotency.ErrUnavailable, err)
	case taken != nil && taken.done:
		return nil, idempotency.ErrDone
	case taken != nil:
		return nil, idempotency.ErrBusy
	}
	return &heldClaim{c.leases, key, fence}, nil
}

// heldClaim is a key that somebody has claimed.
type heldClaim struct {
	leases *leases
	key    string
	fence  int64
}

var _ idempotency.Claim = (*heldClaim)(nil)

// Fence implements idempotency.Claim.
func (c *heldClaim) Fence() int64 { return c.fence }

// Renew implements idempotency.Claim.
func (c *heldClaim) Renew(_ context.Context, lease time.Duration) error {
	if err := idempotency.CheckLength(lease); err != nil {
		return err
	}
	renewed := false
	c.leases.change(c.key, c.fence, func(r *leaseRow) {
		if renewed = !r.done; renewed {
			c.leases.end(r, lease)
		}
	})
	return lostUnless(renewed)
}

// Complete implements idempotency.Claim.
func (c *heldClaim) Complete(_ context.Context, retention time.Duration) error {
	if err := idempotency.CheckLength(retention); err != nil {
		return err
	}
	return lostUnless(c.leases.change(c.key, c.fence, func(r *leaseRow) {
		r.done = true
		c.leases.end(r, retention)
	}))
}

// Release implements idempotency.Claim.
func (c *heldClaim) Release(context.Context) error {
	return lostUnless(c.leases.change(c.key, c.fence, func(r *leaseRow) {
		if !r.done {
			c.leases.end(r, 0)
		}
	}))
}

func lostUnless(held bool) error {
	if held {
		return nil
	}
	return idempotency.ErrLost
}
