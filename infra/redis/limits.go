package redis

import (
	"context"
	"fmt"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"fxcell.dev/fxcell/durability"
	"fxcell.dev/fxcell/ratelimit"
)

// limiter counts attempts, each key in a hash of its own: how many, until when there may be none, and when they are forgotten.
type limiter struct{ client *client }

var _ ratelimit.Limiter = limiter{}

// Durability is Persistent: attempts are counted for all processes, and outlive this one. What the server itself forgets may be tried again.
func (limiter) Durability() durability.Grade { return durability.Persistent }

var (
	takeAttempt = goredis.NewScript(clock + `local h = redis.call('HMGET', KEYS[1], 'n', 'blocked', 'ends')
local limit, window, pause, longest = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local n, blocked, ends = tonumber(h[1]) or 0, tonumber(h[2]) or 0, tonumber(h[3]) or 0
if ends <= now then n, blocked, ends = 0, 0, 0 end
if blocked > now then return {0, blocked - now} end
n = n + 1
if n == 1 or pause > 0 then ends = now + window end
if n >= limit and pause == 0 then blocked = ends end
if n >= limit and pause > 0 then
  for _ = 1, n - limit do
    pause = math.min(pause * 2, longest)
    if pause == longest then break end
  end
  blocked = now + pause
  ends = math.max(ends, blocked)
end
redis.call('HSET', KEYS[1], 'n', n, 'blocked', int(blocked), 'ends', int(ends))
redis.call('PEXPIRE', KEYS[1], int(ends - now))
return {n, 0}`)
	undoAttempt = goredis.NewScript(`local n = tonumber(redis.call('HGET', KEYS[1], 'n') or 0)
if n > 0 then redis.call('HSET', KEYS[1], 'n', n - 1, 'blocked', 0) end
return n`)
)

func (l limiter) key(key string) string { return l.client.cfg.Prefix + "attempt:" + key }

// Take implements ratelimit.Limiter. An attempt whose answer was lost may be counted twice.
func (l limiter) Take(ctx context.Context, key string, p ratelimit.Policy) (int, error) {
	if err := ratelimit.Check(key, p); err != nil {
		return 0, err
	}
	on, err := l.client.conn()
	if err != nil {
		return 0, fmt.Errorf("%w: %w", ratelimit.ErrUnavailable, err)
	}
	answer, err := takeAttempt.Run(ctx, on, []string{l.key(key)}, p.Limit, ceil(p.Window), ceil(p.Pause), ceil(p.MaxPause)).Int64Slice()
	switch {
	case err != nil:
		return 0, unavailable(ctx, ratelimit.ErrUnavailable, err)
	case len(answer) != 2:
		return 0, fmt.Errorf("%w: the server answered no count", ratelimit.ErrUnavailable)
	case answer[1] > 0:
		return 0, &ratelimit.LimitedError{RetryAfter: time.Duration(answer[1]) * time.Millisecond}
	default:
		return int(answer[0]), nil
	}
}

// Undo implements ratelimit.Limiter.
func (l limiter) Undo(ctx context.Context, key string, p ratelimit.Policy) error {
	if err := ratelimit.Check(key, p); err != nil {
		return err
	}
	return l.do(ctx, func(on goredis.UniversalClient) error { return undoAttempt.Run(ctx, on, []string{l.key(key)}).Err() })
}

// Reset implements ratelimit.Limiter.
func (l limiter) Reset(ctx context.Context, key string) error {
	if err := ratelimit.CheckKey(key); err != nil {
		return err
	}
	return l.do(ctx, func(on goredis.UniversalClient) error { return on.Del(ctx, l.key(key)).Err() })
}

func (l limiter) do(ctx context.Context, command func(on goredis.UniversalClient) error) error {
	on, err := l.client.conn()
	if err != nil {
		return fmt.Errorf("%w: %w", ratelimit.ErrUnavailable, err)
	}
	if err := command(on); err != nil {
		return unavailable(ctx, ratelimit.ErrUnavailable, err)
	}
	return nil
}
