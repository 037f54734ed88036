package main

import (
	"context"
	"math/rand/v2"
	"time"

	"golang.org/x/sync/errgroup"
)

// writers is how many write at a time.
const writers = 8

// writeOne commits one transaction of an order and an event.
func writeOne(ctx context.Context, l lane, t *tracker) error {
	return t.under(rand.IntN(keys), func(i item, committing func()) error { //nolint:gosec // which key is no secret
		return l.write(ctx, []item{i}, committing)
	})
}

// flatOut writes as fast as it goes.
func flatOut(ctx context.Context, l lane, t *tracker, d time.Duration) error {
	g, ctx := errgroup.WithContext(ctx)
	end := time.Now().Add(d)
	for range writers {
		g.Go(func() error {
			for time.Now().Before(end) && t.next.Load() < room-writers {
				if err := writeOne(ctx, l, t); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return g.Wait()
}

// paced writes that many events a second.
func paced(ctx context.Context, l lane, t *tracker, rate int, d time.Duration) error {
	g, ctx := errgroup.WithContext(ctx)
	due := make(chan struct{}, rate*int(d.Seconds()+1))
	for range writers {
		g.Go(func() error {
			for range due {
				if err := writeOne(ctx, l, t); err != nil {
					return err
				}
			}
			return nil
		})
	}
	g.Go(func() error {
		defer close(due)
		tick := time.NewTicker(500 * time.Microsecond)
		defer tick.Stop()
		started := time.Now()
		for sent := 0; ; {
			now := time.Since(started)
			for ; sent < int(min(now, d).Seconds()*float64(rate)); sent++ {
				due <- struct{}{}
			}
			if now >= d {
				return nil
			}
			select {
			case <-tick.C:
			case <-ctx.Done():
				return context.Cause(ctx)
			}
		}
	})
	return g.Wait()
}

// batch is how many events a transaction of preload has.
const batch = 100

// preload commits events before anybody reads.
func preload(ctx context.Context, l lane, t *tracker, events int) error {
	for n := 0; n < events; n += batch {
		items := make([]item, min(batch, events-n))
		for i := range items {
			seq := t.next.Add(1)
			items[i] = item{seq, int(seq % keys)}
		}
		if err := l.write(ctx, items, func() {}); err != nil {
			return err
		}
		t.committed.Add(int64(len(items)))
	}
	return nil
}
