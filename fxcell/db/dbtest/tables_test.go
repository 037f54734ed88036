package dbtest

import (
	"context"
	"maps"
	"time"

	"fxcell.dev/fxcell/db"
)

func readsCommitted(_ context.Context, f *fake, key string) int64 { return f.committed()[key] }

func readsDirty(_ context.Context, f *fake, key string) int64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.dirty[key]
}

func addsAlone(ctx context.Context, f *fake, key string, n int64) error {
	if db.InTx(ctx) {
		return f.add(ctx, key, n)
	}
	return f.inTx(ctx, func(ctx context.Context) error { return f.add(ctx, key, n) })
}

// overwrites works on what was committed before the transaction got its turn. The first ones meet there.
func overwrites(ctx context.Context, f *fake, fn body) error {
	if db.InTx(ctx) {
		return f.inTx(ctx, fn)
	}
	rows := f.committed()
	if f.starts.Add(1) == writers {
		close(f.met)
	}
	select {
	case <-f.met:
	case <-ctx.Done():
	}
	return f.inTx(ctx, func(ctx context.Context) error {
		joined(ctx).rows = rows
		return fn(ctx)
	})
}

func waitsForEver(ctx context.Context, f *fake, fn body) error {
	begin := func(ctx context.Context) (db.Unit, error) { return f.begin(context.WithoutCancel(ctx)) }
	return db.Run(ctx, begin, fn)
}

// discarding reports a commit that it did not make.
type discarding struct{ *unit }

func (u discarding) Commit(ctx context.Context) error { return u.Rollback(ctx) }

// leaking forgets to end a transaction that is rolled back.
type leaking struct{ *unit }

func (leaking) Rollback(context.Context) error { return nil }

// flat knows no savepoints.
type flat struct{ *unit }

func (flat) Savepoint(context.Context) error  { return nil }
func (flat) RollbackTo(context.Context) error { return nil }
func (flat) Release(context.Context) error    { return nil }

// hasty commits a savepoint that was kept.
type hasty struct{ *unit }

func (u hasty) Release(ctx context.Context) error {
	u.fake.show(maps.Clone(u.rows))
	return u.unit.Release(ctx)
}

// shallow has one savepoint, however many are open.
type shallow struct {
	*unit

	open int
}

func (u *shallow) Savepoint(ctx context.Context) error {
	if u.open++; u.open > 1 {
		return nil
	}
	return u.unit.Savepoint(ctx)
}

func (u *shallow) RollbackTo(ctx context.Context) error {
	if u.open--; u.open > 0 {
		return nil
	}
	return u.unit.RollbackTo(ctx)
}

func (u *shallow) Release(ctx context.Context) error {
	if u.open--; u.open > 0 {
		return nil
	}
	return u.unit.Release(ctx)
}

// late commits a little later than it says.
type late struct{ *unit }

func (u late) Commit(ctx context.Context) error {
	time.AfterFunc(time.Millisecond, func() { _ = u.unit.Commit(ctx) })
	return nil
}
