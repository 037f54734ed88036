package relay

import (
	"testing"
	"testing/synctest"
	"time"
)

// What is passed makes room for what comes after it: the bytes of a window are those of what is on its way, not of what ever was.
func TestTheWindowHasRoomAgainForWhatWasPassed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.cfg = Config{Batch: 1, InFlight: 4, WindowBytes: 2000}
		w.publish(1, 50, "a") // each takes 612 bytes: altogether fifteen windows
		w.start()
		w.after(time.Minute)
		w.published("through a small window", "a", idsOf("a", 1, 50)...)
	})
}
