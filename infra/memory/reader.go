package memory

import (
	"context"
	"errors"
	"fmt"

	"fxcell.dev/fxcell/event"
)

// reader is a named position on the log. Its fields are guarded by the log's mutex.
type reader struct {
	wants  map[string]bool // contracts; nil is all of them
	passed int64           // what is up to here was handled, or was none of its business
	owner  *stream
	turn   chan struct{} // full while there is an owner; those who wait get it in the order in which they came
}

var errName = errors.New("memory: a reader of the log needs a name")

// Own implements outbox.Log.
func (l *eventLog) Own(ctx context.Context, r event.Reader) (event.Stream, error) {
	if r.Name == "" {
		return nil, errName
	}
	named := l.register(r)
	if err := context.Cause(ctx); err != nil {
		return nil, fmt.Errorf("memory: own reader %s: %w", r.Name, err)
	}
	select {
	case named.turn <- struct{}{}:
		return l.grant(named), nil
	case <-ctx.Done():
		return nil, fmt.Errorf("memory: own reader %s: %w", r.Name, context.Cause(ctx))
	}
}

// register makes the reader exist. One that exists already keeps its position and wants what any of its owners wanted.
func (l *eventLog) register(r event.Reader) *reader {
	l.mu.Lock()
	defer l.mu.Unlock()
	named, exists := l.readers[r.Name]
	if !exists {
		named = &reader{wants: map[string]bool{}, passed: l.first() - 1, turn: make(chan struct{}, 1)}
		if r.From == event.Latest {
			named.passed = l.last
		}
		l.readers[r.Name] = named
	}
	if len(r.Contracts) == 0 {
		named.wants = nil
	}
	for _, contract := range r.Contracts {
		if named.wants != nil {
			named.wants[contract] = true
		}
	}
	return named
}

func (l *eventLog) grant(r *reader) *stream {
	l.mu.Lock()
	defer l.mu.Unlock()
	s := &stream{log: l, reader: r, read: r.passed, wake: make(chan struct{}, 1), lost: make(chan struct{})}
	r.owner = s
	s.notify()
	return s
}

// handOver lets the next owner begin where the last one's position stands.
func (r *reader) handOver() {
	r.owner = nil
	<-r.turn
}

func (r *reader) wanted(e event.Event) bool { return r.wants == nil || r.wants[e.Contract] }

// wrote tells the reader of a new event: its owner wakes, or the position passes over what is not wanted.
func (r *reader) wrote(e event.Event) {
	switch wanted, s := r.wanted(e), r.owner; {
	case wanted && s != nil:
		s.notify()
	case !wanted && s != nil:
		s.skip(e.Seq)
	case !wanted && r.passed == e.Seq-1:
		r.passed = e.Seq
	}
}
