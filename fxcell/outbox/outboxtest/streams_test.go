package outboxtest

import (
	"context"
	"errors"

	"fxcell.dev/fxcell/db"
	"fxcell.dev/fxcell/event"
)

// places breaks what is read by what number says of the place of an event.
func places(o *odd, number func(i int, e event.Event) int64) {
	o.next = func(ctx context.Context, limit int) (event.Batch, error) {
		b, err := o.Stream.Next(ctx, limit)
		for i := range b.Events {
			b.Events[i].Seq = number(i, b.Events[i])
		}
		return b, err
	}
}

func numbersBatches(_ *fake, o *odd) {
	places(o, func(i int, _ event.Event) int64 { return int64(i + 1) })
}

func numbersByOwner(f *fake, o *odd) {
	f.mu.Lock()
	f.last += 100
	by := f.last
	f.mu.Unlock()
	places(o, func(_ int, e event.Event) int64 { return e.Seq + by })
}

func ignoresLimit(_ *fake, o *odd) {
	o.next = func(ctx context.Context, _ int) (event.Batch, error) { return o.Stream.Next(ctx, Capacity) }
}

// readsAgain returns the same batch until it is advanced.
func readsAgain(_ *fake, o *odd) {
	var last event.Batch
	o.next = func(ctx context.Context, limit int) (event.Batch, error) {
		if len(last.Events) > 0 {
			return last, nil
		}
		var err error
		last, err = o.Stream.Next(ctx, limit)
		return last, err
	}
	o.advance = func(ctx context.Context, b event.Batch) error {
		last = event.Batch{}
		return o.Stream.Advance(ctx, b)
	}
}

func failsOnNothing(_ *fake, o *odd) {
	o.next = func(ctx context.Context, limit int) (event.Batch, error) {
		b, err := o.Stream.Next(ctx, limit)
		if err == nil && len(b.Events) == 0 {
			err = errors.New("there is nothing to read")
		}
		return b, err
	}
}

func waitsOnNothing(_ *fake, o *odd) {
	o.next = func(ctx context.Context, limit int) (event.Batch, error) {
		for {
			b, err := o.Stream.Next(ctx, limit)
			if err != nil || len(b.Events) > 0 {
				return b, err
			}
			select {
			case <-o.Stream.Wake():
			case <-ctx.Done():
				return b, context.Cause(ctx)
			}
		}
	}
}

func skipsFailed(_ *fake, o *odd) {
	o.next = func(ctx context.Context, limit int) (event.Batch, error) {
		b, err := o.Stream.Next(context.WithoutCancel(ctx), limit)
		if ctx.Err() != nil {
			return event.Batch{}, ctx.Err()
		}
		return b, err
	}
}

func neverWakes(_ *fake, o *odd) { o.wake = make(chan struct{}) }

func advancesAnyhow(_ *fake, o *odd) {
	o.advance = func(ctx context.Context, b event.Batch) error {
		if err := o.Stream.Advance(ctx, b); !errors.Is(err, event.ErrOrder) {
			return err
		}
		return nil
	}
}

func advancesAtOnce(f *fake, o *odd) {
	o.advance = func(ctx context.Context, b event.Batch) error {
		if db.UnitOf(ctx) == nil {
			return db.ErrNoTransaction
		}
		return f.alone(ctx, func(ctx context.Context) error { return o.Stream.Advance(ctx, b) })
	}
}

// advancesWithOthers needs a transaction.
func advancesWithOthers(_ *fake, o *odd) {
	o.advance = func(ctx context.Context, b event.Batch) error {
		if !db.InTx(ctx) {
			return db.ErrNoTransaction
		}
		return o.Stream.Advance(ctx, b)
	}
}

// alone breaks what is advanced without a transaction.
func alone(advance func(ctx context.Context, o *odd, b event.Batch) error) func(f *fake, o *odd) {
	return func(_ *fake, o *odd) {
		o.advance = func(ctx context.Context, b event.Batch) error {
			if db.InTx(ctx) {
				return o.Stream.Advance(ctx, b)
			}
			return advance(ctx, o, b)
		}
	}
}

func passesAnyhow(ctx context.Context, o *odd, b event.Batch) error {
	if err := o.Stream.Advance(ctx, b); !errors.Is(err, event.ErrOrder) {
		return err
	}
	return nil
}

func passesWhenLost(ctx context.Context, o *odd, b event.Batch) error {
	if err := o.Stream.Advance(ctx, b); !errors.Is(err, event.ErrLost) {
		return err
	}
	return nil
}

// passesUnfenced stores the position of who is no owner any more.
func passesUnfenced(f *fake, o *odd) {
	alone(func(ctx context.Context, o *odd, b event.Batch) error {
		err := o.Stream.Advance(ctx, b)
		p, ours := b.Position.(*part)
		s, plain := o.Stream.(*stream)
		if !errors.Is(err, event.ErrLost) || !ours || !plain {
			return err
		}
		f.mu.Lock()
		defer f.mu.Unlock()
		s.reader.passed = p.to
		return err
	})(f, o)
}

func advancesNothing(_ *fake, o *odd) {
	o.advance = func(context.Context, event.Batch) error { return nil }
}

func hidesLoss(_ *fake, o *odd) {
	o.advance = func(ctx context.Context, b event.Batch) error {
		if err := o.Stream.Advance(ctx, b); !errors.Is(err, event.ErrLost) {
			return err
		}
		return nil
	}
}

func readsLost(_ *fake, o *odd) {
	o.next = func(ctx context.Context, limit int) (event.Batch, error) {
		b, err := o.Stream.Next(ctx, limit)
		if errors.Is(err, event.ErrLost) {
			return event.Batch{}, nil
		}
		return b, err
	}
}

// releasesRead advances over what was read when it releases.
func releasesRead(f *fake, o *odd) {
	var open []event.Batch
	o.next = func(ctx context.Context, limit int) (event.Batch, error) {
		b, err := o.Stream.Next(ctx, limit)
		if len(b.Events) > 0 {
			open = append(open, b)
		}
		return b, err
	}
	o.advance = func(ctx context.Context, b event.Batch) error {
		open = open[1:]
		return o.Stream.Advance(ctx, b)
	}
	o.release = func(ctx context.Context) error {
		for _, b := range open {
			if err := f.InTx(ctx, func(ctx context.Context) error { return o.Stream.Advance(ctx, b) }); err != nil {
				break
			}
		}
		open = nil
		return o.Stream.Release(ctx)
	}
}
