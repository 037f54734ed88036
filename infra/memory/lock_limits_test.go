package memory

import (
	"errors"
	"testing"
	"time"

	"fxcell.dev/fxcell/ratelimit"
	"fxcell.dev/fxcell/ratelimit/ratelimittest"
)

func TestLimiterKeepsThePromisesOfThePort(t *testing.T) {
	t.Parallel()
	ratelimittest.Run(t, func(t *testing.T) ratelimittest.Subject {
		t.Helper()
		l, err := newLimiter(Config{})
		if err != nil {
			t.Fatal(err)
		}
		return ratelimittest.Subject{Limiter: l, Other: l}
	}, ratelimittest.Features{Bubble: true})
}

func TestFullLimiterKnowsNothingOfNewKeys(t *testing.T) {
	t.Parallel()
	l, err := newLimiter(Config{AttemptCapacity: 1})
	if err != nil {
		t.Fatal(err)
	}
	p := ratelimit.Policy{Limit: 2, Window: time.Hour}
	if _, err := l.Take(t.Context(), "a", p); err != nil {
		t.Error(err)
	}
	if _, err := l.Take(t.Context(), "b", p); !errors.Is(err, ratelimit.ErrUnavailable) {
		t.Errorf("Take of a key too many = %v, want ratelimit.ErrUnavailable", err)
	}
	if n, err := l.Take(t.Context(), "a", p); n != 2 || err != nil {
		t.Errorf("Take of a known key = %d, %v, want 2", n, err)
	}
}
