package consumer

import (
	"context"
	"sync"

	"go.uber.org/zap"

	"fxcell.dev/fxcell/event"
)

// source is an event.Source whose streams can be lost, refuse to advance, and store their position without a transaction.
type source struct {
	event.Source

	logger *zap.Logger
	plain  bool  // positions are not stored in the effect's transaction
	refuse error // what Open answers

	mu       sync.Mutex
	owned    []*stream
	next     []error // what the next calls of Next answer
	advances []error // what the next calls of Advance answer
}

func (s *source) Open(ctx context.Context, r event.Reader) (<-chan event.Stream, error) {
	if s.refuse != nil {
		return nil, s.refuse
	}
	in, err := s.Source.Open(ctx, r)
	if err != nil {
		return nil, err
	}
	out := make(chan event.Stream)
	go func() {
		defer close(out)
		for inner := range in {
			st := &stream{Stream: inner, source: s, lost: make(chan struct{})}
			s.mu.Lock()
			s.owned = append(s.owned, st)
			s.mu.Unlock()
			select {
			case out <- st:
			case <-ctx.Done():
				_ = st.Release(context.WithoutCancel(ctx))
			}
		}
	}()
	return out, nil
}

// fail makes the next calls of Next and Advance answer errors; nil lets a call through.
func (s *source) fail(next, advances []error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.next, s.advances = next, advances
}

func (s *source) take(from *[]error) (err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(*from) > 0 {
		err, *from = (*from)[0], (*from)[1:]
	}
	return err
}

// lose takes the newest stream away from its owner, as another process would: the next owner may begin at once.
func (s *source) lose() {
	s.mu.Lock()
	st := s.owned[len(s.owned)-1]
	s.mu.Unlock()
	_ = st.Stream.Release(context.Background())
	st.once.Do(func() { close(st.lost) })
}

func (s *source) owners() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.owned)
}

type stream struct {
	event.Stream

	source *source
	lost   chan struct{}
	once   sync.Once
}

func (st *stream) Transactional() bool   { return !st.source.plain }
func (st *stream) Lost() <-chan struct{} { return st.lost }

func (st *stream) Next(ctx context.Context, limit int) (event.Batch, error) {
	if err := st.source.take(&st.source.next); err != nil {
		return event.Batch{}, err
	}
	return st.Stream.Next(ctx, limit)
}

func (st *stream) Advance(ctx context.Context, b event.Batch) error {
	if err := st.source.take(&st.source.advances); err != nil {
		return err
	}
	return st.Stream.Advance(ctx, b)
}

func (st *stream) Release(ctx context.Context) error {
	err := st.Stream.Release(ctx)
	st.once.Do(func() { close(st.lost) })
	return err
}
