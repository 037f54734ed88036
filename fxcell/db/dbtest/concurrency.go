package dbtest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"fxcell.dev/fxcell/internal/promise"
)

func concurrencyCases() []promise.Case[*kit] {
	return []promise.Case[*kit]{
		{Name: "transactions at the same time lose no update", Keep: noLostUpdate},
		{Name: "a transaction that waits for another one ends with its context", Keep: waitEnds},
	}
}

// How many goroutines write at a time, and how many transactions each of them runs.
const writers, rounds = 8, 12

func noLostUpdate(k *kit) {
	var all sync.WaitGroup
	for w := range writers {
		all.Go(func() {
			for round := range rounds {
				err := k.in(k.Outside, func(ctx context.Context) error { return k.count(ctx, w+round) })
				if undo := (w+round)%4 == 0; undo != errors.Is(err, errTest) || !undo && err != nil {
					k.Errorf("writer %d, round %d: InTx = %v", w, round, err)
				}
			}
		})
	}
	all.Wait()
	k.sees(k.Outside, "after all transactions", "counter", writers*rounds*3/4)
	for own := range 4 {
		want := int64(writers * rounds / 4)
		if own == 0 {
			want = 0
		}
		k.sees(k.Outside, "after all transactions", fmt.Sprintf("own %d", own), want)
	}
}

// count adds one to what all writers share and to what some do; every fourth time it fails, and every third it tries in a savepoint first.
func (k *kit) count(ctx context.Context, n int) error {
	add := func(ctx context.Context) error {
		return errors.Join(k.Store.Add(ctx, "counter", 1), k.Store.Add(ctx, fmt.Sprintf("own %d", n%4), 1))
	}
	if n%3 == 0 {
		k.undone(ctx, func(ctx context.Context) { _ = add(ctx) })
	}
	if err := add(ctx); err != nil {
		return err
	}
	if n%4 == 0 {
		return errTest
	}
	return nil
}

// How long one transaction waits for another one, and how late it may be to notice that its context has ended.
const waiting, tolerance = 50 * time.Millisecond, 5 * time.Second

func waitEnds(k *kit) {
	outside := k.Outside
	ended := make(chan error, 1)
	k.commit(func(ctx context.Context) {
		k.add(ctx, "a", 1)
		go func() {
			ctx, cancel := context.WithTimeout(outside, waiting)
			defer cancel()
			ended <- k.in(ctx, func(ctx context.Context) error { return k.Store.Add(ctx, "a", 10) })
		}()
		select {
		case err := <-ended:
			ended <- err
		case <-time.After(tolerance):
			k.Error("a transaction still waits for another one though its context has ended")
		}
	})
	want := int64(1)
	if err := <-ended; err == nil { // it did not have to wait
		want = 11
	}
	k.sees(k.Outside, "after both", "a", want)
}
