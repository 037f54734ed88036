package postgres

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"fxcell.dev/fxcell/event"
)

// registerTimeout bounds what makes a reader exist, also for a caller whose context has ended.
const registerTimeout = 10 * time.Second

// register makes the reader exist. One that exists already keeps its position.
func (l *eventLog) register(ctx context.Context, r event.Reader) error {
	opened, err := l.pool.opened()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), registerTimeout)
	defer cancel()
	var exists bool
	err = opened.GetContext(ctx, &exists, `SELECT EXISTS (SELECT FROM fxcell.outbox_reader WHERE reader = $1 AND shard = 0)`, r.Name)
	if err == nil && !exists {
		err = createReader(ctx, opened, r)
	}
	return translate(ctx, err)
}

func createReader(ctx context.Context, opened *sqlx.DB, r event.Reader) error {
	tx, err := opened.BeginTxx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // does nothing after the commit
	var begin place
	if r.From == event.Latest {
		if begin, err = latest(ctx, tx); err != nil {
			return err
		}
	}
	_, err = tx.ExecContext(ctx, `WITH position AS (
  INSERT INTO fxcell.outbox_reader (reader, head, gaps) VALUES ($1, $2, $3::int8multirange) ON CONFLICT DO NOTHING
) INSERT INTO fxcell.outbox_lease (reader, owner, until) VALUES ($1, gen_random_uuid(), '-infinity') ON CONFLICT DO NOTHING`,
		r.Name, begin.head, begin.ranges())
	if err != nil {
		return err
	}
	return tx.Commit()
}

// reach is how far below the newest id an open transaction is looked for whose events a reader from Latest is to get. An id is taken just before its
// commit, so that a thousandth of it would be plenty.
const reach = 1_000_000

// latest returns the place after everything that was committed. What was not yet is a gap: with no holders of the lock on the sequence after its value
// was read, everything up to that value was.
func latest(ctx context.Context, tx *sqlx.Tx) (place, error) {
	var p place
	if err := tx.GetContext(ctx, &p.head, `SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM fxcell.outbox_id_seq`); err != nil {
		return place{}, err
	}
	who, err := sequenceHolders(ctx, tx.Tx)
	if err != nil || len(who) == 0 {
		return p, err
	}
	var shown []int64
	err = tx.SelectContext(ctx, &shown, `SELECT id FROM fxcell.outbox WHERE id > $1 AND id <= $2 ORDER BY id`, p.head-reach, p.head)
	if err != nil {
		return place{}, err
	}
	open := place{head: p.head, gaps: []gap{{lo: max(p.head-reach, 0) + 1, hi: p.head}}}
	return open.pass(shown, whole), nil
}

// holdersQuery finds the transactions that may have taken ids and not ended. A transaction with the local number 0 has been committed already. Tables of
// other databases may have the same number.
const holdersQuery = `SELECT coalesce(array_agg(virtualtransaction), '{}') FROM pg_locks
WHERE locktype = 'relation' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
  AND relation = 'fxcell.outbox_id_seq'::regclass AND mode = 'RowExclusiveLock' AND granted AND virtualtransaction NOT LIKE '%/0'`

type querier interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

func sequenceHolders(ctx context.Context, on querier) (who []string, err error) {
	err = on.QueryRowContext(ctx, holdersQuery).Scan(pq.Array(&who))
	return who, err
}

var errReaderGone = errors.New("the reader was removed while it was being taken over")
