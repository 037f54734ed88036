package eventtest

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"fxcell.dev/fxcell/db"
	"fxcell.dev/fxcell/event"
	"fxcell.dev/fxcell/internal/promise"
)

// InboxSubject is an inbox under test, with the transactor that it works with. Each test gets an empty one.
type InboxSubject struct {
	Tx    db.Transactor
	Inbox event.Inbox
}

type inboxKit struct {
	*promise.T
	InboxSubject
}

func inboxCases() []promise.Case[*inboxKit] {
	return []promise.Case[*inboxKit]{
		{Name: "the inbox says what it keeps", Keep: func(k *inboxKit) { statesItsGrade(k.T, k.Inbox) }},
		{Name: "an event is seen when it was marked", Keep: seenWhenMarked},
		{Name: "earlier events of a key are seen with it, later ones are not", Keep: watermark},
		{Name: "a watermark never goes back", Keep: neverBack},
		{Name: "events without a place and a key are known by their ids", Keep: knownByID},
		{Name: "readers, topics and keys are told apart", Keep: marksApart},
		{Name: "a mark goes with its transaction", Keep: markGoes},
		{Name: "a mark needs a transaction", Keep: markNeedsTransaction},
		{Name: "many mark at a time", Keep: manyMark},
	}
}

func (k *inboxKit) mark(reader string, events ...event.Event) {
	k.Helper()
	commit(k.T, k.Tx, func(ctx context.Context) error {
		for _, e := range events {
			if err := k.Inbox.Mark(ctx, reader, e); err != nil {
				return err
			}
		}
		return nil
	})
}

func (k *inboxKit) sees(ctx context.Context, when, reader string, e event.Event, want bool) {
	k.Helper()
	if got, err := k.Inbox.Seen(ctx, reader, e); got != want || err != nil {
		k.Errorf("%s: Seen(%s, %s/%s, Seq %d) = %v, %v, want %v", when, reader, e.Topic, e.Key, e.Seq, got, err, want)
	}
}

func seenWhenMarked(k *inboxKit) {
	e := of("t", "k", 7)
	k.sees(k.Outside, "before", "r", e, false)
	outside := k.Outside
	commit(k.T, k.Tx, func(ctx context.Context) error {
		k.sees(ctx, "inside, before the mark", "r", e, false)
		if err := k.Inbox.Mark(ctx, "r", e); err != nil {
			return err
		}
		k.sees(ctx, "inside", "r", e, true)
		k.sees(outside, "outside, before the commit", "r", e, false)
		return nil
	})
	k.sees(k.Outside, "after the commit", "r", e, true)
	commit(k.T, k.Tx, func(ctx context.Context) error {
		k.sees(ctx, "in the next transaction", "r", e, true)
		return nil
	})
}

func watermark(k *inboxKit) {
	k.mark("r", of("t", "k", 7))
	for seq, want := range map[int64]bool{1: true, 6: true, 7: true, 8: false, 1 << 40: false} {
		k.sees(k.Outside, "after 7", "r", of("t", "k", seq), want)
	}
	k.mark("r", of("t", "k", 1<<40))
	for seq, want := range map[int64]bool{8: true, 1 << 40: true, 1<<40 + 1: false} {
		k.sees(k.Outside, "after a large one", "r", of("t", "k", seq), want)
	}
}

func neverBack(k *inboxKit) {
	k.mark("r", of("t", "k", 7), of("t", "k", 3))
	k.sees(k.Outside, "after 7 and 3 in a transaction", "r", of("t", "k", 7), true)
	k.mark("r", of("t", "k", 5))
	k.mark("r", of("t", "k", 7)) // again
	for seq, want := range map[int64]bool{5: true, 7: true, 8: false} {
		k.sees(k.Outside, "after 7, 3, 5 and 7", "r", of("t", "k", seq), want)
	}
}

// Somebody else published them: they have no Seq, and the consumer leaves out their keys.
func knownByID(k *inboxKit) {
	alone := func(id string) event.Event { return event.Event{ID: id, Contract: "event.a.v1", Topic: "t"} }
	k.mark("r", of("t", "k", 7), alone("2"), alone("2"))
	k.mark("r", alone("2"))
	for id, want := range map[string]bool{"1": false, "2": true, "3": false} {
		k.sees(k.Outside, "after 2 was marked", "r", alone(id), want)
	}
	k.sees(k.Outside, "for another reader", "s", alone("2"), false)
	k.mark("r", of("t", "k", 8))
	k.sees(k.Outside, "after another event was marked", "r", alone("2"), true)
}

func marksApart(k *inboxKit) {
	for i, marked := range places {
		k.mark(marked.reader, of(marked.topic, marked.key, 7))
		for j, p := range places {
			k.sees(k.Outside, fmt.Sprintf("after %q was marked", marked), p.reader, of(p.topic, p.key, 7), j <= i)
		}
	}
}

func markGoes(k *inboxKit) {
	mark := func(e event.Event) func(ctx context.Context) error {
		return func(ctx context.Context) error { return k.Inbox.Mark(ctx, "r", e) }
	}
	k.mark("r", of("t", "moves", 1))
	undo(k.Outside, k.T, k.Tx, mark(of("t", "undone", 5)))
	undo(k.Outside, k.T, k.Tx, mark(of("t", "moves", 5)))
	commit(k.T, k.Tx, func(ctx context.Context) error {
		undo(ctx, k.T, k.Tx, mark(of("t", "savepoint", 5)))
		k.sees(ctx, "after the savepoint", "r", of("t", "savepoint", 5), false)
		return k.Tx.InTx(ctx, mark(of("t", "kept", 5)))
	})
	for key, want := range map[string]int64{"undone": 0, "moves": 1, "savepoint": 0, "kept": 5} {
		for _, seq := range []int64{1, 5} {
			k.sees(k.Outside, "after all", "r", of("t", key, seq), seq <= want)
		}
	}
}

func markNeedsTransaction(k *inboxKit) {
	if err := k.Inbox.Mark(k.Outside, "r", of("t", "k", 1)); !errors.Is(err, db.ErrNoTransaction) {
		k.Errorf("Mark without a transaction = %v, want db.ErrNoTransaction", err)
	}
	k.sees(k.Outside, "after a mark without a transaction", "r", of("t", "k", 1), false)
}

// How many mark or park at a time.
const crowd = 12

func manyMark(k *inboxKit) {
	var all sync.WaitGroup
	for n := range crowd {
		all.Go(func() {
			for seq := range int64(5) {
				e := of("t", fmt.Sprint("key ", n), seq+1)
				if err := k.Tx.InTx(k.Outside, func(ctx context.Context) error { return k.Inbox.Mark(ctx, "r", e) }); err != nil {
					k.Errorf("Mark = %v", err)
				}
				k.sees(k.Outside, "by the one who marked", "r", e, true)
			}
		})
	}
	all.Wait()
	for n := range crowd {
		k.sees(k.Outside, "after all", "r", of("t", fmt.Sprint("key ", n), 5), true)
		k.sees(k.Outside, "after all", "r", of("t", fmt.Sprint("key ", n), 6), false)
	}
}
