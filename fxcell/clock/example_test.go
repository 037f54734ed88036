package clock_test

import (
	"fmt"
	"time"

	"fxcell.dev/fxcell/clock"
)

// offer ends at some time.
type offer struct {
	clock clock.Clock
	ends  time.Time
}

func (o offer) open() bool { return o.clock.Now().Before(o.ends) }

// Code takes the port, so that a test can move time instead of waiting. An assembly provides clock.System.
func ExampleManual() {
	now := clock.NewManual(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC))
	o := offer{clock: now, ends: now.Now().Add(24 * time.Hour)}
	fmt.Println(o.open())
	now.Advance(24 * time.Hour)
	fmt.Println(o.open())
	// Output:
	// true
	// false
}
