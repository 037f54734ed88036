package kafka

import (
	"context"
	"sync"

	"fxcell.dev/fxcell/event"
)

// stream is what a claim hands out: its records from the position on, until it is released or lost. A message is the effect's to remember by its id
// or its place in the log; the position of a stream only spares reading it again.
type stream struct {
	claim    *claim
	woken    chan struct{}
	lost     chan struct{}
	released chan struct{}
	release  sync.Once

	// Guarded by the claim.
	read int64 // how far it was handed out, as claim.passed counts
	gone bool
}

var _ event.Stream = (*stream)(nil)

// place is where a batch begins and ends, as claim.passed counts.
type place struct {
	stream   *stream
	from, to int64
}

// Next implements event.Stream. It never waits.
func (s *stream) Next(_ context.Context, limit int) (event.Batch, error) {
	c := s.claim
	c.mu.Lock()
	defer c.mu.Unlock()
	if s.gone {
		return event.Batch{}, event.ErrLost
	}
	unread := c.records[s.read-c.passed:]
	unread = unread[:max(min(limit, len(unread)), 0)]
	if len(unread) == 0 {
		return event.Batch{}, nil
	}
	b := event.Batch{Events: make([]event.Event, len(unread)), Position: place{s, s.read, s.read + int64(len(unread))}}
	for i, r := range unread {
		b.Events[i] = r.event
		c.waiting -= r.bytes
		if r.fault != nil {
			if b.Faults == nil {
				b.Faults = map[int]error{}
			}
			b.Faults[i] = r.fault
		}
	}
	s.read += int64(len(unread))
	c.steer()
	return b, nil
}

// Advance implements event.Stream. The position reaches the broker a little later, and before the partition is given up.
func (s *stream) Advance(_ context.Context, b event.Batch) error {
	c := s.claim
	c.mu.Lock()
	defer c.mu.Unlock()
	at, ok := b.Position.(place)
	switch {
	case s.gone:
		return event.ErrLost
	case !ok || at.stream != s || at.from != c.passed:
		return event.ErrOrder
	}
	n := at.to - at.from
	c.mark(c.records[n-1].offset + 1)
	clear(c.records[:n])
	c.records, c.passed = c.records[n:], at.to
	return nil
}

// Transactional implements event.Stream: no broker has part in a transaction of a database.
func (*stream) Transactional() bool { return false }

// Wake implements event.Stream.
func (s *stream) Wake() <-chan struct{} { return s.woken }

// Lost implements event.Stream.
func (s *stream) Lost() <-chan struct{} { return s.lost }

// Release implements event.Stream.
func (s *stream) Release(context.Context) error {
	s.lose()
	s.release.Do(func() { close(s.released) })
	return nil
}

// lose ends the ownership of the stream.
func (s *stream) lose() {
	s.claim.mu.Lock()
	defer s.claim.mu.Unlock()
	if !s.gone {
		s.gone = true
		close(s.lost)
	}
}
