package outboxtest

import (
	"context"
	"errors"
	"time"

	"fxcell.dev/fxcell/db"
	"fxcell.dev/fxcell/event"
	"fxcell.dev/fxcell/internal/promise"
)

func advanceCases() []promise.Case[*kit] {
	return []promise.Case[*kit]{
		{Name: "batches advance in order, and once", Keep: advanceInOrder},
		{Name: "an advance goes with its transaction", Keep: advanceJoins},
		{Name: "an advance in a savepoint goes with it", Keep: advanceInSavepoint},
		{Name: "an advance without a transaction is stored at once", Keep: advanceAlone},
		{Name: "who released is fenced", Keep: releasedIsFenced},
		{Name: "a takeover waits for the transaction that advanced", Keep: takeoverWaits},
	}
}

func advanceInOrder(k *kit) {
	s := k.own(event.Reader{Name: "r"})
	k.write("1", "2", "3")
	b := k.reads(s, 1, "1", "2", "3")
	for _, c := range []struct {
		name    string
		batches []event.Batch
	}{
		{"the second before the first", []event.Batch{b[1]}},
		{"one twice in a transaction", []event.Batch{b[0], b[0]}},
		{"the third after the first", []event.Batch{b[0], b[2]}},
	} {
		if err := k.tryAdvance(s, c.batches...); !errors.Is(err, event.ErrOrder) {
			k.Errorf("%s: Advance = %v, want event.ErrOrder", c.name, err)
		}
	}
	k.advance(s, b[0], b[1])
	if err := k.tryAdvance(s, b[0]); !errors.Is(err, event.ErrOrder) {
		k.Errorf("one that was passed: Advance = %v, want event.ErrOrder", err)
	}
	k.release(s)
	k.readsAll(k.own(event.Reader{Name: "r"}), "3")
}

func advanceJoins(k *kit) {
	r := event.Reader{Name: "r"}
	s := k.own(r)
	if !s.Transactional() {
		k.Error("Transactional = false: on the log, the position is the dedup")
	}
	k.write("1", "2", "3")
	b := k.reads(s, 1, "1", "2", "3")
	undo := func(s event.Stream, batches ...event.Batch) {
		k.Helper()
		err := k.Tx.InTx(k.Outside, func(ctx context.Context) error {
			for _, one := range batches {
				if err := s.Advance(ctx, one); err != nil {
					return err
				}
			}
			return errTest
		})
		if !errors.Is(err, errTest) {
			k.Errorf("InTx = %v, want the error of its function", err)
		}
	}
	undo(s, b[0], b[1])
	undo(s, b[0])
	k.advance(s, b[0]) // again
	undo(s, b[1], b[2])
	k.release(s)
	s = k.own(r)
	k.advance(s, k.readsAll(s, "2", "3")...)
	k.release(s)
	k.readsNothing(k.own(r))
}

func advanceInSavepoint(k *kit) {
	r := event.Reader{Name: "r"}
	s := k.own(r)
	k.write("1", "2", "3")
	b := k.reads(s, 1, "1", "2", "3")
	err := k.Tx.InTx(k.Outside, func(ctx context.Context) error {
		undone := func(one event.Batch) {
			k.Helper()
			err := k.Tx.InTx(ctx, func(ctx context.Context) error { return errors.Join(s.Advance(ctx, one), errTest) })
			if !errors.Is(err, errTest) || errors.Is(err, event.ErrOrder) {
				k.Errorf("the savepoint = %v, want the error of its function", err)
			}
		}
		undone(b[0])
		undone(b[0])
		if err := k.Tx.InTx(ctx, func(ctx context.Context) error { return s.Advance(ctx, b[0]) }); err != nil {
			return err
		}
		undone(b[1])
		return nil
	})
	if err != nil {
		k.Fatalf("InTx = %v", err)
	}
	k.advance(s, b[1])
	k.release(s)
	k.readsAll(k.own(r), "3")
}

func advanceAlone(k *kit) {
	r := event.Reader{Name: "r"}
	s := k.own(r)
	k.write("1", "2", "3", "4")
	b := k.reads(s, 1, "1", "2", "3", "4")
	alone := func(when string, one event.Batch, want error) {
		k.Helper()
		if err := s.Advance(k.Outside, one); !errors.Is(err, want) {
			k.Errorf("%s: Advance = %v, want %v", when, err, want)
		}
	}
	alone("the second before the first", b[1], event.ErrOrder)
	alone("the first", b[0], nil)
	alone("again", b[0], event.ErrOrder)
	err := k.Tx.InTx(k.Outside, func(ctx context.Context) error {
		if err := s.Advance(ctx, b[1]); err != nil {
			k.Errorf("in a transaction: Advance = %v", err)
		}
		alone("what a transaction has advanced that is open", b[1], event.ErrOrder)
		alone("the next one before it is over", b[2], event.ErrOrder)
		return errTest
	})
	if !errors.Is(err, errTest) {
		k.Errorf("InTx = %v, want the error of its function", err)
	}
	alone("what was undone", b[1], nil)
	k.advance(s, b[2]) // as if each had been in a transaction
	k.release(s)
	k.readsAll(k.own(r), "4")
}

func releasedIsFenced(k *kit) {
	r := event.Reader{Name: "r"}
	old := k.own(r)
	k.write("1", "2", "3")
	b := k.reads(old, 1, "1", "2")
	k.advance(old, b[0])
	select {
	case <-old.Lost():
		k.Error("Lost is closed though the stream is owned")
	default:
	}
	k.release(old)
	select {
	case <-old.Lost():
	case <-k.Outside.Done():
		k.Fatal("Lost is open after Release")
	}
	fenced := func(when string) {
		k.Helper()
		committed := false
		err := k.Tx.InTx(k.Outside, func(ctx context.Context) error {
			if err := db.OnCommit(ctx, func(context.Context) { committed = true }); err != nil {
				return err
			}
			return old.Advance(ctx, b[1])
		})
		if !errors.Is(err, event.ErrLost) || committed {
			k.Errorf("%s: Advance = %v, committed: %v, want event.ErrLost and a rollback", when, err, committed)
		}
		if err := old.Advance(k.Outside, b[1]); !errors.Is(err, event.ErrLost) {
			k.Errorf("%s: Advance without a transaction = %v, want event.ErrLost", when, err)
		}
		if got, err := old.Next(k.Outside, 1); !errors.Is(err, event.ErrLost) {
			k.Errorf("%s: Next = %q, %v, want event.ErrLost", when, idsOf(got), err)
		}
	}
	fenced("after Release")
	owner := k.own(r)
	fenced("with the next owner")
	read := k.reads(owner, 1, "2")
	fenced("while the next owner reads")
	k.advance(owner, read...)
	k.readsAll(owner, "3")
}

func takeoverWaits(k *kit) {
	for _, end := range []error{nil, errTest} {
		r := event.Reader{Name: "commits"}
		want := []string{"2"}
		if end != nil {
			r.Name, want = "rolls back", []string{"1", "2"}
		}
		s := k.own(event.Reader{Name: r.Name, From: event.Latest})
		k.write("1", "2")
		first := k.reads(s, 1, "1")
		taken := make(chan event.Stream, 1)
		err := k.Tx.InTx(k.Outside, func(ctx context.Context) error {
			if err := s.Advance(ctx, first[0]); err != nil {
				return err
			}
			go k.takeOver(s, r, taken)
			select {
			case owner := <-taken: // before the end
				taken <- owner
			case <-time.After(k.Quiet):
			}
			return end
		})
		if !errors.Is(err, end) {
			k.Errorf("InTx = %v, want %v", err, end)
		}
		owner := <-taken
		if owner == nil {
			k.Fatal("nobody could take over")
		}
		k.readsAll(owner, want...)
		k.release(owner)
	}
}

// takeOver releases a stream and owns its reader anew; nil says that it could not.
func (k *kit) takeOver(s event.Stream, r event.Reader, taken chan<- event.Stream) {
	if err := s.Release(k.Outside); err != nil {
		k.Errorf("Release = %v", err)
	}
	owner, err := k.Log.Own(k.Outside, r)
	if err != nil {
		k.Errorf("Own = %v", err)
		taken <- nil
		return
	}
	taken <- owner
}
