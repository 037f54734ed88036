package clock_test

import (
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"fxcell.dev/fxcell/clock"
)

func TestTheSystemClockTellsTheTimeInUTC(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, start := clock.System(), time.Now()
		<-time.After(time.Hour) // of the bubble
		got := c.Now()
		if got.Sub(start) != time.Hour || got.Location() != time.UTC {
			t.Errorf("got %v an hour after %v", got, start)
		}
	})
}

func TestAManualClockMovesOnlyWhenItIsTold(t *testing.T) {
	t.Parallel()
	start := time.Date(2026, 1, 2, 3, 4, 5, 6, time.FixedZone("east", 3600))
	c := clock.NewManual(start)
	for _, step := range []time.Duration{0, time.Second, -time.Hour, time.Nanosecond} {
		c.Advance(step)
		start = start.Add(step)
		if got := c.Now(); !got.Equal(start) || got.Location() != time.UTC || !c.Now().Equal(got) {
			t.Errorf("after %v: got %v, want %v", step, got, start)
		}
	}
	var zero clock.Manual
	if !zero.Now().IsZero() {
		t.Errorf("the zero clock stands at %v", zero.Now())
	}
}

func TestAManualClockIsSafeForConcurrentUse(t *testing.T) {
	t.Parallel()
	c := clock.NewManual(time.Unix(0, 0))
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for range 100 {
				c.Advance(time.Second)
				c.Now()
			}
		})
	}
	group.Wait()
	if got := c.Now(); !got.Equal(time.Unix(800, 0)) {
		t.Errorf("got %v", got)
	}
}

var (
	_ clock.Clock = clock.System()
	_ clock.Clock = (*clock.Manual)(nil)
)
