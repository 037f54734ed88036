// Package ratelimittest is the conformance suite of ratelimit.Limiter: what every adapter of the port promises, in this process or on a server.
//
//	func TestLimits(t *testing.T) {
//		ratelimittest.Run(t, func(t *testing.T) ratelimittest.Subject { return open(t) }, ratelimittest.Features{})
//	}
package ratelimittest

import (
	"errors"
	"slices"
	"testing"
	"time"

	"fxcell.dev/fxcell/internal/promise"
	"fxcell.dev/fxcell/ratelimit"
)

// Subject is a limiter under test. Each test gets one, on whose server nobody else uses the keys of the suite.
type Subject struct {
	Limiter ratelimit.Limiter
	// Other is what another process has: a limiter on the same server that was opened for itself, if there can be one.
	Other ratelimit.Limiter
}

// Features says what a limiter is like. The zero value is one on a server.
type Features struct {
	// Window is the shortest one of the suite, and its shortest pause; 400 ms when zero.
	Window time.Duration
	// Bubble is for limiters without I/O: each test runs in a testing/synctest bubble, in which waiting costs no time.
	Bubble bool
	// Patience is how long a test waits for what must happen; 10 s when zero.
	Patience time.Duration
}

// Run holds what open returns against every promise of the port, a new subject for each, in parallel.
func Run(t *testing.T, open func(t *testing.T) Subject, f Features) {
	t.Helper()
	promise.Run(t, promise.Waits{Bubble: f.Bubble, Patience: f.Patience}, cases(), func(t *testing.T, report *promise.T) *kit {
		t.Helper()
		return newKit(report, open(t), f)
	})
}

// kit is a limiter under test, and the test.
type kit struct {
	*promise.T
	Subject

	window time.Duration
}

func newKit(report *promise.T, s Subject, f Features) *kit {
	if f.Window == 0 {
		f.Window = 400 * time.Millisecond
	}
	return &kit{report, s, f.Window}
}

func cases() []promise.Case[*kit] { return slices.Concat(countCases(), timeCases()) }

// Policies that a test does not want to end.
var (
	budget = ratelimit.Policy{Limit: 3, Window: time.Hour}
	brake  = ratelimit.Policy{Limit: 3, Window: time.Hour, Pause: time.Minute, MaxPause: 10 * time.Minute}
)

// policies are one of each kind.
func policies() map[string]ratelimit.Policy {
	return map[string]ratelimit.Policy{"budget": budget, "brake": brake}
}

// passes fails unless the attempt may be made, and is the how-manyth it should be.
func (k *kit) passes(by ratelimit.Limiter, key string, p ratelimit.Policy, want int) {
	k.Helper()
	if n, err := by.Take(k.Outside, key, p); n != want || err != nil {
		k.Errorf("Take(%.20q) = %d, %v, want %d", key, n, err, want)
	}
}

// refused fails unless the attempt must wait, for longer than from and no longer than to.
func (k *kit) refused(by ratelimit.Limiter, key string, p ratelimit.Policy, from, to time.Duration) {
	k.Helper()
	n, err := by.Take(k.Outside, key, p)
	limited, ok := errors.AsType[*ratelimit.LimitedError](err)
	if n != 0 || !ok {
		k.Errorf("Take(%.20q) = %d, %v, want a *ratelimit.LimitedError", key, n, err)
		return
	}
	if limited.RetryAfter <= from || limited.RetryAfter > to {
		k.Errorf("Take(%.20q) says to wait %v, want more than %v and at most %v", key, limited.RetryAfter, from, to)
	}
}

// pause lets time pass, unless the test ends before.
func (k *kit) pause(d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-k.Outside.Done():
	}
}
