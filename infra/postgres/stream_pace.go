package postgres

import (
	"context"
	"math"
	"time"
)

// pace keeps an owner from looking for each event alone when they come fast: a look costs the server as much as a few events. The pause before the next
// look grows with the rate, so that a lone event is not held up.
type pace struct {
	rate  float64 // events per second, of about the last second
	last  time.Time
	pause time.Duration // before the next look, from last on
}

// The pause for each event per second, and the longest one.
const pausePerRate, longestPause = 500 * time.Nanosecond, 2 * time.Millisecond

// found notes how many events a look has found. One that was cut goes on at once.
func (p *pace) found(events int, cut bool) {
	now := time.Now()
	if since := now.Sub(p.last).Seconds(); since > 0 {
		p.rate += (float64(events)/since - p.rate) * (1 - math.Exp(-since))
	}
	p.last, p.pause = now, 0
	if events > 0 && !cut {
		p.pause = min(time.Duration(p.rate*float64(pausePerRate)), longestPause)
	}
}

// manyGaps is how many gaps slow the reading down.
const manyGaps = 64

// wait pauses as long as it is too early for the next look. It reports false when ctx or the stream ended first.
func (p *pace) wait(ctx context.Context, lost <-chan struct{}, gaps int) bool {
	pause := max(p.pause, min(time.Duration(gaps/manyGaps)*time.Millisecond, 10*time.Millisecond))
	left := time.Until(p.last.Add(pause))
	if left <= 0 {
		return ctx.Err() == nil
	}
	timer := time.NewTimer(left)
	defer timer.Stop()
	select {
	case <-timer.C:
		return ctx.Err() == nil
	case <-ctx.Done():
	case <-lost:
	}
	return false
}
