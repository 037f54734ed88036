package db_test

import (
	"context"
	"errors"
	"runtime"
	"testing"

	"github.com/google/go-cmp/cmp"

	"fxcell.dev/fxcell/db"
)

// panics runs fn and returns what it panicked with.
func panics(fn func()) (value any) {
	defer func() { value = recover() }()
	fn()
	return nil
}

func boom() error { panic("boom") } //nolint:forbidigo // code that runs in a transaction may panic

func TestPanicUndoesAndGoesOn(t *testing.T) {
	t.Parallel()
	j := &journal{t: t}
	got := panics(func() {
		_ = j.inTx(t.Context(), func(ctx context.Context) error {
			j.after(ctx, "a")
			return j.inTx(ctx, func(ctx context.Context) error {
				j.after(ctx, "inner")
				return boom()
			})
		})
	})
	if got != "boom" {
		t.Errorf("recovered %v, want the panic of the function", got)
	}
	want := []string{"begin", "savepoint", "rollback to", "undone inner", "rollback", "undone a"}
	if diff := cmp.Diff(want, j.events); diff != "" {
		t.Error(diff)
	}
}

func TestPanicInASavepointThatIsRecoveredLeavesTheRest(t *testing.T) {
	t.Parallel()
	j := &journal{t: t}
	err := j.inTx(t.Context(), func(ctx context.Context) error {
		panics(func() { _ = j.inTx(ctx, func(context.Context) error { return boom() }) })
		j.after(ctx, "a")
		return nil
	})
	if err != nil {
		t.Errorf("InTx = %v", err)
	}
	if diff := cmp.Diff([]string{"begin", "savepoint", "rollback to", "commit", "committed a"}, j.events); diff != "" {
		t.Error(diff)
	}
}

func TestGoexitUndoes(t *testing.T) {
	t.Parallel()
	j := &journal{t: t}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = j.inTx(t.Context(), func(ctx context.Context) error {
			j.after(ctx, "a")
			runtime.Goexit()
			return nil
		})
	}()
	<-ended
	if diff := cmp.Diff([]string{"begin", "rollback", "undone a"}, j.events); diff != "" {
		t.Error(diff)
	}
}

func TestHooksRunOutsideOfTheTransactionAndAfterItsContext(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name     string
		register func(context.Context, func(context.Context)) error
		result   error
	}{
		{"committed", db.OnCommit, nil},
		{"rolled back", db.OnRollback, errTest},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			j, second := &journal{t: t}, &journal{t: t}
			ctx, cancel := context.WithCancel(t.Context())
			ran := false
			_ = j.inTx(ctx, func(inside context.Context) error {
				err := c.register(inside, func(hook context.Context) {
					ran = true
					cancel()
					if db.InTx(hook) || hook.Err() != nil {
						t.Errorf("the hook's context: InTx %v, Err %v, want neither", db.InTx(hook), hook.Err())
					}
					if err := second.inTx(hook, func(context.Context) error { return nil }); err != nil {
						t.Errorf("a transaction of the hook = %v", err)
					}
				})
				return errors.Join(err, c.result)
			})
			if !ran {
				t.Error("the hook did not run")
			}
			if diff := cmp.Diff([]string{"begin", "commit"}, second.events); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestHookOfASavepointCannotStartATransaction(t *testing.T) {
	t.Parallel()
	j := &journal{t: t}
	var got error
	err := j.inTx(t.Context(), func(ctx context.Context) error {
		_ = j.inTx(ctx, func(ctx context.Context) error {
			err := db.OnRollback(ctx, func(ctx context.Context) {
				got = j.inTx(ctx, func(context.Context) error { return nil })
			})
			return errors.Join(err, errTest)
		})
		return nil
	})
	if err != nil || !errors.Is(got, db.ErrTxDone) {
		t.Errorf("InTx = %v, in the hook %v, want nil and ErrTxDone: it would wait for the one around it", err, got)
	}
}

func TestHookThatPanicsDoesNotKeepTheOthersFromRunning(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name     string
		register func(context.Context, func(context.Context)) error
		result   error
		want     []string
	}{
		{"committed", db.OnCommit, nil, []string{"begin", "commit", "first", "last"}},
		{"rolled back", db.OnRollback, errTest, []string{"begin", "rollback", "last", "first"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			j := &journal{t: t}
			got := panics(func() {
				_ = j.inTx(t.Context(), func(ctx context.Context) error {
					return errors.Join(
						c.register(ctx, func(context.Context) { _ = j.note("first") }),
						c.register(ctx, func(context.Context) { _ = boom() }),
						c.register(ctx, func(context.Context) { _ = j.note("last") }),
						c.result,
					)
				})
			})
			if got != "boom" {
				t.Errorf("recovered %v, want the hook's panic", got)
			}
			if diff := cmp.Diff(c.want, j.events); diff != "" {
				t.Error(diff)
			}
		})
	}
}
