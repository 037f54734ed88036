package redis

import (
	"context"
	"crypto/rand"
	"fmt"
	"strconv"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"fxcell.dev/fxcell/durability"
	"fxcell.dev/fxcell/idempotency"
)

// claimer keeps claims, each in a hash of its own: its fence, the token of its holder, until when, and whether it is done.
type claimer struct{ client *client }

var _ idempotency.Claimer = claimer{}

// Durability is Persistent: claims outlive this process. What the server itself forgets is done again, which the port allows.
func (claimer) Durability() durability.Grade { return durability.Persistent }

// fenceKept is how long a fence is remembered after its lease: a clock of the server that goes back by less harms nothing.
const fenceKept = time.Hour

// clock are the first lines of the scripts: the time of the server, in milliseconds. A fence is the time in microseconds, or one more than the last,
// whichever is greater: so it grows also when the server has forgotten the last.
const (
	clock = `local t = redis.call('TIME')
local us = t[1] * 1000000 + t[2]
local now = math.floor(us / 1000)
local function int(n) return string.format('%.0f', n) end
`
	holder = clock + `local h = redis.call('HMGET', KEYS[1], 'token', 'until', 'done')
if h[1] ~= ARGV[1] then return 0 end
local done, over = h[3] == '1', tonumber(h[2]) <= now
`
)

var (
	takeClaim = goredis.NewScript(clock + `local h = redis.call('HMGET', KEYS[1], 'fence', 'token', 'until', 'done')
if h[3] and tonumber(h[3]) > now then
  if h[4] == '1' then return 'done' end
  if h[2] == ARGV[1] then return h[1] end -- it asks again: the answer was lost
  return 'busy'
end
local fence = int(math.max((tonumber(h[1]) or 0) + 1, us))
redis.call('HSET', KEYS[1], 'fence', fence, 'token', ARGV[1], 'until', int(now + ARGV[2]), 'done', '0')
redis.call('PEXPIRE', KEYS[1], int(ARGV[2] + ARGV[3]))
return fence`)
	renewClaim = goredis.NewScript(holder + `if done or over then return 0 end
redis.call('HSET', KEYS[1], 'until', int(now + ARGV[2]))
redis.call('PEXPIRE', KEYS[1], int(ARGV[2] + ARGV[3]))
return 1`)
	completeClaim = goredis.NewScript(holder + `if over and not done then return 0 end
redis.call('HSET', KEYS[1], 'until', int(now + ARGV[2]), 'done', '1')
redis.call('PEXPIRE', KEYS[1], int(ARGV[2] + ARGV[3]))
return 1`)
	releaseClaim = goredis.NewScript(holder + `if done then return 1 end
if over then return 0 end
redis.call('HSET', KEYS[1], 'until', '0')
redis.call('PEXPIRE', KEYS[1], int(ARGV[3]))
return 1`)
)

// Claim implements idempotency.Claimer.
func (c claimer) Claim(ctx context.Context, key string, lease time.Duration) (idempotency.Claim, error) {
	if err := idempotency.Check(key, lease); err != nil {
		return nil, err
	}
	if err := context.Cause(ctx); err != nil {
		return nil, fmt.Errorf("redis: claim: %w", err)
	}
	k := &claim{client: c.client, key: c.client.cfg.Prefix + "claim:" + key, token: rand.Text()}
	on, err := c.client.conn()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", idempotency.ErrUnavailable, err)
	}
	answer, err := takeClaim.Run(ctx, on, []string{k.key}, k.args(lease)...).Text()
	switch {
	case err != nil:
		k.giveBack(ctx, on)
		return nil, unavailable(ctx, idempotency.ErrUnavailable, err)
	case answer == "done":
		return nil, idempotency.ErrDone
	case answer == "busy":
		return nil, idempotency.ErrBusy
	}
	if k.fence, err = strconv.ParseInt(answer, 10, 64); err != nil {
		return nil, fmt.Errorf("%w: the server answered no fence", idempotency.ErrUnavailable)
	}
	return k, nil
}

// claim is a key that somebody has claimed.
type claim struct {
	client *client
	key    string
	token  string
	fence  int64
}

var _ idempotency.Claim = (*claim)(nil)

func (c *claim) args(length time.Duration) []any {
	return []any{c.token, ceil(length), ceil(fenceKept)}
}

// ceil is a duration in whole milliseconds, and never less.
func ceil(d time.Duration) int64 { return (d + time.Millisecond - 1).Milliseconds() }

// givingBack is how long it takes at most to give back what may have been taken.
const givingBack = time.Second

// giveBack releases what a call whose answer was lost may have claimed.
func (c *claim) giveBack(ctx context.Context, on goredis.UniversalClient) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), givingBack)
	defer cancel()
	_ = releaseClaim.Run(ctx, on, []string{c.key}, c.args(0)...).Err() // otherwise its lease runs out
}

// Fence implements idempotency.Claim.
func (c *claim) Fence() int64 { return c.fence }

// Renew implements idempotency.Claim.
func (c *claim) Renew(ctx context.Context, lease time.Duration) error {
	if err := idempotency.CheckLength(lease); err != nil {
		return err
	}
	return c.run(ctx, renewClaim, lease)
}

// Complete implements idempotency.Claim.
func (c *claim) Complete(ctx context.Context, retention time.Duration) error {
	if err := idempotency.CheckLength(retention); err != nil {
		return err
	}
	return c.run(ctx, completeClaim, retention)
}

// Release implements idempotency.Claim.
func (c *claim) Release(ctx context.Context) error { return c.run(ctx, releaseClaim, 0) }

func (c *claim) run(ctx context.Context, script *goredis.Script, length time.Duration) error {
	on, err := c.client.conn()
	if err != nil {
		return fmt.Errorf("%w: %w", idempotency.ErrUnavailable, err)
	}
	held, err := script.Run(ctx, on, []string{c.key}, c.args(length)...).Bool()
	switch {
	case err != nil:
		return unavailable(ctx, idempotency.ErrUnavailable, err)
	case !held:
		return idempotency.ErrLost
	default:
		return nil
	}
}
