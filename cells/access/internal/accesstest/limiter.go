package accesstest

import (
	"context"
	"sync"
	"time"

	"fxcell.dev/fxcell/durability"
	"fxcell.dev/fxcell/ratelimit"
)

// Limiter counts attempts in a map.
type Limiter struct {
	mu      sync.Mutex
	rows    map[string]tally
	fault   error
	allowed int
}

type tally struct {
	n             int
	blocked, ends time.Time
}

var _ ratelimit.Limiter = (*Limiter)(nil)

// NewLimiter returns a limiter that has counted nothing.
func NewLimiter() *Limiter { return &Limiter{rows: map[string]tally{}} }

// Fail makes every further call return err, until it is nil.
func (l *Limiter) Fail(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.fault = err
}

// Allowed returns how many attempts were counted, also those that were forgotten since.
func (l *Limiter) Allowed() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.allowed
}

// Counted returns how many attempts each key has.
func (l *Limiter) Counted() map[string]int {
	l.mu.Lock()
	defer l.mu.Unlock()
	out := map[string]int{}
	for key, r := range l.rows {
		if r.n > 0 {
			out[key] = r.n
		}
	}
	return out
}

// Durability implements durability.Stated.
func (*Limiter) Durability() durability.Grade { return durability.Volatile }

// Take implements ratelimit.Limiter.
func (l *Limiter) Take(_ context.Context, key string, p ratelimit.Policy) (int, error) {
	if err := ratelimit.Check(key, p); err != nil {
		return 0, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.fault != nil {
		return 0, l.fault
	}
	now := time.Now()
	r := l.rows[key]
	if !now.Before(r.ends) {
		r = tally{}
	}
	if wait := r.blocked.Sub(now); wait > 0 {
		return 0, &ratelimit.LimitedError{RetryAfter: wait}
	}
	r.n++
	if r.n == 1 || p.Pause > 0 {
		r.ends = now.Add(p.Window)
	}
	switch {
	case r.n < p.Limit:
	case p.Pause == 0:
		r.blocked = r.ends
	default:
		r.blocked = now.Add(p.PauseAfter(r.n))
		if r.ends.Before(r.blocked) {
			r.ends = r.blocked
		}
	}
	l.rows[key] = r
	l.allowed++
	return r.n, nil
}

// Undo implements ratelimit.Limiter.
func (l *Limiter) Undo(_ context.Context, key string, p ratelimit.Policy) error {
	if err := ratelimit.Check(key, p); err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if r := l.rows[key]; r.n > 0 && l.fault == nil {
		l.rows[key] = tally{n: r.n - 1, ends: r.ends}
	}
	return l.fault
}

// Reset implements ratelimit.Limiter.
func (l *Limiter) Reset(_ context.Context, key string) error {
	if err := ratelimit.CheckKey(key); err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.fault == nil {
		delete(l.rows, key)
	}
	return l.fault
}
