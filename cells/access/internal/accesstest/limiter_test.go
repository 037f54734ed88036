package accesstest_test

import (
	"testing"

	"fxcell.dev/cells/access/internal/accesstest"
	"fxcell.dev/fxcell/ratelimit/ratelimittest"
)

func TestLimiterIsOne(t *testing.T) {
	t.Parallel()
	ratelimittest.Run(t, func(*testing.T) ratelimittest.Subject {
		l := accesstest.NewLimiter()
		return ratelimittest.Subject{Limiter: l, Other: l}
	}, ratelimittest.Features{Bubble: true})
}
