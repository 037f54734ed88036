// Package idempotencytest is the conformance suite of idempotency.Claimer: what every adapter of the port promises, in this process or on a server.
//
//	func TestClaims(t *testing.T) {
//		idempotencytest.Run(t, func(t *testing.T) idempotencytest.Subject { return open(t) }, idempotencytest.Features{})
//	}
package idempotencytest

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"fxcell.dev/fxcell/idempotency"
	"fxcell.dev/fxcell/internal/promise"
)

// Subject is a claimer under test. Each test gets one, on whose server nobody else uses the keys of the suite.
type Subject struct {
	Claimer idempotency.Claimer
	// Other is what another process has: a claimer on the same server that was opened for itself, if there can be one.
	Other idempotency.Claimer
	// Forget makes the server forget whatever it knows of a key, as one does that starts again without its memory.
	Forget func(ctx context.Context, key string) error
}

// Features says what a claimer is like. The zero value is one on a server.
type Features struct {
	// Lease is the shortest one of the suite, and its shortest retention; 300 ms when zero.
	Lease time.Duration
	// Bubble is for claimers without I/O: each test runs in a testing/synctest bubble, in which waiting costs no time.
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

// kit is a claimer under test, and the test.
type kit struct {
	*promise.T
	Subject

	lease time.Duration
}

func newKit(report *promise.T, s Subject, f Features) *kit {
	if f.Lease == 0 {
		f.Lease = 300 * time.Millisecond
	}
	return &kit{report, s, f.Lease}
}

func cases() []promise.Case[*kit] { return slices.Concat(claimCases(), endCases()) }

// never is the lease of claims that a test does not want to run out, and the retention of what it does not want to be forgotten.
const never = time.Minute

// both are the claimer and the one of another process.
func (k *kit) both() map[string]idempotency.Claimer {
	return map[string]idempotency.Claimer{"the claimer": k.Claimer, "the other": k.Other}
}

// claim fails the test unless the key can be claimed.
func (k *kit) claim(when string, by idempotency.Claimer, key string, lease time.Duration) idempotency.Claim {
	k.Helper()
	c, err := by.Claim(k.Outside, key, lease)
	if err != nil || c == nil {
		k.Fatalf("%s: Claim(%.40q) = %v, want the claim", when, key, err)
	}
	return c
}

// refused fails unless neither claimer can claim the key, because of want.
func (k *kit) refused(when, key string, want error) {
	k.Helper()
	for by, claimer := range k.both() {
		if c, err := claimer.Claim(k.Outside, key, k.lease); !errors.Is(err, want) || c != nil {
			k.Errorf("%s: Claim(%.40q) by %s = %v, want %v", when, key, by, err, want)
		}
	}
}

// wants fails unless err is want; nil is none.
func (k *kit) wants(what string, err, want error) {
	k.Helper()
	if want == nil && err != nil || !errors.Is(err, want) {
		k.Errorf("%s = %v, want %v", what, err, want)
	}
}

// newer fails unless a claim's fence is greater than those before it.
func (k *kit) newer(when string, c, before idempotency.Claim) {
	k.Helper()
	if c.Fence() <= before.Fence() {
		k.Errorf("%s: fence %d after %d, want a greater one", when, c.Fence(), before.Fence())
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

// soon claims a key as soon as it can be claimed, and fails the test when that takes more than twice the lease.
func (k *kit) soon(when string, by idempotency.Claimer, key string) idempotency.Claim {
	k.Helper()
	for end := time.Now().Add(2*k.lease + time.Second); ; k.pause(k.lease / 20) {
		c, err := by.Claim(k.Outside, key, never)
		if err == nil && c != nil {
			return c
		}
		if time.Now().After(end) {
			k.Fatalf("%s: Claim = %v, want the claim", when, err)
		}
	}
}
