package relay

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"

	"fxcell.dev/fxcell/db"
	"fxcell.dev/fxcell/event"
	"fxcell.dev/fxcell/outbox"
)

// releasedParking says, when it is told to, that nothing is held any more.
type releasedParking struct {
	event.Parking

	gone atomic.Bool
}

func (p *releasedParking) Holds(ctx context.Context, reader, topic, key string) (bool, error) {
	if p.gone.Load() {
		return false, nil
	}
	return p.Parking.Holds(ctx, reader, topic, key)
}

// losingLog hands out streams that can be lost.
type losingLog struct {
	outbox.Log

	mu   sync.Mutex
	last *losingStream
}

type losingStream struct {
	event.Stream

	lost chan struct{}
}

func (l *losingLog) Own(ctx context.Context, r event.Reader) (event.Stream, error) {
	s, err := l.Log.Own(ctx, r)
	if err != nil {
		return nil, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.last = &losingStream{s, make(chan struct{})}
	return l.last, nil
}

func (l *losingLog) lose() {
	l.mu.Lock()
	defer l.mu.Unlock()
	_ = l.last.Release(context.Background())
	close(l.last.lost)
}

func (s *losingStream) Lost() <-chan struct{} { return s.lost }

// failingTx fails some transactions.
type failingTx struct {
	db.Transactor

	left int
}

func (f *failingTx) InTx(ctx context.Context, fn func(ctx context.Context) error) error {
	if f.left--; f.left >= 0 {
		return db.ErrUnavailable
	}
	return f.Transactor.InTx(ctx, fn)
}

// failingLog fails some reads.
type failingLog struct {
	outbox.Log

	left int
}

type failingStream struct {
	event.Stream

	log *failingLog
}

func (l *failingLog) Own(ctx context.Context, r event.Reader) (event.Stream, error) {
	s, err := l.Log.Own(ctx, r)
	if err != nil {
		return nil, err
	}
	return &failingStream{s, l}, nil
}

func (s *failingStream) Next(ctx context.Context, limit int) (event.Batch, error) {
	if s.log.left--; s.log.left >= 0 {
		return event.Batch{}, errors.New("the log cannot be read")
	}
	return s.Stream.Next(ctx, limit)
}
