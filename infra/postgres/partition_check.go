package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"fxcell.dev/fxcell/health"
)

// check fails while writers are about to find no partition, and while a reader keeps the log from being dropped. The app works, so far.
func (u *upkeep) check() health.Check {
	return health.Check{Name: upkeepName, Probe: func(ctx context.Context) error {
		opened, err := u.pool.opened()
		if err != nil {
			return err
		}
		s, err := look(ctx, opened)
		if err != nil {
			return fmt.Errorf("postgres: %w", err)
		}
		return errors.Join(few(s.ahead()), standing(ctx, opened, u.pool.cfg.Outbox.Retention))
	}}
}

// few is the fault of having too few partitions ahead.
func few(ahead int) error {
	switch {
	case ahead >= partitionsFew:
		return nil
	case ahead < 0:
		return errBehind
	default:
		return fmt.Errorf("postgres: the log fxcell.outbox has %d partitions ahead of the one in use, not %d: see what the worker %s of an app with "+
			"modules/worker logs: without a partition nothing can be published", ahead, partitionsAhead, upkeepName)
	}
}

// standing is the fault of readers that have not moved for as long as the log keeps events, with such old ones before them.
func standing(ctx context.Context, on looker, retention time.Duration) error {
	var readers []struct {
		Reader string
		Age    float64
	}
	err := on.SelectContext(ctx, &readers, `SELECT r.reader, extract(epoch FROM now() - next.created_at)::float8 AS age
		FROM fxcell.outbox_reader r CROSS JOIN LATERAL (SELECT created_at FROM fxcell.outbox WHERE id > r.head ORDER BY id LIMIT 1) next
		WHERE next.created_at < now() - make_interval(secs => $1) AND coalesce(r.updated_at < now() - make_interval(secs => $1), true)
		ORDER BY r.reader, r.shard`, retention.Seconds())
	if err != nil {
		return fmt.Errorf("postgres: look at the readers of fxcell.outbox: %w", translate(ctx, err))
	}
	faults := make([]error, len(readers))
	for i, r := range readers {
		faults[i] = fmt.Errorf("postgres: reader %s stands still before an event of %v ago, and keeps the log from being dropped: run what reads it, "+
			"or delete its row from fxcell.outbox_reader", r.Reader, time.Duration(r.Age*float64(time.Second)).Round(time.Second))
	}
	return errors.Join(faults...)
}
