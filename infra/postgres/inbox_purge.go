package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"
)

const (
	purgeStep  = 1000            // rows that one statement removes
	purgeAtOne = 5 * time.Second // how long one round may take
)

// purge removes what was handled long ago, but for what a reader on the log has yet to pass: it comes again with the next owner.
const purge = `DELETE FROM fxcell.inbox_seen WHERE ctid = ANY (ARRAY(
	SELECT s.ctid FROM fxcell.inbox_seen s
	WHERE s.seen_at < now() - make_interval(secs => $1)
		AND NOT EXISTS (SELECT FROM fxcell.outbox_reader r WHERE r.reader = s.reader AND (r.head < s.id OR r.gaps @> s.id))
	ORDER BY s.seen_at LIMIT $2))`

// purgeInbox forgets events without a key, in small steps.
func purgeInbox(ctx context.Context, conn *sqlx.Conn, retention time.Duration) error {
	for end := time.Now().Add(purgeAtOne); time.Now().Before(end); {
		done, err := conn.ExecContext(ctx, purge, retention.Seconds(), purgeStep)
		if err != nil {
			return fmt.Errorf("purge the inbox: %w", translate(ctx, err))
		}
		if n, err := done.RowsAffected(); err != nil || n < purgeStep {
			return err
		}
	}
	return nil
}
