package dbtest

import (
	"context"
	"errors"
	"maps"

	"fxcell.dev/fxcell/db"
)

func commitsFailure(ctx context.Context, f *fake, fn body) error {
	var failed error
	err := f.inTx(ctx, func(ctx context.Context) error { failed = fn(ctx); return nil })
	return errors.Join(err, failed)
}

func hidesError(ctx context.Context, f *fake, fn body) error {
	if err := f.inTx(ctx, fn); err != nil {
		return errors.New(err.Error())
	}
	return nil
}

func commitsPanic(ctx context.Context, f *fake, fn body) error {
	var p any
	err := f.inTx(ctx, func(ctx context.Context) (err error) {
		p = panicked(func() { err = fn(ctx) })
		return err
	})
	if p != nil {
		panic(p) //nolint:forbidigo // it goes on
	}
	return err
}

func swallowsPanic(ctx context.Context, f *fake, fn body) (err error) {
	if panicked(func() { err = f.inTx(ctx, fn) }) != nil {
		return errors.New("the function panicked")
	}
	return err
}

// keepsPanic keeps what a panic did in a savepoint.
func keepsPanic(ctx context.Context, f *fake, fn body) error {
	if db.InTx(ctx) {
		return commitsPanic(ctx, f, fn)
	}
	return f.inTx(ctx, fn)
}

func runsElsewhere(ctx context.Context, f *fake, fn body) error {
	return f.inTx(ctx, func(ctx context.Context) (err error) {
		left := make(chan struct{})
		go func() {
			defer close(left)
			err = fn(ctx)
		}()
		<-left
		return err
	})
}

func ignoresEnd(ctx context.Context, f *fake, fn body) error {
	return f.inTx(context.WithoutCancel(ctx), fn)
}

// keepsEnded keeps a savepoint whose context has ended.
func keepsEnded(ctx context.Context, f *fake, fn body) error {
	if db.InTx(ctx) {
		return ignoresEnd(ctx, f, fn)
	}
	return f.inTx(ctx, fn)
}

// bare is a context without the values that it carries.
type bare struct{ context.Context } //nolint:containedctx // it is one

func (bare) Value(any) any { return nil }

func forget(ctx context.Context) context.Context { return bare{ctx} }

// startsAnew takes a context of the past for one without a transaction.
func startsAnew(ctx context.Context, f *fake, fn body) error {
	if !db.InTx(ctx) || db.UnitOf(ctx) != nil {
		return f.inTx(ctx, fn)
	}
	select {
	case f.slot <- struct{}{}: // nobody else is writing
		<-f.slot
		return f.inTx(forget(ctx), fn)
	default: // in the hook of a savepoint it would wait for ever
		return fn(ctx)
	}
}

// dooms undoes the whole transaction when a savepoint fails, like a server that was told of no savepoint.
func dooms(ctx context.Context, f *fake, fn body) error {
	if db.InTx(ctx) {
		err := f.inTx(ctx, fn)
		f.doomed = f.doomed || err != nil
		return err
	}
	return f.inTx(ctx, func(ctx context.Context) error {
		err := fn(ctx)
		if err == nil && f.doomed {
			err = errors.New("the transaction is aborted")
		}
		return err
	})
}

func doesNotNest(ctx context.Context, f *fake, fn body) error {
	if db.InTx(ctx) {
		return fn(ctx)
	}
	return f.inTx(ctx, fn)
}

// nestsAlone drives savepoints by itself: to db.Run each is a transaction, whose hooks run at its end.
func nestsAlone(ctx context.Context, f *fake, fn body) error {
	u := joined(ctx)
	if u == nil {
		return f.inTx(ctx, fn)
	}
	begin := func(ctx context.Context) (db.Unit, error) { return savepoint{u}, u.Savepoint(ctx) }
	return db.Run(forget(ctx), begin, fn)
}

// savepoint passes for a transaction.
type savepoint struct{ *unit }

func (s savepoint) Commit(ctx context.Context) error   { return s.Release(ctx) }
func (s savepoint) Rollback(ctx context.Context) error { return s.RollbackTo(ctx) }

// commitsEarly commits when the function returns. The hooks before the commit come too late.
func commitsEarly(ctx context.Context, f *fake, fn body) error {
	return f.inTx(ctx, func(ctx context.Context) error {
		err := fn(ctx)
		if err == nil {
			f.show(maps.Clone(joined(ctx).rows))
		}
		return err
	})
}

// sealsEarly commits what was written when the function returned.
func sealsEarly(ctx context.Context, f *fake, fn body) error {
	if db.InTx(ctx) {
		return f.inTx(ctx, fn)
	}
	s := &sealed{}
	begin := func(ctx context.Context) (db.Unit, error) {
		_, err := f.begin(ctx)
		s.unit = &unit{fake: f, rows: f.committed()}
		return s, err
	}
	return db.Run(ctx, begin, func(ctx context.Context) error {
		err := fn(ctx)
		s.rows = maps.Clone(s.unit.rows)
		return err
	})
}

// sealed is a transaction whose rows are counted early.
type sealed struct {
	*unit

	rows map[string]int64
}

func (s *sealed) Commit(ctx context.Context) error {
	s.unit.rows = s.rows
	return s.unit.Commit(ctx)
}

// keepsPlace keeps the place of a transaction until its hooks have run.
func keepsPlace(ctx context.Context, f *fake, fn body) error {
	if db.InTx(ctx) {
		return f.inTx(ctx, fn)
	}
	select {
	case f.place <- struct{}{}:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	defer func() { <-f.place }()
	return f.inTx(ctx, fn)
}
