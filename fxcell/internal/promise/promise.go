// Package promise is what the conformance suites of the ports are made of: cases that hold an adapter against one promise each, and the proof that
// a case fails for an adapter that breaks it.
package promise

import (
	"cmp"
	"context"
	"testing"
	"testing/synctest"
	"time"
)

// Case is one promise of a port. Keep fails the test that its subject carries when the subject breaks the promise.
type Case[S any] struct {
	Name string
	Keep func(subject S)
}

// Waits says how a suite waits.
type Waits struct {
	// Bubble is for adapters without I/O and without goroutines that outlive a test: each case runs in a testing/synctest bubble, in which waiting
	// costs no time.
	Bubble bool
	// Patience is how long the suite waits for what must happen; 10 s when zero.
	Patience time.Duration
	// Quiet is how long the suite watches that something does not happen; 50 ms when zero.
	Quiet time.Duration
}

// WithDefaults returns w with its zero durations filled.
func (w Waits) WithDefaults() Waits {
	w.Patience = cmp.Or(w.Patience, 10*time.Second)
	w.Quiet = cmp.Or(w.Quiet, 50*time.Millisecond)
	return w
}

// T is the test of one case. Its context ends when patience does.
type T struct {
	testing.TB
	Waits

	// Outside is the context of the case, outside of every transaction. It ends when patience does.
	Outside context.Context //nolint:containedctx // a test has one, too
}

// Context ends when patience does, or with the test.
func (t *T) Context() context.Context { return t.Outside }

func newT(tb testing.TB, w Waits) *T {
	tb.Helper()
	w = w.WithDefaults()
	ctx, cancel := context.WithTimeout(tb.Context(), w.Patience)
	tb.Cleanup(cancel)
	return &T{tb, w, ctx}
}

// Run holds a subject of its own against each case, in parallel. open makes the subject by t, which may skip or fail the test; the case reports to
// its T.
func Run[S any](t *testing.T, w Waits, cases []Case[S], open func(t *testing.T, report *T) S) {
	t.Helper()
	for _, c := range cases {
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			body := func(t *testing.T) {
				t.Helper()
				c.Keep(open(t, newT(t, w)))
			}
			if w.Bubble {
				synctest.Test(t, body)
			} else {
				body(t)
			}
		})
	}
}
