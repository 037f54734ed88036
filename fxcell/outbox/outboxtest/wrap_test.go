package outboxtest

import (
	"context"

	"fxcell.dev/fxcell/durability"
	"fxcell.dev/fxcell/event"
	"fxcell.dev/fxcell/internal/promise"
	"fxcell.dev/fxcell/outbox"
)

// sabotage breaks a promise of a sound subject, which is a fake; nil breaks none.
type sabotage = func(t *promise.T, f *fake, s *Subject)

// inside breaks a promise by a fault of the fake.
func inside(faulty faults) sabotage {
	return func(_ *promise.T, f *fake, _ *Subject) {
		faulty.capacity = f.capacity
		f.faults = faulty
	}
}

type writing = func(ctx context.Context, events ...event.Event) error

// writer writes in another way than the one that it wraps.
type writer struct {
	outbox.Writer

	write writing
}

func (w writer) Write(ctx context.Context, events ...event.Event) error {
	return w.write(ctx, events...)
}

// writes breaks a promise by what wrap makes of a write.
func writes(wrap func(f *fake, write writing) writing) sabotage {
	return func(_ *promise.T, f *fake, s *Subject) { s.Writer = writer{s.Writer, wrap(f, s.Writer.Write)} }
}

type owning = func(ctx context.Context, r event.Reader) (event.Stream, error)

// log hands out readers in another way than the one that it wraps.
type log struct {
	outbox.Log

	own owning
}

func (l log) Own(ctx context.Context, r event.Reader) (event.Stream, error) { return l.own(ctx, r) }

// owns breaks a promise by what wrap makes of Own.
func owns(wrap func(t *promise.T, own owning) owning) sabotage {
	return func(t *promise.T, _ *fake, s *Subject) { s.Log = log{s.Log, wrap(t, s.Log.Own)} }
}

// odd is a stream some of whose methods are others; nil ones are those of the stream that it wraps.
type odd struct {
	event.Stream

	next          func(ctx context.Context, limit int) (event.Batch, error)
	advance       func(ctx context.Context, b event.Batch) error
	release       func(ctx context.Context) error
	wake, lost    chan struct{}
	transactional *bool
}

func (o *odd) Next(ctx context.Context, limit int) (event.Batch, error) {
	if o.next != nil {
		return o.next(ctx, limit)
	}
	return o.Stream.Next(ctx, limit)
}

func (o *odd) Advance(ctx context.Context, b event.Batch) error {
	if o.advance != nil {
		return o.advance(ctx, b)
	}
	return o.Stream.Advance(ctx, b)
}

func (o *odd) Release(ctx context.Context) error {
	if o.release != nil {
		return o.release(ctx)
	}
	return o.Stream.Release(ctx)
}

func (o *odd) Wake() <-chan struct{} {
	if o.wake != nil {
		return o.wake
	}
	return o.Stream.Wake()
}

func (o *odd) Lost() <-chan struct{} {
	if o.lost != nil {
		return o.lost
	}
	return o.Stream.Lost()
}

func (o *odd) Transactional() bool {
	if o.transactional != nil {
		return *o.transactional
	}
	return o.Stream.Transactional()
}

// streams breaks a promise by streams that change makes odd.
func streams(change func(f *fake, o *odd)) sabotage {
	return func(_ *promise.T, f *fake, s *Subject) {
		own := s.Log.Own
		s.Log = log{s.Log, func(ctx context.Context, r event.Reader) (event.Stream, error) {
			stream, err := own(ctx, r)
			if err != nil {
				return nil, err
			}
			o := &odd{Stream: stream}
			change(f, o)
			return o, nil
		}}
	}
}

// unstated says nothing of what it keeps.
type unstated struct {
	outbox.Writer
	outbox.Log
}

func (unstated) Durability() durability.Grade { return durability.Unstated }
