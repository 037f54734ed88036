package consumer

import (
	"context"
	"math/rand/v2"
	"time"

	"fxcell.dev/fxcell/event"
)

// ownRetry is for what the consumer itself does: it never gives up.
func ownRetry() event.Retry { return event.Retry{From: 50 * time.Millisecond, To: 5 * time.Second} }

// pause returns how long to wait after the n-th failure: anything up to From, doubled with each failure, To at most. Chance spreads those who
// failed together.
func pause(r event.Retry, n int) time.Duration {
	upTo := min(r.From, r.To)
	for ; n > 1 && upTo < r.To; n-- {
		upTo += min(upTo, r.To-upTo)
	}
	if upTo <= 0 {
		return 0
	}
	return rand.N(upTo) + 1 //nolint:gosec // jitter is no secret
}

// sleep waits, and reports false when ctx ends first.
func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return ctx.Err() == nil
	case <-ctx.Done():
		return false
	}
}
