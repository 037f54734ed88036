package dbtest

import (
	"context"
	"errors"
	"runtime"

	"fxcell.dev/fxcell/internal/promise"
)

func undoCases() []promise.Case[*kit] {
	return []promise.Case[*kit]{
		{Name: "an error undoes the transaction, and comes back", Keep: errorUndoes},
		{Name: "a panic undoes the transaction, and goes on", Keep: panicUndoes},
		{Name: "a goroutine that ends inside undoes the transaction", Keep: goexitUndoes},
		{Name: "a context that ended is not committed", Keep: endedContextUndoes},
	}
}

// untouched fails when a transaction left a trace, or keeps the next one from running.
func (k *kit) untouched() {
	k.Helper()
	k.sees(k.Outside, "after the rollback", "kept", 1)
	k.sees(k.Outside, "after the rollback", "new", 0)
	k.commit(func(ctx context.Context) {
		k.sees(ctx, "in the next transaction", "new", 0)
		k.add(ctx, "new", 3)
	})
	k.sees(k.Outside, "after the next transaction", "new", 3)
}

// change is what a transaction does that is to be undone.
func (k *kit) change(ctx context.Context) {
	k.Helper()
	k.add(ctx, "kept", 10)
	k.add(ctx, "new", 10)
}

func errorUndoes(k *kit) {
	k.commit(func(ctx context.Context) { k.add(ctx, "kept", 1) })
	k.undone(k.Outside, k.change)
	k.untouched()
}

// panicked runs fn and returns what it panicked with.
func panicked(fn func()) (value any) {
	defer func() { value = recover() }()
	fn()
	return nil
}

// fail panics as code in a transaction may.
func fail() {
	panic(errTest) //nolint:forbidigo // it stands for the code of a user
}

func panicUndoes(k *kit) {
	k.commit(func(ctx context.Context) { k.add(ctx, "kept", 1) })
	value := panicked(func() {
		_ = k.in(k.Outside, func(ctx context.Context) error {
			k.change(ctx)
			fail()
			return nil
		})
	})
	if value != any(errTest) {
		k.Errorf("recovered %v, want the panic of the function", value)
	}
	k.untouched()
}

func goexitUndoes(k *kit) {
	k.commit(func(ctx context.Context) { k.add(ctx, "kept", 1) })
	left := make(chan struct{})
	returned := false
	go func() {
		defer close(left)
		_ = k.in(k.Outside, func(ctx context.Context) error {
			k.change(ctx)
			runtime.Goexit()
			return nil
		})
		returned = true
	}()
	<-left
	if returned {
		k.Error("InTx returned to a goroutine that had ended")
	}
	k.untouched()
}

func endedContextUndoes(k *kit) {
	k.commit(func(ctx context.Context) { k.add(ctx, "kept", 1) })
	ctx, cancel := context.WithCancelCause(k.Outside)
	err := k.in(ctx, func(ctx context.Context) error {
		k.change(ctx)
		cancel(errTest)
		return nil
	})
	if !errors.Is(err, errTest) {
		k.Errorf("InTx = %v, want the cause of the context's end", err)
	}
	if err := k.in(ctx, func(ctx context.Context) error { return k.Store.Add(ctx, "new", 10) }); err == nil {
		k.Error("a transaction of a context that has ended = nil, want an error")
	}
	k.untouched()
}
