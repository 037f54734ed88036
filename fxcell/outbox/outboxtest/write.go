package outboxtest

import (
	"context"
	"errors"
	"runtime"
	"sync"

	"fxcell.dev/fxcell/db"
	"fxcell.dev/fxcell/durability"
	"fxcell.dev/fxcell/event"
	"fxcell.dev/fxcell/internal/promise"
	"fxcell.dev/fxcell/outbox"
)

func writeCases() []promise.Case[*kit] {
	return []promise.Case[*kit]{
		{Name: "the adapter says what it keeps", Keep: statesItsGrade},
		{Name: "a write needs a transaction", Keep: writeNeedsTransaction},
		{Name: "events leave with the commit, in order", Keep: leaveWithCommit},
		{Name: "what was undone never leaves", Keep: undoneNeverLeaves},
		{Name: "events of a savepoint that failed go with it", Keep: savepointGoes},
		{Name: "an event that a hook writes before the commit leaves with it", Keep: writtenBeforeCommit},
	}
}

func statesItsGrade(k *kit) {
	for port, s := range map[string]durability.Stated{"Writer": k.Writer, "Log": k.Log} {
		if got := s.Durability(); got != durability.Volatile && got != durability.Persistent {
			k.Errorf("%s: Durability = %v, want volatile or persistent", port, got)
		}
	}
}

func writeNeedsTransaction(k *kit) {
	s := k.own(event.Reader{Name: "r"})
	if err := k.Writer.Write(k.Outside, named("outside")); !errors.Is(err, outbox.ErrNoTransaction) {
		k.Errorf("Write without a transaction = %v, want outbox.ErrNoTransaction", err)
	}
	var past context.Context
	if err := k.Tx.InTx(k.Outside, func(ctx context.Context) error { past = ctx; return nil }); err != nil {
		k.Fatalf("InTx = %v", err)
	}
	if err := k.Writer.Write(past, named("late")); !errors.Is(err, db.ErrTxDone) && !errors.Is(err, outbox.ErrNoTransaction) {
		k.Errorf("Write after the end = %v, want db.ErrTxDone or outbox.ErrNoTransaction", err)
	}
	k.write("1")
	k.readsAll(s, "1")
}

func leaveWithCommit(k *kit) {
	s := k.own(event.Reader{Name: "r"})
	err := k.Tx.InTx(k.Outside, func(ctx context.Context) error {
		if err := k.Writer.Write(ctx, named("1"), named("2"), named("3")); err != nil {
			return err
		}
		k.readsNothing(s)
		k.add(ctx, "4", "5")
		k.readsNothing(s)
		return nil
	})
	if err != nil {
		k.Fatalf("InTx = %v", err)
	}
	k.write("6")
	k.write("7", "8")
	k.readsAll(s, "1", "2", "3", "4", "5", "6", "7", "8")
}

// ends are the ways to leave a transaction without a commit.
var ends = map[string]func(ctx context.Context, cancel context.CancelFunc) error{
	"an error":            func(context.Context, context.CancelFunc) error { return errTest },
	"a panic":             func(context.Context, context.CancelFunc) error { panic(errTest) }, //nolint:forbidigo // code of users may
	"the goroutine's end": func(context.Context, context.CancelFunc) error { runtime.Goexit(); return nil },
	"the context's end":   func(_ context.Context, cancel context.CancelFunc) error { cancel(); return nil },
	"a hook before the commit": func(ctx context.Context, _ context.CancelFunc) error {
		return db.BeforeCommit(ctx, func(context.Context) error { return errTest })
	},
}

func undoneNeverLeaves(k *kit) {
	s := k.own(event.Reader{Name: "r"})
	var want []string
	for name, end := range ends {
		var wg sync.WaitGroup
		wg.Go(func() {
			defer func() { _ = recover() }()
			ctx, cancel := context.WithCancel(k.Outside)
			defer cancel()
			_ = k.Tx.InTx(ctx, func(ctx context.Context) error {
				if err := k.Writer.Write(ctx, named("undone by "+name)); err != nil {
					k.Errorf("Write = %v", err)
				}
				return end(ctx, cancel)
			})
		})
		wg.Wait()
		kept := "written after " + name
		k.write(kept)
		want = append(want, kept)
	}
	k.readsAll(s, want...)
}

func savepointGoes(k *kit) {
	s := k.own(event.Reader{Name: "r"})
	err := k.Tx.InTx(k.Outside, func(ctx context.Context) error {
		k.add(ctx, "1")
		undone := k.Tx.InTx(ctx, func(ctx context.Context) error {
			k.add(ctx, "undone")
			kept := k.Tx.InTx(ctx, func(ctx context.Context) error { k.add(ctx, "undone with what is around it"); return nil })
			return errors.Join(kept, errTest)
		})
		if !errors.Is(undone, errTest) {
			k.Errorf("the savepoint = %v, want the error of its function", undone)
		}
		k.add(ctx, "2")
		return k.Tx.InTx(ctx, func(ctx context.Context) error { k.add(ctx, "3"); return nil })
	})
	if err != nil {
		k.Fatalf("InTx = %v", err)
	}
	k.readsAll(s, "1", "2", "3")
}

func writtenBeforeCommit(k *kit) {
	s := k.own(event.Reader{Name: "r"})
	hook := func(id string) func(context.Context) error {
		return func(ctx context.Context) error { return k.Writer.Write(ctx, named(id)) }
	}
	err := k.Tx.InTx(k.Outside, func(ctx context.Context) error {
		if err := db.BeforeCommit(ctx, hook("2")); err != nil {
			return err
		}
		k.add(ctx, "1")
		return db.BeforeCommit(ctx, hook("3")) // after whatever the writer itself does there
	})
	if err != nil {
		k.Fatalf("InTx = %v", err)
	}
	k.readsAll(s, "1", "2", "3")
}
