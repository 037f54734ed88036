package memory

import (
	"bytes"
	"context"
	"fmt"

	"fxcell.dev/fxcell/db"
	"fxcell.dev/fxcell/db/memdb"
	"fxcell.dev/fxcell/event"
)

// stream is what the owner of a reader reads by. What is not a channel is guarded by the log's mutex.
type stream struct {
	log    *eventLog
	reader *reader
	wake   chan struct{}
	lost   chan struct{}

	read     int64   // up to here the log was looked at
	open     []*mark // of batches that were read and not advanced, oldest first
	joined   int     // open transactions that advance the stream: they end before the next owner begins
	released bool
}

var _ event.Stream = (*stream)(nil)

// mark is a batch's place in its stream.
type mark struct{ through int64 }

// Transactional implements event.Stream.
func (*stream) Transactional() bool { return true }

// Wake implements event.Stream.
func (s *stream) Wake() <-chan struct{} { return s.wake }

// Lost implements event.Stream.
func (s *stream) Lost() <-chan struct{} { return s.lost }

func (s *stream) notify() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// Next implements event.Stream. It does not wait.
func (s *stream) Next(ctx context.Context, limit int) (event.Batch, error) {
	if err := context.Cause(ctx); err != nil {
		return event.Batch{}, fmt.Errorf("memory: read the log: %w", err)
	}
	l := s.log
	l.mu.Lock()
	defer l.mu.Unlock()
	if s.released {
		return event.Batch{}, event.ErrLost
	}
	var events []event.Event
	for s.read < l.last {
		e := l.at(s.read + 1)
		wanted := s.reader.wanted(e)
		if wanted && len(events) >= limit {
			break
		}
		s.read++
		if wanted {
			e.Payload = bytes.Clone(e.Payload) // one reader's handler cannot change what another reads
			events = append(events, e)
		}
	}
	if len(events) == 0 {
		s.settle()
		l.free()
		return event.Batch{}, nil
	}
	m := &mark{s.read}
	s.open = append(s.open, m)
	return event.Batch{Events: events, Position: m}, nil
}

// settle moves the position over what was looked at when no batch is open.
func (s *stream) settle() {
	if len(s.open) == 0 {
		s.reader.passed = max(s.reader.passed, s.read)
	}
}

// skip passes over a new event that is not wanted, when everything before it was looked at.
func (s *stream) skip(seq int64) {
	if s.read == seq-1 {
		s.read = seq
		s.settle()
	}
}

// Release implements event.Stream. A transaction that has advanced the stream already may still end; the next owner begins after it.
func (s *stream) Release(context.Context) error {
	s.log.mu.Lock()
	defer s.log.mu.Unlock()
	if s.released {
		return nil
	}
	s.released = true
	close(s.lost)
	if s.joined == 0 {
		s.reader.handOver()
	}
	return nil
}

// Advance implements event.Stream.
func (s *stream) Advance(ctx context.Context, b event.Batch) error {
	if !db.InTx(ctx) {
		return s.advanceAlone(ctx, b)
	}
	a, err := memdb.Join(ctx, s, func() *advance { return &advance{stream: s} })
	if err != nil {
		return fmt.Errorf("memory: advance: %w", err)
	}
	s.log.mu.Lock()
	defer s.log.mu.Unlock()
	if due, err := s.due(b, a.batches); err != nil || !due {
		return err
	}
	if !a.hooked {
		if err := db.OnRollback(ctx, func(context.Context) { s.leave(0) }); err != nil {
			return fmt.Errorf("memory: advance: %w", err)
		}
		a.hooked = true
		s.joined++
	}
	a.batches++
	return nil
}

// advanceAlone moves the position without a transaction.
func (s *stream) advanceAlone(ctx context.Context, b event.Batch) error {
	if err := context.Cause(ctx); err != nil {
		return fmt.Errorf("memory: advance: %w", err)
	}
	s.log.mu.Lock()
	defer s.log.mu.Unlock()
	if due, err := s.due(b, 0); err != nil || !due {
		return err
	}
	if s.joined > 0 {
		return event.ErrOrder // the batches of a transaction that is not over come first
	}
	s.reader.passed = s.open[0].through
	s.open = s.open[1:]
	s.settle()
	s.log.free()
	return nil
}

// due reports whether it is the turn of a batch when so many have gone before it; false for one that holds nothing, which there is nothing to pass of.
func (s *stream) due(b event.Batch, before int) (bool, error) {
	switch {
	case s.released:
		return false, event.ErrLost
	case b.Position == nil && len(b.Events) == 0:
		return false, nil
	case before >= len(s.open) || b.Position != any(s.open[before]):
		return false, event.ErrOrder
	}
	return true, nil
}

// leave ends a transaction's hold on the stream: it has advanced by so many batches.
func (s *stream) leave(batches int) {
	s.log.mu.Lock()
	defer s.log.mu.Unlock()
	if batches > 0 {
		s.reader.passed = s.open[batches-1].through
		s.open = s.open[batches:]
	}
	s.settle()
	s.log.free()
	if s.joined--; s.released && s.joined == 0 {
		s.reader.handOver()
	}
}

// advance is what one transaction does to the position.
type advance struct {
	stream  *stream
	batches int // of the open ones, oldest first
	hooked  bool
}

// Save implements memdb.Participant.
func (a *advance) Save() (restore func()) {
	batches, hooked := a.batches, a.hooked
	return func() { a.batches, a.hooked = batches, hooked }
}

// Apply implements memdb.Participant.
func (a *advance) Apply() {
	if a.hooked {
		a.stream.leave(a.batches)
	}
}
