package dbtest

import (
	"context"
	"errors"

	"fxcell.dev/fxcell/db"
	"fxcell.dev/fxcell/internal/promise"
)

func hookCases() []promise.Case[*kit] {
	return []promise.Case[*kit]{
		{Name: "hooks before the commit write in the transaction, in order, also those that they add", Keep: beforeCommit},
		{Name: "an error before the commit undoes the transaction", Keep: beforeCommitFails},
		{Name: "hooks of a savepoint that failed go with it", Keep: hooksOfASavepoint},
		{Name: "hooks of a savepoint that was kept wait for the transaction", Keep: hooksWait},
		{Name: "after the commit its hooks see it, and start transactions", Keep: onCommit},
		{Name: "after the rollback its hooks run last first, and start transactions", Keep: onRollback},
		{Name: "a hook of a savepoint starts no transaction", Keep: savepointHookStartsNone},
	}
}

func beforeCommit(k *kit) {
	var j journal
	var step func(name string, more ...string) func(context.Context) error
	step = func(name string, more ...string) func(context.Context) error {
		return func(ctx context.Context) error {
			j.note("%s", name)
			k.add(ctx, "hooks", 1)
			k.sees(ctx, "in the hook", "a", 1)
			if len(more) > 0 {
				k.register(db.BeforeCommit(ctx, step(more[0], more[1:]...)))
			}
			return nil
		}
	}
	k.commit(func(ctx context.Context) {
		k.register(db.BeforeCommit(ctx, step("first", "added", "added by that")))
		k.kept(ctx, func(ctx context.Context) { k.register(db.BeforeCommit(ctx, step("of a savepoint"))) })
		k.register(db.BeforeCommit(ctx, step("last")))
		k.add(ctx, "a", 1)
		j.note("work")
	})
	k.wantSteps(j, "work", "first", "of a savepoint", "last", "added", "added by that")
	k.sees(k.Outside, "after the commit", "hooks", 5)
}

func beforeCommitFails(k *kit) {
	var j journal
	k.commit(func(ctx context.Context) { k.add(ctx, "kept", 1) })
	err := k.in(k.Outside, func(ctx context.Context) error {
		k.change(ctx)
		k.hooks(ctx, &j, "transaction")
		return db.BeforeCommit(ctx, func(ctx context.Context) error {
			k.add(ctx, "new", 10)
			return errTest
		})
	})
	if !errors.Is(err, errTest) {
		k.Errorf("InTx = %v, want the error of the hook", err)
	}
	k.wantSteps(j, "undone transaction")
	k.untouched()
}

func hooksOfASavepoint(k *kit) {
	var j journal
	k.commit(func(ctx context.Context) {
		k.hooks(ctx, &j, "outer")
		k.undone(ctx, func(ctx context.Context) {
			k.register(db.BeforeCommit(ctx, func(context.Context) error { j.note("before"); return errTest }))
			k.hooks(ctx, &j, "first")
			k.kept(ctx, func(ctx context.Context) { k.hooks(ctx, &j, "second") })
		})
		j.note("work")
	})
	k.wantSteps(j, "undone second", "undone first", "work", "committed outer")
}

func hooksWait(k *kit) {
	var j journal
	savepoints := func(ctx context.Context) {
		k.hooks(ctx, &j, "outer")
		k.kept(ctx, func(ctx context.Context) { k.hooks(ctx, &j, "inner") })
		j.note("work")
	}
	k.commit(savepoints)
	k.wantSteps(j, "work", "committed outer", "committed inner")
	j = nil
	k.undone(k.Outside, savepoints)
	k.wantSteps(j, "work", "undone inner", "undone outer")
}

// outside runs in a hook after the end of a transaction: it must be outside, in a context that has not ended, and may start a transaction.
func (k *kit) outside(hook context.Context, key string) {
	k.Helper()
	if db.InTx(hook) || hook.Err() != nil {
		k.Errorf("the hook's context: InTx %v, Err %v, want neither", db.InTx(hook), hook.Err())
	}
	ctx, cancel := context.WithTimeout(hook, k.Patience)
	defer cancel()
	if err := k.in(ctx, func(ctx context.Context) error { return k.Store.Add(ctx, key, 1) }); err != nil {
		k.Errorf("a transaction of the hook = %v", err)
	}
}

func onCommit(k *kit) {
	var j journal
	ctx, cancel := context.WithCancel(k.Outside)
	err := k.in(ctx, func(ctx context.Context) error {
		k.add(ctx, "a", 1)
		k.register(db.OnRollback(ctx, func(context.Context) { j.note("undone") }))
		k.register(db.OnCommit(ctx, func(hook context.Context) {
			cancel() // whoever waited has gone
			j.note("first")
			k.sees(hook, "in the hook", "a", 1)
			k.outside(hook, "b")
		}))
		k.register(db.OnCommit(ctx, func(context.Context) { j.note("second") }))
		return nil
	})
	if err != nil {
		k.Errorf("InTx = %v, want a commit", err)
	}
	k.wantSteps(j, "first", "second")
	k.sees(k.Outside, "after the transaction of a hook", "b", 1)
}

func onRollback(k *kit) {
	var j journal
	ctx, cancel := context.WithCancel(k.Outside)
	k.undone(ctx, func(ctx context.Context) {
		k.add(ctx, "a", 1)
		k.register(db.OnCommit(ctx, func(context.Context) { j.note("committed") }))
		k.register(db.OnRollback(ctx, func(context.Context) { j.note("first") }))
		k.register(db.OnRollback(ctx, func(hook context.Context) {
			cancel()
			j.note("second")
			k.sees(hook, "in the hook", "a", 0)
			k.outside(hook, "b")
		}))
	})
	k.wantSteps(j, "second", "first")
	k.sees(k.Outside, "after the transaction of a hook", "b", 1)
}

func savepointHookStartsNone(k *kit) {
	var got error
	ran := false
	k.commit(func(ctx context.Context) {
		k.undone(ctx, func(ctx context.Context) {
			k.register(db.OnRollback(ctx, func(hook context.Context) {
				got = k.in(hook, func(context.Context) error { ran = true; return nil })
			}))
		})
	})
	if !errors.Is(got, db.ErrTxDone) || ran {
		k.Errorf("InTx in the hook = %v, its function ran: %v, want db.ErrTxDone: it would wait for the transaction around it", got, ran)
	}
}
