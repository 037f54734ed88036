package memory

import (
	"context"
	"fmt"
	"time"

	"fxcell.dev/fxcell/durability"
	"fxcell.dev/fxcell/ratelimit"
)

// limiter counts attempts.
type limiter struct{ *leases }

var _ ratelimit.Limiter = limiter{}

func newLimiter(cfg Config) (limiter, error) {
	if err := cfg.Validate(); err != nil {
		return limiter{}, err
	}
	return limiter{newLeases(cfg.WithDefaults().AttemptCapacity)}, nil
}

// Durability is Volatile: attempts are forgotten with the process.
func (limiter) Durability() durability.Grade { return durability.Volatile }

// Take implements ratelimit.Limiter.
func (l limiter) Take(_ context.Context, key string, p ratelimit.Policy) (count int, err error) {
	if err := ratelimit.Check(key, p); err != nil {
		return 0, err
	}
	var wait time.Duration
	full := l.attempt(key, func(r *leaseRow, now time.Time) {
		if wait = r.blocked.Sub(now); wait <= 0 {
			count = r.try(p, now)
		}
	})
	switch {
	case full != nil:
		return 0, fmt.Errorf("%w: %w", ratelimit.ErrUnavailable, full)
	case wait > 0:
		return 0, &ratelimit.LimitedError{RetryAfter: wait}
	default:
		return count, nil
	}
}

// try counts an attempt that may be made.
func (r *leaseRow) try(p ratelimit.Policy, now time.Time) int {
	r.count++
	if r.count == 1 || p.Pause > 0 {
		r.until = now.Add(p.Window)
	}
	switch {
	case r.count < p.Limit:
	case p.Pause == 0:
		r.blocked = r.until
	default:
		r.blocked = now.Add(p.PauseAfter(r.count))
		if r.until.Before(r.blocked) {
			r.until = r.blocked
		}
	}
	return r.count
}

// Undo implements ratelimit.Limiter.
func (l limiter) Undo(_ context.Context, key string, p ratelimit.Policy) error {
	if err := ratelimit.Check(key, p); err != nil {
		return err
	}
	l.change(key, 0, func(r *leaseRow) { // rows of attempts have no fence
		if r.blocked = (time.Time{}); r.count > 0 {
			r.count--
		}
	})
	return nil
}

// Reset implements ratelimit.Limiter.
func (l limiter) Reset(_ context.Context, key string) error {
	if err := ratelimit.CheckKey(key); err != nil {
		return err
	}
	l.drop(key)
	return nil
}
