package dbtest

import (
	"context"
	"errors"

	"fxcell.dev/fxcell/db"
	"fxcell.dev/fxcell/durability"
	"fxcell.dev/fxcell/internal/promise"
)

func commitCases() []promise.Case[*kit] {
	return []promise.Case[*kit]{
		{Name: "the adapter says what it keeps", Keep: statesItsGrade},
		{Name: "a commit shows what was written", Keep: commitShows},
		{Name: "readers outside see only what was committed", Keep: readersOutside},
		{Name: "a write needs a transaction", Keep: writeNeedsTransaction},
		{Name: "a transaction that has ended is over", Keep: endedIsOver},
	}
}

func statesItsGrade(k *kit) {
	if got := k.Tx.Durability(); got != durability.Volatile && got != durability.Persistent {
		k.Errorf("Durability = %v, want volatile or persistent", got)
	}
}

func commitShows(k *kit) {
	k.commit(func(ctx context.Context) {
		k.add(ctx, "a", 1)
		k.add(ctx, "a", 2)
		k.add(ctx, "b", 5)
		k.sees(ctx, "inside", "a", 3)
	})
	k.sees(k.Outside, "after the commit", "a", 3)
	k.sees(k.Outside, "after the commit", "b", 5)
	k.commit(func(ctx context.Context) {
		k.sees(ctx, "in the next transaction", "a", 3)
		k.add(ctx, "a", 4)
	})
	k.sees(k.Outside, "after the next commit", "a", 7)
}

func readersOutside(k *kit) {
	k.commit(func(ctx context.Context) { k.add(ctx, "old", 1) })
	outside := k.Outside
	k.commit(func(ctx context.Context) {
		k.add(ctx, "old", 1)
		k.add(ctx, "new", 1)
		k.sees(outside, "outside of an open transaction", "old", 1)
		k.sees(outside, "outside of an open transaction", "new", 0)
		k.kept(ctx, func(ctx context.Context) { k.add(ctx, "new", 1) })
		k.sees(outside, "outside, after a savepoint was kept", "new", 0)
	})
	k.sees(outside, "after the commit", "old", 2)
	k.sees(outside, "after the commit", "new", 2)
}

func writeNeedsTransaction(k *kit) {
	if err := k.Store.Add(k.Outside, "a", 1); !errors.Is(err, db.ErrNoTransaction) {
		k.Errorf("Add without a transaction = %v, want db.ErrNoTransaction", err)
	}
	k.sees(k.Outside, "after a write without a transaction", "a", 0)
}

func endedIsOver(k *kit) {
	var past context.Context
	k.commit(func(ctx context.Context) { past = ctx })
	if err := k.Store.Add(past, "a", 1); !errors.Is(err, db.ErrTxDone) {
		k.Errorf("Add after the end = %v, want db.ErrTxDone", err)
	}
	ran := false
	if err := k.in(past, func(context.Context) error { ran = true; return nil }); !errors.Is(err, db.ErrTxDone) || ran {
		k.Errorf("InTx after the end = %v, its function ran: %v, want db.ErrTxDone and that it did not", err, ran)
	}
	k.sees(k.Outside, "after the end", "a", 0)
}
