package eventtest

import (
	"context"
	"slices"

	"fxcell.dev/fxcell/db"
	"fxcell.dev/fxcell/event"
)

// stream is what a member reads by. Its functions stand in for what it does; nil ones break nothing.
type stream struct {
	*broker

	change        func(all []event.Event)
	limit         func(limit int) int
	nothing       func(ctx context.Context) error
	advancing     func(err error) error
	forgives      bool // lets who released read
	forgets       bool // stores no position
	silent        bool // wakes nobody
	secret        bool // tells nobody that it is lost
	sharesRelease bool

	in    int
	at    *position
	read  int
	gone  bool
	woken chan struct{}
	lost  chan struct{}
}

// part is where a batch begins and ends.
type part struct{ from, to int }

func (s *stream) Transactional() bool   { return s.transactional }
func (s *stream) Wake() <-chan struct{} { return s.woken }

func (s *stream) Lost() <-chan struct{} {
	if s.secret {
		return nil
	}
	return s.lost
}

func (s *stream) notify() {
	if s.silent {
		return
	}
	select {
	case s.woken <- struct{}{}:
	default:
	}
}

func (s *stream) wants(e event.Event) bool {
	return len(s.at.contracts) == 0 || slices.Contains(s.at.contracts, e.Contract)
}

func (s *stream) Next(ctx context.Context, limit int) (event.Batch, error) {
	if s.limit != nil {
		limit = s.limit(limit)
	}
	b, err := s.next(limit)
	if s.change != nil {
		s.change(b.Events)
	}
	if err == nil && len(b.Events) == 0 && s.nothing != nil {
		err = s.nothing(ctx)
	}
	return b, err
}

func (s *stream) next(limit int) (event.Batch, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.gone && !s.forgives {
		return event.Batch{}, event.ErrLost
	}
	var b event.Batch
	p := &part{s.read, s.read}
	for ; p.to < len(s.streams[s.in]) && len(b.Events) < limit; p.to++ {
		if e := s.streams[s.in][p.to]; s.wants(e) {
			b.Events = append(b.Events, e)
		}
	}
	if len(b.Events) > 0 {
		b.Position, s.read = p, p.to
	}
	if s.movesOnRead {
		s.at.passed = s.read
	}
	return b, nil
}

func (s *stream) Advance(ctx context.Context, b event.Batch) error {
	err := s.advance(ctx, b)
	if s.advancing != nil {
		err = s.advancing(err)
	}
	return err
}

func (s *stream) advance(ctx context.Context, b event.Batch) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	p, _ := b.Position.(*part)
	at := s.at.passed
	m, joined := db.UnitOf(ctx).(*moves)
	if joined && s.transactional {
		if to, begun := m.to[s]; begun {
			at = to
		}
	}
	switch {
	case s.gone:
		return event.ErrLost
	case s.transactional && !joined:
		return db.ErrNoTransaction
	case s.forgets:
	case p.from != at:
		return event.ErrOrder
	case s.transactional && !s.atOnce:
		m.to[s] = p.to
	default:
		s.at.passed = p.to
	}
	return nil
}

func (s *stream) Release(context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.gone && !s.sharesRelease {
		return nil
	}
	if !s.gone {
		close(s.lost)
	} else if s.at.owner != nil && s.at.owner != s && !s.at.owner.gone {
		s.at.owner.gone = true
		close(s.at.owner.lost)
	}
	s.gone, s.at.owner = true, nil
	select {
	case <-s.at.lease:
	default:
	}
	return nil
}
