package storetest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"fxcell.dev/cells/audit/internal/domain"
	"fxcell.dev/cells/audit/internal/store"
)

// patience is how long the suite waits for what must not happen.
const patience = 200 * time.Millisecond

// seen is what a transaction found at the end of the chain.
type seen struct {
	head domain.Head
	err  error
}

// oneWriter lets a second transaction ask for the head while the first one, which has it, goes on: before the very first entry, and after.
func oneWriter(t tester, b Backend) {
	t.Helper()
	c := chain(t)
	for n := 1; n <= 2; n++ {
		rows, head := sealed(t, c, entry(n))
		second, without := make(chan seen, 1), t.Context()
		err := b.Tx.InTx(without, func(ctx context.Context) error {
			if _, _, err := b.Store.Head(ctx); err != nil {
				return err
			}
			go func() { second <- headIn(without, b) }()
			select {
			case early := <-second:
				t.Errorf("a second transaction has the head of %d entries before the first one ends: %v", early.head.Size, early.err)
				second <- early
			case <-time.After(patience):
			}
			return b.Store.Append(ctx, rows, head)
		})
		must(t, err)
		if late := <-second; late.err != nil || late.head.Size != int64(n) {
			t.Errorf("after its end the second has the head of %d entries, %v; want %d", late.head.Size, late.err, n)
		}
	}
}

func headIn(ctx context.Context, b Backend) (s seen) {
	err := b.Tx.InTx(ctx, func(ctx context.Context) error {
		h, _, err := b.Store.Head(ctx)
		s.head = h
		return err
	})
	s.err = err
	return s
}

const writers, turns = 4, 5

// concurrently lets several append, each in transactions of its own, while others read.
func concurrently(t tester, b Backend) {
	t.Helper()
	ctx := t.Context()
	var writing, reading sync.WaitGroup
	errs := make(chan error, 2*writers)
	done := make(chan struct{})
	for w := range writers {
		writing.Go(func() { errs <- appendTurns(ctx, b, w*turns) })
		reading.Go(func() { errs <- readUntil(ctx, b, done) })
	}
	writing.Wait()
	close(done)
	reading.Wait()
	close(errs)
	for err := range errs {
		must(t, err)
	}
	rows, err := read(ctx, b.Store, 1)
	must(t, err)
	events := map[string]bool{}
	for i, r := range rows {
		events[r.EventID] = r.Seq == int64(i+1)
	}
	for n := range writers * turns {
		if id := entry(n).EventID; !events[id] || len(rows) != writers*turns {
			t.Errorf("of %d entries in a row there are %d, and the one of %s: %v", writers*turns, len(rows), id, events[id])
		}
	}
}

// appendTurns appends entries from the first on, each behind the head that it finds.
func appendTurns(ctx context.Context, b Backend, first int) error {
	signing, err := newKey()
	if err != nil {
		return err
	}
	for n := first; n < first+turns; n++ {
		err := b.Tx.InTx(ctx, func(ctx context.Context) error {
			head, _, err := b.Store.Head(ctx)
			if err != nil {
				return err
			}
			c := domain.Extend(head, signing)
			row, err := c.Add(entry(n))
			if err != nil {
				return err
			}
			return b.Store.Append(ctx, []domain.Row{row}, c.Head())
		})
		if err != nil {
			return fmt.Errorf("append entry of event %d: %w", n, err)
		}
	}
	return nil
}

// readUntil reads whatever there is, over and over.
func readUntil(ctx context.Context, b Backend, done <-chan struct{}) error {
	for {
		head, _, headErr := b.Store.Head(ctx)
		rows, err := read(ctx, b.Store, 1)
		found, findErr := b.Store.Find(ctx, store.Query{Limit: 10, Actor: "actor-1"})
		_, keysErr := b.Store.Keys(ctx)
		if err := errors.Join(headErr, err, findErr, keysErr); err != nil {
			return err
		}
		if int64(len(rows)) < head.Size || len(found) > writers*turns {
			return fmt.Errorf("behind a head of %d entries there are %d", head.Size, len(rows))
		}
		select {
		case <-done:
			return nil
		default:
		}
	}
}
