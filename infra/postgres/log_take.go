package postgres

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/lib/pq"
	"github.com/lib/pq/pqerror"

	"fxcell.dev/fxcell/event"
)

// takePause is how long who waits for a reader pauses between two tries: waiting in the server would hold back its cleaning up.
const takePause = 50 * time.Millisecond

// lockOf is the number of a reader's advisory lock.
const lockOf = `hashtextextended('fxcell.outbox_reader/' || $1, 0)`

// take waits until the reader's lock is this process's, and then claims the position.
func (l *eventLog) take(ctx context.Context, r event.Reader, turn chan struct{}) (*stream, error) {
	on, err := l.session(ctx)
	if err != nil {
		return nil, err
	}
	evicted, err := l.contend(ctx, on, r.Name)
	if err != nil {
		on.close()
		return nil, err
	}
	s := newStream(l, r, on, turn)
	if err := s.claim(ctx, evicted); err != nil {
		on.close()
		return nil, err
	}
	l.mu.Lock()
	closed := l.sessions == nil
	if !closed {
		l.streams[s] = struct{}{}
		l.listen.start() //nolint:contextcheck // it listens for all streams, until the log closes
	}
	l.mu.Unlock()
	if closed {
		on.leave(ctx)
		return nil, errNotOpen
	}
	go s.keep(context.WithoutCancel(ctx)) // ends with the stream
	s.notify()
	return s, nil
}

// contend tries to get the reader's lock until it has it. It reports whether an owner had to be evicted.
func (l *eventLog) contend(ctx context.Context, on *session, reader string) (evicted bool, err error) {
	looked := time.Now()
	for {
		var ours bool
		_, err := on.do(ctx, func(ctx context.Context, conn *sql.Conn) error {
			if err := conn.QueryRowContext(ctx, `SELECT pg_try_advisory_lock(`+lockOf+`)`, reader).Scan(&ours); err != nil || ours {
				return err
			}
			if time.Since(looked) < l.lease/10 {
				return nil
			}
			looked = time.Now()
			n, err := evict(ctx, conn, reader)
			evicted = evicted || n > 0
			return err
		})
		if err != nil || ours {
			return evicted, err
		}
		timer := time.NewTimer(takePause/2 + rand.N(takePause)) //nolint:gosec // it only keeps those who wait apart
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return false, context.Cause(ctx)
		}
	}
}

// evict ends the session of an owner whose lease ran out, and returns how many there were: one, or none.
func evict(ctx context.Context, conn *sql.Conn, reader string) (n int, err error) {
	err = conn.QueryRowContext(ctx, `SELECT count(pg_terminate_backend(l.pid)) FROM fxcell.outbox_lease e JOIN pg_locks l
ON l.locktype = 'advisory' AND l.granted AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
  AND l.objsubid = 1 AND (l.classid::bigint << 32) | l.objid::bigint = `+lockOf+` AND l.pid <> pg_backend_pid()
WHERE e.reader = $1 AND e.shard = 0 AND e.until < clock_timestamp()`, reader).Scan(&n)
	return n, err
}

// claim takes the position over. An Advance whose transaction is still open comes first; that of an owner that was evicted, or that takes longer than
// a lease, is ended.
func (s *stream) claim(ctx context.Context, evicted bool) error {
	for begun := time.Now(); ; {
		locked := false
		_, err := s.session.do(ctx, func(ctx context.Context, conn *sql.Conn) error {
			if n, err := s.beatOn(ctx, conn, ""); err != nil || n == 0 {
				return cmp.Or(err, errReaderGone)
			}
			err := s.load(ctx, conn)
			answer, ok := errors.AsType[*pq.Error](err)
			if locked = ok && answer.Code == pqerror.LockNotAvailable; !locked {
				return err
			}
			if evicted || time.Since(begun) > s.log.lease {
				return endAdvance(ctx, conn, s.name)
			}
			return nil
		})
		if err != nil || !locked {
			return err
		}
		if err := context.Cause(ctx); err != nil {
			return err
		}
	}
}

// beatOn takes the lease, or renews the one that the owner has, and returns how many rows that are.
func (s *stream) beatOn(ctx context.Context, conn *sql.Conn, owner string) (int64, error) {
	statement := `UPDATE fxcell.outbox_lease SET owner = $2, until = clock_timestamp() + $3::bigint * interval '1 millisecond' WHERE reader = $1 AND shard = 0`
	if owner != "" {
		statement += ` AND owner = $2`
	}
	result, err := conn.ExecContext(ctx, statement, s.name, s.token, s.log.lease.Milliseconds())
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

// load begins a new epoch from the stored position. Its commit waits for the disk: an epoch must not be given twice. Who may fill the gaps is asked
// afresh: what an earlier owner knew of them ended with its session.
func (s *stream) load(ctx context.Context, conn *sql.Conn) error {
	tx, err := conn.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // does nothing after the commit
	if err := s.loadIn(ctx, tx); err != nil {
		return err
	}
	return tx.Commit()
}

func (s *stream) loadIn(ctx context.Context, tx *sql.Tx) error {
	settings := `SET LOCAL synchronous_commit = on; SET LOCAL lock_timeout = ` + milliseconds(min(s.log.lease, time.Second))
	if _, err := tx.ExecContext(ctx, settings); err != nil {
		return err
	}
	var lo, hi []int64
	err := tx.QueryRowContext(ctx, `UPDATE fxcell.outbox_reader SET epoch = epoch + 1, owner = $2, updated_at = now() WHERE reader = $1 AND shard = 0
RETURNING epoch, version, head, ARRAY(SELECT lower(g) FROM unnest(gaps) AS g ORDER BY g), ARRAY(SELECT upper(g) - 1 FROM unnest(gaps) AS g ORDER BY g)`,
		s.name, s.token).Scan(&s.epoch, &s.version, &s.place.head, pq.Array(&lo), pq.Array(&hi))
	if errors.Is(err, sql.ErrNoRows) {
		return errReaderGone
	}
	if err != nil {
		return err
	}
	for i := range lo {
		s.place.gaps = append(s.place.gaps, gap{lo: lo[i], hi: hi[i]})
	}
	return nil
}

// endAdvance ends the session whose open transaction has moved the reader's position.
func endAdvance(ctx context.Context, conn *sql.Conn, reader string) error {
	_, err := conn.ExecContext(ctx, `SELECT pg_terminate_backend(l.pid) FROM fxcell.outbox_reader r JOIN pg_locks l
ON l.locktype = 'transactionid' AND l.transactionid = r.xmax AND l.mode = 'ExclusiveLock' AND l.granted AND l.pid <> pg_backend_pid()
WHERE r.reader = $1 AND r.shard = 0`, reader)
	return err
}
