package postgres

import (
	"context"
	"fmt"
	"time"

	"fxcell.dev/fxcell/worker"
)

const (
	// leasePurgeEvery is how often rows are removed that have ended, and leaseKept how long they stay for the sake of their fences.
	leasePurgeEvery = time.Minute
	leaseKept       = time.Hour
)

// purgeLeases are the statements that remove what has ended, in small steps that wait for nobody.
var purgeLeases = []string{purgeOf("lock", "name"), purgeOf("claim", "key"), purgeOf("attempt", "key")}

func purgeOf(table, key string) string {
	return `DELETE FROM fxcell.` + table + ` WHERE ` + key + ` = ANY (ARRAY(SELECT ` + key + ` FROM fxcell.` + table + `
WHERE until < clock_timestamp() - make_interval(secs => $1) ORDER BY until LIMIT $2 FOR UPDATE SKIP LOCKED))`
}

func (p *leasePool) worker() worker.Worker {
	return worker.Worker{Name: locksModule + "-purge", Run: func(ctx context.Context) error { return p.keepSmall(ctx, leasePurgeEvery) }}
}

// keepSmall purges until ctx ends.
func (p *leasePool) keepSmall(ctx context.Context, every time.Duration) error {
	next := time.NewTicker(every)
	defer next.Stop()
	for {
		select {
		case <-next.C:
		case <-ctx.Done():
			return nil
		}
		if err := p.purge(ctx, leaseKept); err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return fmt.Errorf("postgres: purge locks of %v: %w", p.target, err)
		}
	}
}

// purge removes what has ended so long ago.
func (p *leasePool) purge(ctx context.Context, ended time.Duration) error {
	on, err := p.opened()
	if err != nil {
		return err
	}
	for _, statement := range purgeLeases {
		for n := int64(purgeStep); n == purgeStep; {
			done, err := on.ExecContext(ctx, statement, ended.Seconds(), purgeStep)
			if err != nil {
				return translate(ctx, err)
			}
			if n, err = done.RowsAffected(); err != nil {
				return err
			}
		}
	}
	return nil
}
