package postgres

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"fxcell.dev/fxcell/db"
	"fxcell.dev/fxcell/durability"
	"fxcell.dev/fxcell/idempotency"
)

// claimer keeps claims, each in a row.
type claimer struct{ pool *leasePool }

var _ idempotency.Claimer = claimer{}

// Durability is Persistent: claims outlive this process, and the server.
func (claimer) Durability() durability.Grade { return durability.Persistent }

// Statements of claims: see those of locks.
const (
	takeClaim = `INSERT INTO fxcell.claim AS c (key, token, fence, until)
VALUES ($1, $2, ` + microseconds + `, clock_timestamp() + make_interval(secs => $3))
ON CONFLICT (key) DO UPDATE
SET token = excluded.token, fence = greatest(c.fence + 1, excluded.fence), until = clock_timestamp() + make_interval(secs => $3), done = false
WHERE c.until <= clock_timestamp()
RETURNING fence`
	doneClaim  = `SELECT EXISTS (SELECT FROM fxcell.claim WHERE key = $1 AND done AND until > clock_timestamp())`
	renewClaim = `UPDATE fxcell.claim SET until = clock_timestamp() + make_interval(secs => $3)
WHERE key = $1 AND token = $2 AND NOT done AND until > clock_timestamp()`
	completeClaim = `UPDATE fxcell.claim SET done = true, until = clock_timestamp() + make_interval(secs => $3)
WHERE key = $1 AND token = $2 AND (done OR until > clock_timestamp())`
	releaseClaim = `UPDATE fxcell.claim SET until = CASE WHEN done THEN until ELSE clock_timestamp() END
WHERE key = $1 AND token = $2 AND (done OR until > clock_timestamp())`
)

// Claim implements idempotency.Claimer.
func (c claimer) Claim(ctx context.Context, key string, lease time.Duration) (idempotency.Claim, error) {
	if err := idempotency.Check(key, lease); err != nil {
		return nil, err
	}
	if err := context.Cause(ctx); err != nil {
		return nil, fmt.Errorf("postgres: claim: %w", err)
	}
	made := &heldClaim{pool: c.pool, key: key, token: rand.Text()}
	err := c.pool.get(ctx, &made.fence, takeClaim, key, made.token, lease.Seconds())
	switch {
	case err == nil:
		return made, nil
	case !errors.Is(err, db.ErrNotFound):
		c.pool.giveBack(ctx, releaseClaim, key, made.token)
		return nil, leaseError(idempotency.ErrUnavailable, err)
	}
	var done bool
	if err := c.pool.get(ctx, &done, doneClaim, key); err != nil {
		return nil, leaseError(idempotency.ErrUnavailable, err)
	}
	if done {
		return nil, idempotency.ErrDone
	}
	return nil, idempotency.ErrBusy // also when it has ended meanwhile: who asks again is told
}

// heldClaim is a key that somebody has claimed.
type heldClaim struct {
	pool       *leasePool
	key, token string
	fence      int64
}

var _ idempotency.Claim = (*heldClaim)(nil)

// Fence implements idempotency.Claim.
func (c *heldClaim) Fence() int64 { return c.fence }

// Renew implements idempotency.Claim.
func (c *heldClaim) Renew(ctx context.Context, lease time.Duration) error {
	if err := idempotency.CheckLength(lease); err != nil {
		return err
	}
	return c.change(ctx, renewClaim, c.key, c.token, lease.Seconds())
}

// Complete implements idempotency.Claim.
func (c *heldClaim) Complete(ctx context.Context, retention time.Duration) error {
	if err := idempotency.CheckLength(retention); err != nil {
		return err
	}
	return c.change(ctx, completeClaim, c.key, c.token, retention.Seconds())
}

// Release implements idempotency.Claim.
func (c *heldClaim) Release(ctx context.Context) error {
	return c.change(ctx, releaseClaim, c.key, c.token)
}

func (c *heldClaim) change(ctx context.Context, statement string, args ...any) error {
	ours, err := c.pool.change(ctx, statement, args...)
	switch {
	case err != nil:
		return leaseError(idempotency.ErrUnavailable, err)
	case !ours:
		return idempotency.ErrLost
	default:
		return nil
	}
}
