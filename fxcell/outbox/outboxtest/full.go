package outboxtest

import (
	"context"
	"errors"
	"strconv"
	"time"

	"fxcell.dev/fxcell/db"
	"fxcell.dev/fxcell/event"
	"fxcell.dev/fxcell/internal/promise"
	"fxcell.dev/fxcell/outbox"
)

func fullCases() []promise.Case[*kit] {
	return []promise.Case[*kit]{
		{Name: "a full log fails the commit at once, and loses nothing", Keep: fullFails},
		{Name: "there is room when every reader has passed, not before", Keep: roomAfterReaders},
		{Name: "what no reader wants takes up no room", Keep: unwantedTakesNoRoom},
	}
}

// numbers returns from..through as ids.
func numbers(from, through int) []string {
	var out []string
	for n := from; n <= through; n++ {
		out = append(out, strconv.Itoa(n))
	}
	return out
}

// refused fails unless a transaction with one event more is refused at once, as a whole.
func (k *kit) refused(when string) {
	k.Helper()
	started, committed := time.Now(), false
	err := k.Tx.InTx(k.Outside, func(ctx context.Context) error {
		return errors.Join(db.OnCommit(ctx, func(context.Context) { committed = true }), k.Writer.Write(ctx, named("too many")))
	})
	if !errors.Is(err, outbox.ErrFull) || committed {
		k.Fatalf("%s: InTx = %v, committed: %v, want outbox.ErrFull and a rollback", when, err, committed)
	}
	if took := time.Since(started); took > k.Patience/2 {
		k.Errorf("%s: refused after %v, want at once", when, took)
	}
}

func fullFails(k *kit) {
	s := k.own(event.Reader{Name: "r"})
	k.write(numbers(1, Capacity-2)...)
	if err := k.try("a", "b", "c"); !errors.Is(err, outbox.ErrFull) { // part of it would fit
		k.Errorf("InTx = %v, want outbox.ErrFull", err)
	}
	k.write(numbers(Capacity-1, Capacity)...)
	k.refused("full")
	k.refused("still full")
	batches := k.readsAll(s, numbers(1, Capacity)...)
	k.advance(s, batches...)
	k.write("after")
	k.readsAll(s, "after")
}

func roomAfterReaders(k *kit) {
	fast, slow := k.own(event.Reader{Name: "fast"}), k.own(event.Reader{Name: "slow"})
	k.write(numbers(1, Capacity)...)
	read := k.readsAll(fast, numbers(1, Capacity)...)
	k.refused("when one reader has read")
	k.advance(fast, read...)
	k.refused("when one of two readers has passed")
	k.readsAll(slow, numbers(1, Capacity)...)
	k.refused("when the slow reader has read")
	k.release(slow)
	k.refused("when the slow reader has no owner")
	slow = k.own(event.Reader{Name: "slow"})
	k.advance(slow, k.readsAll(slow, numbers(1, Capacity)...)...)
	k.write(numbers(Capacity+1, 2*Capacity)...)
	k.refused("when it was filled again")
	k.readsAll(fast, numbers(Capacity+1, 2*Capacity)...)
	k.readsAll(slow, numbers(Capacity+1, 2*Capacity)...)
}

func unwantedTakesNoRoom(k *kit) {
	s := k.own(event.Reader{Name: "b", Contracts: []string{"event.b.v1"}})
	for round := range 3 {
		for _, id := range numbers(1, Capacity) { // a look of the owner may have to come in between
			k.readsNothing(s)
			k.write(strconv.Itoa(round) + "/" + id)
		}
	}
	k.readsNothing(s)
	k.write("b:wanted")
	k.readsAll(s, "b:wanted")
}
