package postgres

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"time"

	"github.com/lib/pq"

	"fxcell.dev/fxcell/event"
)

// Without a commit that wakes it, an owner looks this often: in case a notification went astray, and while somebody may fill a gap, since a rollback
// wakes nobody. Positions that only passed over what is not wanted are stored this often.
const safety, gapPause, settlePause = 5 * time.Second, 20 * time.Millisecond, time.Second

// maxScan is how many rows are looked at for one batch when few of them are wanted.
const maxScan = 4096

// Next implements event.Stream.
func (s *stream) Next(ctx context.Context, limit int) (event.Batch, error) {
	limit = max(limit, 1)
	if !s.pace.wait(ctx, s.lost, len(s.place.gaps)) {
		if err := context.Cause(ctx); err != nil {
			return event.Batch{}, fmt.Errorf("postgres: read the log: %w", err)
		}
	}
	if s.isLost() {
		return event.Batch{}, event.ErrLost
	}
	var read reading
	lost, err := s.session.do(ctx, func(ctx context.Context, conn *sql.Conn) (err error) {
		read, err = s.look(ctx, conn, limit)
		return err
	})
	if lost {
		s.lose()
	}
	if s.isLost() {
		return event.Batch{}, event.ErrLost
	}
	if err != nil {
		return event.Batch{}, fmt.Errorf("postgres: read the log: %w", err)
	}
	b := s.take(read)
	if len(b.Events) == 0 {
		s.settle(ctx)
	}
	s.setAlarm()
	return b, nil
}

// take moves the place over what a look found, and makes a batch of it.
func (s *stream) take(read reading) event.Batch {
	before := len(s.place.gaps)
	s.place = s.place.pass(read.ids, read.covered)
	s.passed = s.passed || len(read.ids) > 0 || len(s.place.gaps) != before
	s.pace.found(len(read.ids), read.covered != whole)
	if len(read.events) == 0 {
		return event.Batch{}
	}
	m := &checkpoint{s.place.head, s.place.ranges()}
	s.passed = false
	s.mu.Lock()
	defer s.mu.Unlock()
	s.open = append(s.open, m)
	return event.Batch{Events: read.events, Position: m}
}

func (s *stream) setAlarm() {
	after := safety
	if s.passed {
		after = settlePause
	}
	if len(s.place.gaps) > 0 {
		after = gapPause
	}
	s.alarm.Reset(after)
}

// reading is what one read of the log showed.
type reading struct {
	ids     []int64 // of all rows, wanted or not, in order
	events  []event.Event
	covered int64 // the last id that was looked for
}

// look reads what comes next. Who holds the lock on the sequence is asked by a statement of its own, before: what those wrote who have ended by then,
// the read shows.
func (s *stream) look(ctx context.Context, conn *sql.Conn, limit int) (reading, error) {
	if len(s.place.gaps) > 0 {
		who, err := sequenceHolders(ctx, conn)
		if err != nil {
			return reading{}, err
		}
		s.place.ask(who)
	}
	s.scan = max(s.scan, limit)
	if len(s.wants) == 0 {
		s.scan = limit
	}
	query, args := s.query()
	rows, err := conn.QueryContext(ctx, query, args...)
	if err != nil {
		return reading{}, err
	}
	defer func() { _ = rows.Close() }() // Err says what went wrong
	read, cut, err := s.collect(rows, limit)
	if err != nil {
		return reading{}, err // what was read covers nothing
	}
	if read.covered = whole; cut {
		read.covered = read.ids[len(read.ids)-1]
	}
	s.adapt(len(read.events), limit, cut)
	return read, nil
}

// collect reads rows until there are enough events. cut says that there may be more rows.
func (s *stream) collect(rows *sql.Rows, limit int) (read reading, cut bool, err error) {
	for rows.Next() {
		var e event.Event
		var headers []byte
		if err := rows.Scan(&e.Seq, &e.Topic, &e.Key, &e.Contract, &e.Payload, &headers); err != nil {
			return reading{}, false, err
		}
		if len(s.wants) == 0 || slices.Contains(s.wants, e.Contract) {
			if len(read.events) == limit {
				return read, true, nil // it is read again by the next look
			}
			if err := addHeaders(&e, headers); err != nil {
				return reading{}, false, err
			}
			read.events = append(read.events, e)
		}
		read.ids = append(read.ids, e.Seq)
	}
	return read, len(read.ids) == s.scan, rows.Err()
}

// adapt looks at more rows for a batch as long as few of them are wanted.
func (s *stream) adapt(events, limit int, cut bool) {
	switch {
	case cut && events <= limit/2:
		s.scan = min(2*s.scan, max(maxScan, limit))
	case cut && events == limit:
		s.scan = max(s.scan/2, limit)
	}
}

// query returns the statement that reads what comes next. Gaps and what is above the head are read together, in one snapshot and under one limit:
// else a key's later event could be seen without the earlier one that was committed into a gap.
func (s *stream) query() (string, []any) {
	args := []any{s.place.head, s.scan}
	wanted, gaps := "", "$3::int8[], $4::int8[]"
	if len(s.wants) > 0 {
		args = append(args, pq.Array(s.wants))
		wanted, gaps = "$3", "$4::int8[], $5::int8[]"
	}
	head := `SELECT ` + columns(wanted) + ` FROM fxcell.outbox WHERE id > $1 ORDER BY id LIMIT $2`
	if len(s.place.gaps) == 0 {
		return head, args
	}
	lo, hi := s.place.bounds()
	return `SELECT * FROM ((SELECT o.* FROM unnest(` + gaps + `) AS g (lo, hi) CROSS JOIN LATERAL (
  SELECT ` + columns(wanted) + ` FROM fxcell.outbox WHERE id BETWEEN g.lo AND g.hi ORDER BY id LIMIT $2) AS o ORDER BY o.id LIMIT $2)
UNION ALL (` + head + `)) AS t ORDER BY id LIMIT $2`, append(args, pq.Array(lo), pq.Array(hi))
}

// columns are those of an event. The large ones of what is not wanted stay where they are.
func columns(wanted string) string {
	if wanted == "" {
		return "id, topic, key, kind, payload, headers"
	}
	return "id, topic, key, kind, CASE WHEN kind = ANY(" + wanted + "::text[]) THEN payload END AS payload, CASE WHEN kind = ANY(" + wanted +
		"::text[]) THEN headers END AS headers"
}
