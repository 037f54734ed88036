package redis

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"
	"sync/atomic"

	goredis "github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/logging"
	"go.uber.org/zap"

	"fxcell.dev/fxcell/health"
)

// client is the connections to one server, or to one cluster. It has none before open.
type client struct {
	cfg     Config
	target  target
	options *goredis.UniversalOptions
	log     *zap.Logger
	opened  atomic.Pointer[goredis.UniversalClient]
}

var errNotOpen = errors.New("redis: not open: before the start, or after the stop")

func newClient(cfg Config, log *zap.Logger) (*client, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	cfg = cfg.withDefaults()
	t, _ := cfg.target()
	o, err := cfg.options(t)
	if err != nil {
		return nil, err
	}
	return &client{cfg: cfg, target: t, options: o, log: log}, nil
}

// open connects, and refuses a server that cannot keep what this package promises.
func (c *client) open(ctx context.Context) error {
	logging.Disable() // of the driver: it returns what it would print
	made := goredis.NewUniversalClient(c.options)
	if err := c.accept(ctx, made); err != nil {
		return errors.Join(fmt.Errorf("redis: open %v: %w", c.target, err), made.Close())
	}
	c.opened.Store(&made)
	return nil
}

func (c *client) close(context.Context) error {
	if made := c.opened.Swap(nil); made != nil {
		if err := (*made).Close(); err != nil {
			return fmt.Errorf("redis: close %v: %w", c.target, err)
		}
	}
	return nil
}

// conn returns the open connections.
func (c *client) conn() (goredis.UniversalClient, error) {
	if made := c.opened.Load(); made != nil {
		return *made, nil
	}
	return nil, errNotOpen
}

// probe writes something, by a script: what a server that only reads, that is full or that allows no scripts cannot do.
var probe = goredis.NewScript(`redis.call('TIME') return redis.call('SET', KEYS[1], '', 'PX', 1000)`)

func (c *client) probe(ctx context.Context, on goredis.UniversalClient) error {
	if err := probe.Run(ctx, on, []string{c.cfg.Prefix + "probe"}).Err(); err != nil {
		return reason(ctx, err)
	}
	return nil
}

func (c *client) accept(ctx context.Context, made goredis.UniversalClient) error {
	if err := c.probe(ctx, made); err != nil {
		return fmt.Errorf("%w: start the server, or look at redis.addrs, redis.username, redis.password, redis.db and redis.tls", err)
	}
	info, err := made.InfoMap(ctx, "memory", "persistence").Result()
	if err != nil {
		return nil //nolint:nilerr // not every user may ask, nor every server tells
	}
	has := map[string]string{}
	for _, section := range info {
		maps.Copy(has, section)
	}
	if policy := has["maxmemory_policy"]; has["maxmemory"] != "0" && policy != "" && policy != "noeviction" {
		return fmt.Errorf("the server removes keys when it is full (maxmemory-policy %s), also those of claims and locks: set noeviction, or give them a server of their own", policy)
	}
	if has["aof_enabled"] == "0" {
		c.log.Warn("redis keeps no append-only file: what was claimed or done may be done again after its restart")
	}
	return nil
}

// check fails when the server does not answer, or cannot be written to. Without it claims, locks and what
// is counted fail, and nothing else: the app is degraded.
func (c *client) check() health.Check {
	return health.Check{Name: module, Probe: func(ctx context.Context) error {
		on, err := c.conn()
		if err != nil {
			return err
		}
		return c.probe(ctx, on)
	}}
}

// reason turns an error of the driver into one that holds no value: of what the server answered only the first word, its code.
func reason(ctx context.Context, err error) error {
	if ended := context.Cause(ctx); ended != nil {
		return fmt.Errorf("redis: %w", ended)
	}
	if answer, ok := errors.AsType[goredis.Error](err); ok {
		code, _, _ := strings.Cut(answer.Error(), " ")
		return fmt.Errorf("redis: the server answered %s", code)
	}
	return fmt.Errorf("redis: %w", err)
}

// unavailable is reason, as the error of a port that stands for it: unless the caller's context has ended.
func unavailable(ctx context.Context, port, err error) error {
	if context.Cause(ctx) != nil {
		return reason(ctx, err)
	}
	return fmt.Errorf("%w: %w", port, reason(ctx, err))
}
