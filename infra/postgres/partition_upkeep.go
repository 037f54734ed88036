package postgres

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq/pqerror"

	"fxcell.dev/fxcell/worker"
)

const (
	// upkeepLock is the advisory lock of the one who keeps the partitions up: "outbox" in hexadecimal.
	upkeepLock = 0x6f7574626f78
	// upkeepEvery is how often it is looked after them: the fastest writers need minutes for those that are ahead.
	upkeepEvery = 20 * time.Second
	// upkeepWait is how long it waits for a lock, behind which writers may queue up, and upkeepPause when it tries again.
	upkeepWait  = 200 * time.Millisecond
	upkeepPause = time.Second
)

// upkeep keeps partitions of the log ahead of its writers, and drops what nobody needs any more of the log and of the inbox.
type upkeep struct {
	pool  *pool
	size  int64
	every time.Duration
	pause time.Duration
}

func newUpkeep(p *pool) *upkeep { return &upkeep{p, partitionSize, upkeepEvery, upkeepPause} }

const upkeepName = module + "/outbox-partitions"

func (u *upkeep) worker() worker.Worker {
	return worker.Worker{Name: upkeepName, Run: u.run}
}

// run works until ctx ends, or something goes wrong that is more than a lock held by others.
func (u *upkeep) run(ctx context.Context) error {
	next := time.NewTimer(0)
	defer next.Stop()
	for {
		select {
		case <-next.C:
		case <-ctx.Done():
			return nil
		}
		err := u.round(ctx)
		locked, ok := errors.AsType[*stateError](err)
		switch {
		case err == nil:
			next.Reset(u.every)
		case ctx.Err() != nil:
			return nil
		case ok && locked.code == pqerror.LockNotAvailable:
			next.Reset(u.pause)
		default:
			return err
		}
	}
}

// round does once what is to be done, unless another process is at it. It has a connection of its own: the pool's may all be in use by those who wait
// for a partition.
func (u *upkeep) round(ctx context.Context) (err error) {
	c, err := newConnector(u.pool.cfg, u.pool.target)
	if err != nil {
		return fmt.Errorf("postgres: connect to %v: %w", u.pool.target, err)
	}
	opened := sqlx.NewDb(sql.OpenDB(c), "postgres")
	defer func() { err = errors.Join(err, opened.Close()) }() // the lock ends with the session
	conn, err := opened.Connx(ctx)
	if err != nil {
		return fmt.Errorf("postgres: connect to %v: %w", u.pool.target, translate(ctx, err))
	}
	defer func() { _ = conn.Close() }() // only puts it back
	if err := u.alone(ctx, conn); err != nil {
		return fmt.Errorf("postgres: keep up the log of %v: %w", u.pool.target, err)
	}
	return nil
}

func (u *upkeep) alone(ctx context.Context, conn *sqlx.Conn) error {
	err := run(ctx, conn, "SET default_transaction_read_only = off", fmt.Sprintf("SET lock_timeout = %d", upkeepWait.Milliseconds()))
	if err != nil {
		return err
	}
	var held bool
	if err := conn.GetContext(ctx, &held, "SELECT pg_try_advisory_lock($1)", int64(upkeepLock)); err != nil || !held {
		return translate(ctx, err)
	}
	s, err := look(ctx, conn)
	if err != nil {
		return err
	}
	for _, p := range s.missing(u.size) {
		if err := create(ctx, conn, p); err != nil {
			return err
		}
	}
	return errors.Join(purgeInbox(ctx, conn, u.pool.cfg.Inbox.Retention), s.clear(ctx, conn, u.pool.cfg.Outbox.Retention))
}
