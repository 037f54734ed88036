package dbtest

import (
	"context"
	"errors"

	"fxcell.dev/fxcell/internal/promise"
)

func savepointCases() []promise.Case[*kit] {
	return []promise.Case[*kit]{
		{Name: "a savepoint that failed undoes itself alone", Keep: savepointUndoesItself},
		{Name: "a savepoint that was kept goes with what is around it", Keep: savepointGoesWithOuter},
		{Name: "savepoints nest", Keep: savepointsNest},
		{Name: "a panic in a savepoint that is recovered leaves the rest", Keep: savepointPanic},
		{Name: "a savepoint whose context ended is undone", Keep: savepointContext},
	}
}

func savepointUndoesItself(k *kit) {
	k.commit(func(ctx context.Context) {
		k.add(ctx, "a", 1)
		k.undone(ctx, func(ctx context.Context) {
			k.sees(ctx, "in the savepoint", "a", 1)
			k.add(ctx, "a", 10)
			k.add(ctx, "b", 10)
		})
		k.sees(ctx, "after the savepoint", "a", 1)
		k.sees(ctx, "after the savepoint", "b", 0)
		k.add(ctx, "a", 100)
	})
	k.sees(k.Outside, "after the commit", "a", 101)
	k.sees(k.Outside, "after the commit", "b", 0)
}

func savepointGoesWithOuter(k *kit) {
	k.commit(func(ctx context.Context) {
		k.kept(ctx, func(ctx context.Context) { k.add(ctx, "a", 1) })
		k.sees(ctx, "after a savepoint that was kept", "a", 1)
	})
	k.sees(k.Outside, "after the commit", "a", 1)
	k.undone(k.Outside, func(ctx context.Context) {
		k.kept(ctx, func(ctx context.Context) { k.add(ctx, "a", 10) })
	})
	k.sees(k.Outside, "after the rollback of what was around the savepoint", "a", 1)
}

// depth is how deep savepoints nest in the suite.
const depth = 8

func savepointsNest(k *kit) {
	k.commit(func(ctx context.Context) {
		k.add(ctx, "a", 1)
		k.nest(ctx, depth)
		k.undone(ctx, func(ctx context.Context) {
			k.kept(ctx, func(ctx context.Context) { k.add(ctx, "b", 1) })
			k.sees(ctx, "after the inner savepoint", "b", 1)
		})
		k.sees(ctx, "after the outer savepoint", "b", 0)
		for range depth {
			k.kept(ctx, func(ctx context.Context) { k.add(ctx, "c", 1) })
			k.undone(ctx, func(ctx context.Context) { k.add(ctx, "c", 100) })
		}
	})
	k.sees(k.Outside, "after the commit", "a", 1+depth/2)
	k.sees(k.Outside, "after the commit", "b", 0)
	k.sees(k.Outside, "after the commit", "c", depth)
}

// nest opens n savepoints in one another. The deeper half of them is undone as a whole.
func (k *kit) nest(ctx context.Context, n int) {
	k.Helper()
	inside := func(ctx context.Context) {
		k.add(ctx, "a", 1)
		if n > 1 {
			k.nest(ctx, n-1)
		}
	}
	if n == depth/2 {
		k.undone(ctx, inside)
	} else {
		k.kept(ctx, inside)
	}
}

func savepointPanic(k *kit) {
	k.commit(func(ctx context.Context) {
		k.add(ctx, "a", 1)
		value := panicked(func() {
			_ = k.in(ctx, func(ctx context.Context) error {
				k.add(ctx, "a", 10)
				fail()
				return nil
			})
		})
		if value != any(errTest) {
			k.Errorf("recovered %v, want the panic of the function", value)
		}
		k.add(ctx, "a", 100)
	})
	k.sees(k.Outside, "after the commit", "a", 101)
}

func savepointContext(k *kit) {
	k.commit(func(ctx context.Context) {
		k.add(ctx, "a", 1)
		inner, cancel := context.WithCancelCause(ctx)
		err := k.in(inner, func(ctx context.Context) error {
			k.add(ctx, "a", 10)
			cancel(errTest)
			return nil
		})
		if !errors.Is(err, errTest) {
			k.Errorf("the savepoint = %v, want the cause of its context's end", err)
		}
		k.add(ctx, "a", 100)
	})
	k.sees(k.Outside, "after the commit", "a", 101)
}
