package outboxtest

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"sync"

	"fxcell.dev/fxcell/db"
	"fxcell.dev/fxcell/event"
)

// reader is a position on a fake. lease is full while it has an owner, row while a transaction that advanced it is open.
type reader struct {
	contracts  []string
	passed     int // index into the log's events
	owner      *stream
	lease, row chan struct{}
}

func (r *reader) wanted(e event.Event) bool {
	return len(r.contracts) == 0 || slices.Contains(r.contracts, e.Contract)
}

func (r *reader) wake(e event.Event) {
	if r.owner == nil || !r.wanted(e) {
		return
	}
	select {
	case r.owner.woken <- struct{}{}:
	default:
	}
}

func (f *fake) Own(ctx context.Context, want event.Reader) (event.Stream, error) {
	r := f.register(want)
	if err := context.Cause(ctx); err != nil {
		return nil, err
	}
	select {
	case r.lease <- struct{}{}:
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	if !f.hastyTakeover {
		select {
		case r.row <- struct{}{}: // the transaction of the last owner has ended
			<-r.row
		case <-ctx.Done():
			<-r.lease
			return nil, context.Cause(ctx)
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	s := &stream{fake: f, reader: r, read: r.passed, woken: make(chan struct{}, 1), lost: make(chan struct{})}
	r.owner = s
	return s, nil
}

func (f *fake) register(want event.Reader) *reader {
	f.mu.Lock()
	defer f.mu.Unlock()
	r, exists := f.readers[want.Name]
	if !exists {
		r = &reader{contracts: want.Contracts, lease: make(chan struct{}, 1), row: make(chan struct{}, 1)}
		f.readers[want.Name] = r
	}
	if want.From == event.Latest && (!exists || f.startsAgain) {
		r.passed = len(f.events)
	}
	return r
}

// stream is an owner's view of a reader.
type stream struct {
	fake   *fake
	reader *reader
	read   int
	woken  chan struct{}
	lost   chan struct{}
	once   sync.Once
}

// part is where a batch begins and ends.
type part struct{ from, to int }

func (*stream) Transactional() bool     { return true }
func (s *stream) Wake() <-chan struct{} { return s.woken }
func (s *stream) Lost() <-chan struct{} { return s.lost }

func (s *stream) Next(ctx context.Context, limit int) (event.Batch, error) {
	f := s.fake
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := context.Cause(ctx); err != nil {
		return event.Batch{}, err
	}
	if s.reader.owner != s {
		return event.Batch{}, event.ErrLost
	}
	b, p := event.Batch{}, &part{s.read, s.read}
	for ; p.to < len(f.events) && len(b.Events) < limit; p.to++ {
		if e := f.events[p.to]; s.reader.wanted(e) && !s.passedOver(e) {
			if !f.sharesPayloads {
				e.Payload = bytes.Clone(e.Payload)
			}
			b.Events = append(b.Events, e)
		}
	}
	if len(b.Events) == 0 {
		return b, nil
	}
	b.Position, s.read = p, p.to
	return b, nil
}

// passedOver reports whether a reader that only knows the last place that it read would pass over e.
func (s *stream) passedOver(e event.Event) bool {
	return s.fake.numbersEarly && s.read > 0 && e.Seq < s.fake.events[s.read-1].Seq
}

func (s *stream) Advance(ctx context.Context, b event.Batch) error {
	if !db.InTx(ctx) {
		if s.fake.forgetsAlone {
			return nil
		}
		select {
		case s.reader.row <- struct{}{}:
			<-s.reader.row
		default:
			if !s.fake.hastyTakeover {
				return event.ErrOrder // a transaction that has advanced is open
			}
		}
		return s.fake.InTx(ctx, func(ctx context.Context) error { return s.Advance(ctx, b) })
	}
	u, err := unitOf(ctx)
	if err != nil {
		return err
	}
	r := s.reader
	if !slices.Contains(u.locked, r) && !s.fake.hastyTakeover {
		select {
		case r.row <- struct{}{}:
			u.locked = append(u.locked, r)
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	s.fake.mu.Lock()
	defer s.fake.mu.Unlock()
	if _, mine := u.advanced[s]; r.owner != s && !mine {
		return event.ErrLost
	}
	p, ok := b.Position.(*part)
	if !ok {
		return errors.New("the batch of another log")
	}
	at, begun := u.advanced[s]
	if !begun {
		at = r.passed
	}
	if p.from != at {
		return event.ErrOrder
	}
	u.advanced[s] = p.to
	return nil
}

func (s *stream) Release(context.Context) error {
	first := false
	s.once.Do(func() { first = true })
	if !first && !s.fake.sharesLease {
		return nil
	}
	s.fake.mu.Lock()
	defer s.fake.mu.Unlock()
	if s.reader.owner = nil; first {
		close(s.lost)
	}
	select {
	case <-s.reader.lease:
	default:
	}
	return nil
}
