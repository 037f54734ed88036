package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"
)

// partitionNote is the comment of a table that is to be dropped: a table that somebody else has detached from the log, to keep it, has none.
const partitionNote = "fxcell drops this partition of the log: every reader has passed it, and its time is over"

// expired says whether nobody needs a partition any more: its newest row is older than the retention, and every reader has passed its last id and
// waits for none inside. The first row after it is as old too, so that no id of it is on its way any more.
const expired = `SELECT NOT EXISTS (SELECT FROM fxcell.outbox_reader WHERE head < $2::bigint - 1 OR gaps && int8multirange(int8range($1, $2)))
	AND coalesce((SELECT created_at FROM fxcell.outbox WHERE id >= $2 ORDER BY id LIMIT 1) < now() - make_interval(secs => $3), false)
	AND coalesce((SELECT created_at FROM fxcell.outbox WHERE id >= $1 AND id < $2 ORDER BY id DESC LIMIT 1) < now() - make_interval(secs => $3), true)`

// clear drops what nobody needs any more, the oldest first and no further than to the first one that somebody does.
func (s shelf) clear(ctx context.Context, conn *sqlx.Conn, retention time.Duration) error {
	if err := s.finish(ctx, conn); err != nil {
		return err
	}
	for _, p := range s.tables {
		if !p.attached || p.leaving {
			continue
		}
		if p.to > s.last {
			return nil // ids of it are to come
		}
		var over bool
		if err := conn.GetContext(ctx, &over, expired, p.from, p.to, retention.Seconds()); err != nil {
			return fmt.Errorf("ask who needs partition %s: %w", p.table(), translate(ctx, err))
		}
		if !over {
			return nil
		}
		// Outside of a transaction. Who is inside the log keeps to what he sees of it; the second statement waits for him.
		err := run(ctx, conn, "COMMENT ON TABLE "+p.table()+" IS '"+partitionNote+"'", "ALTER TABLE fxcell.outbox DETACH PARTITION "+p.table()+" CONCURRENTLY",
			"DROP TABLE "+p.table())
		if err != nil {
			return fmt.Errorf("drop partition %s: %w", p.table(), err)
		}
	}
	return nil
}

// finish drops the tables whose dropping was interrupted.
func (s shelf) finish(ctx context.Context, conn *sqlx.Conn) error {
	for _, p := range s.tables {
		var rest []string
		if p.leaving { // it cannot be attached again, whoever has begun
			rest = append(rest, "ALTER TABLE fxcell.outbox DETACH PARTITION "+p.table()+" FINALIZE")
		}
		if p.dropped && (p.leaving || !p.attached) {
			rest = append(rest, "DROP TABLE "+p.table())
		}
		if err := run(ctx, conn, rest...); err != nil {
			return fmt.Errorf("finish dropping partition %s: %w", p.table(), err)
		}
	}
	return nil
}

// run runs statements, each by itself.
func run(ctx context.Context, conn *sqlx.Conn, statements ...string) error {
	for _, statement := range statements {
		if _, err := conn.ExecContext(ctx, statement); err != nil {
			return translate(ctx, err)
		}
	}
	return nil
}
