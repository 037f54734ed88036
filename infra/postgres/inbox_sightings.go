package postgres

import (
	"context"
	"errors"
	"sync"

	"fxcell.dev/fxcell/db"
	"fxcell.dev/fxcell/event"
)

// sight is a place of the inbox that a transaction has looked at: a key's watermark, or an event without a key.
type sight struct {
	unit               db.Unit
	reader, topic, key string
	id                 string // of an event without a key
}

// sightOf returns the place of e for the transaction of ctx, none without one.
func sightOf(ctx context.Context, reader string, e event.Event) sight {
	s := sight{unit: db.UnitOf(ctx), reader: reader, topic: e.Topic, key: e.Key}
	if e.Key == "" {
		s.topic, s.id = "", e.ID
	}
	return s
}

// mark is what a transaction knows to stand in a place.
type mark struct {
	last  int64
	there bool
}

// sightings remember what open transactions have seen in the inbox, or put there. It is safe for concurrent use.
type sightings struct {
	mu    sync.Mutex
	marks map[sight]mark
}

func newSightings() *sightings { return &sightings{marks: map[sight]mark{}} }

func (s *sightings) of(at sight) (known mark, looked bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	known, looked = s.marks[at]
	return known, looked
}

// note remembers a mark until the transaction of ctx ends, or its savepoint is undone. Without a transaction nothing is to be remembered.
func (s *sightings) note(ctx context.Context, at sight, m mark) error {
	if at.unit == nil {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	before, looked := s.marks[at]
	if looked && before == m {
		return nil
	}
	forget := func(context.Context) { s.forget(at) }
	undo := func(context.Context) { s.restore(at, before, looked) }
	if err := errors.Join(db.OnCommit(ctx, forget), db.OnRollback(ctx, undo)); err != nil {
		return err
	}
	s.marks[at] = m
	return nil
}

func (s *sightings) forget(at sight) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.marks, at)
}

func (s *sightings) restore(at sight, before mark, looked bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if looked {
		s.marks[at] = before
	} else {
		delete(s.marks, at)
	}
}
