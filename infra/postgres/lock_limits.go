package postgres

import (
	"context"
	"errors"
	"time"

	"fxcell.dev/fxcell/db"
	"fxcell.dev/fxcell/durability"
	"fxcell.dev/fxcell/ratelimit"
)

// limiter counts attempts, each key in a row.
type limiter struct{ pool *leasePool }

var _ ratelimit.Limiter = limiter{}

// Durability is Persistent: attempts outlive this process, and the server.
func (limiter) Durability() durability.Grade { return durability.Persistent }

// takeAttempt counts in one statement, by one look at the clock: of $1 at most $2 in $3 seconds, or with pauses from $4 seconds to $5. It returns no row
// while there may be no attempt.
const (
	takeAttempt = `INSERT INTO fxcell.attempt AS a (key, n, blocked, until)
SELECT $1, s.* FROM (SELECT clock_timestamp() AS t OFFSET 0) c, LATERAL (SELECT 1 AS n, c.t + make_interval(secs => $3::float8) AS until) b, ` + afterAttempt + `
ON CONFLICT (key) DO UPDATE SET (n, blocked, until) = (
  SELECT s.* FROM (SELECT clock_timestamp() AS t OFFSET 0) c, LATERAL (
    SELECT CASE WHEN a.until <= c.t THEN 1 ELSE a.n + 1 END AS n,
      CASE WHEN a.until <= c.t OR $4::float8 > 0 THEN c.t + make_interval(secs => $3::float8) ELSE a.until END AS until
  ) b, ` + afterAttempt + `)
WHERE a.until <= clock_timestamp() OR a.blocked <= clock_timestamp()
RETURNING n`
	// afterAttempt is the row after the attempt b.n at c.t, when it is forgotten at b.until.
	afterAttempt = `LATERAL (
    SELECT make_interval(secs => least($5::float8, $4::float8 * power(2::float8, least(b.n - $2::int, 62)))) AS pause
  ) p, LATERAL (
    SELECT b.n, CASE WHEN b.n < $2::int THEN '-infinity' WHEN $4::float8 = 0 THEN b.until ELSE c.t + p.pause END AS blocked,
      CASE WHEN b.n < $2::int OR $4::float8 = 0 THEN b.until ELSE greatest(b.until, c.t + p.pause) END AS until
  ) s`
	waitAttempt  = `SELECT extract(epoch FROM blocked - clock_timestamp())::float8 FROM fxcell.attempt WHERE key = $1 AND blocked > clock_timestamp()`
	undoAttempt  = `UPDATE fxcell.attempt SET n = n - 1, blocked = '-infinity' WHERE key = $1 AND n > 0`
	resetAttempt = `DELETE FROM fxcell.attempt WHERE key = $1`
)

// Take implements ratelimit.Limiter.
func (l limiter) Take(ctx context.Context, key string, p ratelimit.Policy) (int, error) {
	if err := ratelimit.Check(key, p); err != nil {
		return 0, err
	}
	var n int
	err := l.pool.get(ctx, &n, takeAttempt, key, p.Limit, p.Window.Seconds(), p.Pause.Seconds(), p.MaxPause.Seconds())
	if !errors.Is(err, db.ErrNotFound) {
		return n, leaseError(ratelimit.ErrUnavailable, err)
	}
	var seconds float64
	err = l.pool.get(ctx, &seconds, waitAttempt, key)
	if err != nil && !errors.Is(err, db.ErrNotFound) { // without a row the wait has ended meanwhile
		return 0, leaseError(ratelimit.ErrUnavailable, err)
	}
	return 0, &ratelimit.LimitedError{RetryAfter: max(time.Duration(seconds*float64(time.Second)), time.Millisecond)}
}

// Undo implements ratelimit.Limiter.
func (l limiter) Undo(ctx context.Context, key string, p ratelimit.Policy) error {
	if err := ratelimit.Check(key, p); err != nil {
		return err
	}
	_, err := l.pool.change(ctx, undoAttempt, key)
	return leaseError(ratelimit.ErrUnavailable, err)
}

// Reset implements ratelimit.Limiter.
func (l limiter) Reset(ctx context.Context, key string) error {
	if err := ratelimit.CheckKey(key); err != nil {
		return err
	}
	_, err := l.pool.change(ctx, resetAttempt, key)
	return leaseError(ratelimit.ErrUnavailable, err)
}
