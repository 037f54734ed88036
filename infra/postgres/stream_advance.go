package postgres

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"fxcell.dev/fxcell/db"
	"fxcell.dev/fxcell/event"
)

// storeStatement moves the position, for as long as this owner is the newest one and nobody has moved it meanwhile. The version also tells a commit whose
// answer was lost: tried again, it finds no row.
const storeStatement = `UPDATE fxcell.outbox_reader SET head = $1, gaps = $2::int8multirange, version = version + 1, updated_at = now()
WHERE reader = $3 AND shard = 0 AND epoch = $4 AND owner = $5 AND version = $6`

// joined is a transaction that advances a stream.
type joined struct {
	unit    *unit
	batches int // of the open ones, oldest first
}

// Advance implements event.Stream. It is the last thing that a transaction should do: the next owner waits for its end.
func (s *stream) Advance(ctx context.Context, b event.Batch) error {
	u, err := s.log.access.unitOf(ctx)
	if err != nil {
		return fmt.Errorf("postgres: advance: %w", err)
	}
	m, version, err := s.next(u, b)
	if err != nil || m == nil {
		return err
	}
	if u == nil {
		return s.advanceAlone(ctx, m, version)
	}
	n, err := s.log.access.Exec(ctx, storeStatement, m.head, m.gaps, s.name, s.epoch, s.token, version)
	if err != nil {
		return fmt.Errorf("postgres: advance: %w", err)
	}
	if n == 0 {
		s.lose()
		return event.ErrLost
	}
	return s.join(ctx, u)
}

// advanceAlone stores the position without a transaction, on the owner's own session: one statement, which does not wait for the disk.
func (s *stream) advanceAlone(ctx context.Context, m *checkpoint, version int64) error {
	if err := context.Cause(ctx); err != nil {
		return fmt.Errorf("postgres: advance: %w", err)
	}
	switch lost, n, err := s.store(ctx, m.head, m.gaps, version); {
	case err != nil && !lost:
		return fmt.Errorf("postgres: advance: %w", err) // it was refused
	case err != nil || n == 0:
		s.lose() // whether it was stored is not known, or another owner was here
		return event.ErrLost
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.version++
	s.open = s.open[1:]
	return nil
}

// store moves the stored position by the session, and returns how many rows that were: one, or none. lost reports that the session has ended.
func (s *stream) store(ctx context.Context, head int64, gaps string, version int64) (lost bool, n int64, err error) {
	lost, err = s.session.do(ctx, func(ctx context.Context, conn *sql.Conn) error {
		result, err := conn.ExecContext(ctx, storeStatement, head, gaps, s.name, s.epoch, s.token, version)
		if err != nil {
			return err
		}
		n, err = result.RowsAffected()
		return err
	})
	return lost, n, err
}

// next returns the mark of a batch whose turn it is, and the version of the position before it; no mark for a batch that holds nothing.
func (s *stream) next(u *unit, b event.Batch) (*checkpoint, int64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.gone {
		return nil, 0, event.ErrLost
	}
	if b.Position == nil && len(b.Events) == 0 {
		return nil, 0, nil
	}
	before := 0
	if s.joined != nil {
		if s.joined.unit != u {
			return nil, 0, event.ErrOrder // the batches of a transaction that is not over come first
		}
		before = s.joined.batches
	}
	if before >= len(s.open) || b.Position != any(s.open[before]) {
		return nil, 0, event.ErrOrder
	}
	return s.open[before], s.version + int64(before), nil
}

// join notes that the transaction has advanced by one more batch. It is what the stream knows once that was committed, and forgets with what was undone.
func (s *stream) join(ctx context.Context, u *unit) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	first := s.joined == nil
	if first {
		s.joined = &joined{unit: u}
	}
	s.joined.batches++
	undo := db.OnRollback(ctx, func(context.Context) { s.undo(u) })
	if undo != nil {
		return fmt.Errorf("postgres: advance: %w", undo)
	}
	if !first {
		return nil
	}
	if err := db.OnCommit(ctx, func(context.Context) { s.committed() }); err != nil {
		return fmt.Errorf("postgres: advance: %w", err)
	}
	return nil
}

// undo takes back the last advance of a transaction.
func (s *stream) undo(u *unit) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.joined == nil || s.joined.unit != u {
		return
	}
	if s.joined.batches--; s.joined.batches == 0 {
		s.joined = nil
	}
}

func (s *stream) committed() {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := s.joined.batches
	s.version += int64(n)
	s.open = s.open[n:]
	s.joined = nil
}

// settle stores a place that moved without an event, now and then, when no batch is open that would carry it.
func (s *stream) settle(ctx context.Context) {
	if !s.passed || time.Since(s.settled) < settlePause {
		return
	}
	s.mu.Lock()
	idle, version := len(s.open) == 0 && !s.gone, s.version
	s.mu.Unlock()
	if !idle {
		return
	}
	_, n, err := s.store(ctx, s.place.head, s.place.ranges(), version)
	if err != nil || n == 0 {
		s.lose() // whether it was stored is not known, or another owner was here
		return
	}
	s.passed, s.settled = false, time.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.version++
}
