package outboxtest

import (
	"context"
	"time"

	"fxcell.dev/fxcell/event"
	"fxcell.dev/fxcell/internal/promise"
)

func readCases() []promise.Case[*kit] {
	return []promise.Case[*kit]{
		{Name: "Next hands out at most its limit, and goes on", Keep: nextGoesOn},
		{Name: "nothing to read is an empty batch, at once", Keep: nothingToRead},
		{Name: "a read that failed loses nothing", Keep: failedRead},
		{Name: "a commit wakes the owner", Keep: commitWakes},
	}
}

func nextGoesOn(k *kit) {
	s := k.own(event.Reader{Name: "r"})
	k.write("1", "2", "3")
	k.write("4", "5")
	batches := k.reads(s, 2, "1", "2", "3", "4", "5") // which holds each batch to its limit
	k.readsNothing(s)
	k.advance(s, batches...)
	k.readsNothing(s)
	k.write("6")
	k.readsAll(s, "6")
}

func nothingToRead(k *kit) {
	s := k.own(event.Reader{Name: "r"})
	ctx, cancel := context.WithTimeout(k.Outside, k.Patience/2)
	defer cancel()
	for range 3 {
		if b, err := s.Next(ctx, 1); err != nil || len(b.Events) > 0 {
			k.Fatalf("Next = %q, %v, want an empty batch", idsOf(b), err)
		}
	}
	k.write("1")
	k.readsAll(s, "1")
}

func failedRead(k *kit) {
	s := k.own(event.Reader{Name: "r"})
	k.write("1", "2", "3")
	ended, cancel := context.WithCancel(k.Outside)
	cancel()
	b, err := s.Next(ended, 2)
	if err != nil && len(b.Events) > 0 {
		k.Errorf("Next = %q beside the error %v", idsOf(b), err)
	}
	k.readsAll(s, []string{"1", "2", "3"}[len(b.Events):]...) // it may have been read all the same
}

func commitWakes(k *kit) {
	s := k.own(event.Reader{Name: "r"})
	k.readsNothing(s)
	for id, busy := range map[string]time.Duration{"at once": 0, "of one who was busy": k.Quiet} {
		err := k.Tx.InTx(k.Outside, func(ctx context.Context) error {
			k.add(ctx, id)
			k.readsNothing(s)
			for woken := true; woken; { // what woke it before the commit does not count
				select {
				case <-s.Wake():
				default:
					woken = false
				}
			}
			return nil
		})
		if err != nil {
			k.Fatalf("InTx = %v", err)
		}
		if busy > 0 {
			<-time.After(busy)
		}
		select {
		case <-s.Wake():
		case <-k.Outside.Done():
			k.Fatalf("no wake %s after a commit", id)
		}
		k.readsAll(s, id)
	}
}
