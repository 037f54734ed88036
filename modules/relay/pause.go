package relay

import (
	"context"
	"math/rand/v2"
	"time"
)

// The pauses between two tries double from the first to the last.
const firstPause, lastPause = 50 * time.Millisecond, 5 * time.Second

// pause returns how long to wait after the n-th failure, with jitter.
func pause(n int) time.Duration {
	upTo := min(firstPause<<min(n-1, 10), lastPause)
	return upTo/2 + rand.N(upTo/2) //nolint:gosec // jitter is no secret
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
