package redis

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"github.com/bsm/redislock"
	goredis "github.com/redis/go-redis/v9"

	"fxcell.dev/fxcell/durability"
	"fxcell.dev/fxcell/lock"
)

// locker keeps locks.
type locker struct{ *lock.Keeper }

var _ lock.Locker = locker{}

func newLocker(c *client) locker { return locker{lock.NewKeeper(leases{c})} }

// Durability is Persistent: the server lets a lock end when its holder has died. A lock that the server itself forgets is lost, which its holder is told.
func (locker) Durability() durability.Grade { return durability.Persistent }

// leases are the leases of locks, by redislock.
type leases struct{ client *client }

var _ lock.Leases = leases{}

var (
	// fenceLock counts the holders of a name, for who holds it now: the lock was obtained by another script, and may be another's since.
	fenceLock = goredis.NewScript(clock + `if redis.call('GET', KEYS[1]) ~= ARGV[1] then return '' end
local fence = int(math.max((tonumber(redis.call('GET', KEYS[2])) or 0) + 1, us))
redis.call('SET', KEYS[2], fence, 'PX', ARGV[2])
return fence`)
	unlock = goredis.NewScript(`if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end return 1`)
)

// keys are those of a name, with a part in braces that is the same in both and never empty: they stand on one node of a cluster.
func (l leases) keys(name string) []string {
	return []string{l.client.cfg.Prefix + "lock:{." + name + "}", l.client.cfg.Prefix + "fence:{." + name + "}"}
}

// Take implements lock.Leases.
func (l leases) Take(ctx context.Context, name string, ttl time.Duration) (lock.Lease, error) {
	on, err := l.client.conn()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", lock.ErrUnavailable, err)
	}
	keys, token := l.keys(name), rand.Text()
	held, err := redislock.New(on).Obtain(ctx, keys[0], ttl, &redislock.Options{Token: token})
	if errors.Is(err, redislock.ErrNotObtained) {
		return nil, lock.ErrHeld
	}
	fence := int64(0)
	if err == nil {
		fence, err = l.fence(ctx, on, keys, token, ttl)
	}
	if err == nil {
		return &lease{held, fence}, nil
	}
	detached, cancel := context.WithTimeout(context.WithoutCancel(ctx), givingBack)
	defer cancel()
	_ = unlock.Run(detached, on, keys[:1], token).Err() // otherwise its ttl passes
	return nil, unavailable(ctx, lock.ErrUnavailable, err)
}

var errOvertaken = errors.New("the lock was lost before it was counted")

func (l leases) fence(ctx context.Context, on goredis.UniversalClient, keys []string, token string, ttl time.Duration) (int64, error) {
	answer := fenceLock.Run(ctx, on, keys, token, ceil(ttl+fenceKept))
	if text, err := answer.Text(); err == nil && text == "" {
		return 0, errOvertaken
	}
	return answer.Int64()
}

// lease is a lock that was obtained.
type lease struct {
	held   *redislock.Lock
	number int64
}

// Fence implements lock.Lease.
func (l *lease) Fence() int64 { return l.number }

// Extend implements lock.Lease.
func (l *lease) Extend(ctx context.Context, ttl time.Duration) error {
	err := l.held.Refresh(ctx, ttl, nil)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, redislock.ErrNotObtained):
		return lock.ErrLost
	default:
		return unavailable(ctx, lock.ErrUnavailable, err)
	}
}

// Drop implements lock.Lease.
func (l *lease) Drop(ctx context.Context) error {
	err := l.held.Release(ctx)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, redislock.ErrLockNotHeld):
		return lock.ErrLost
	default:
		return unavailable(ctx, lock.ErrUnavailable, err)
	}
}
