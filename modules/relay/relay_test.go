package relay

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"fxcell.dev/fxcell/event"
)

func TestEverythingIsPublishedOnceInOrderOfKeys(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.sink.latency = 2 * time.Millisecond
		w.cfg.Batch = 7
		_, stop := w.start()
		w.publish(1, 50, "a", "b", "c")
		w.after(time.Second)
		for _, key := range []string{"a", "b", "c"} {
			w.published("after a while", key, idsOf(key, 1, 50)...)
		}
		stop()
		_, _ = w.start()
		w.publish(51, 1, "a")
		w.after(time.Second)
		w.published("after a restart", "a", idsOf("a", 1, 51)...)
		w.parkedIs("in the end")
	})
}

func TestSomeBatchesAreOnTheirWayAndNoMore(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.cfg = Config{Batch: 10, InFlight: 3}
		w.sink.silent = true
		w.publish(1, 100, "a")
		w.start()
		w.after(time.Second)
		if w.sink.peak != 30 {
			t.Errorf("%d events were on their way, want 30: 3 batches of 10", w.sink.peak)
		}
		w.sink.set(func() { w.sink.silent = false })
		w.after(time.Second)
		w.published("when the sink answers", "a", idsOf("a", 1, 100)...)
		if w.sink.peak != 30 {
			t.Errorf("%d events were on their way, want 30: 3 batches of 10", w.sink.peak)
		}
	})
}

func TestTheWindowIsBoundedInBytes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.cfg = Config{Batch: 1, InFlight: 100, WindowBytes: 5000}
		w.sink.silent = true
		big := named("a", 1)
		big.Payload = make([]byte, 1000)
		for range 20 {
			w.commit(big)
		}
		w.start()
		w.after(time.Second)
		if w.sink.peakOf != 4000 {
			t.Errorf("%d bytes of payload were on their way, want 4000: with what is around them 4 events are beyond the 5000", w.sink.peakOf)
		}
	})
}

func TestABrokerThatIsAwayCostsNoAttempt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		r, _ := w.start()
		w.sink.set(func() { w.sink.down = true })
		w.publish(1, 3, "a", "b")
		w.after(time.Minute)
		if err := r.check().Probe(t.Context()); !errors.Is(err, errDown) || r.check().Critical {
			t.Errorf("check = %v, critical %v, want a degraded app and the cause", err, r.check().Critical)
		}
		if w.sink.tries < 12 || w.sink.tries > 40 {
			t.Errorf("%d tries in a minute, want pauses from 50ms to 5s", w.sink.tries)
		}
		w.publish(4, 2, "a")
		w.sink.set(func() { w.sink.down = false })
		w.after(6 * time.Second)
		w.published("when it is back", "a", idsOf("a", 1, 5)...)
		w.published("when it is back", "b", idsOf("b", 1, 3)...)
		w.parkedIs("when it is back")
		if err := r.check().Probe(t.Context()); err != nil {
			t.Errorf("check = %v when it is back, want none", err)
		}
	})
}

func TestASinkThatWaitsForItsBrokerIsSeenToStandStill(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		r, _ := w.start()
		w.sink.set(func() { w.sink.silent = true })
		w.publish(1, 3, "a")
		w.after(time.Second)
		if err := r.check().Probe(t.Context()); err != nil {
			t.Errorf("check = %v after a second, want none yet", err)
		}
		w.after(10 * time.Second)
		if err := r.check().Probe(t.Context()); err == nil || !strings.Contains(err.Error(), "3 events are on their way") {
			t.Errorf("check = %v, want how many events wait", err)
		}
		w.sink.set(func() { w.sink.silent = false })
		w.after(time.Second)
		w.published("when it is back", "a", idsOf("a", 1, 3)...)
	})
}

func TestARefusedEventParksItsKey(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.cfg.Batch = 3
		w.sink.latency = time.Millisecond
		w.sink.refused["a2"] = true
		r, stop := w.start()
		w.publish(1, 5, "a", "b")
		w.after(time.Second)
		w.published("after a refusal", "a", "a1")
		w.published("after a refusal", "b", idsOf("b", 1, 5)...)
		w.parkedIs("after a refusal", "a2", "+a3", "+a4", "+a5")
		if err := r.check().Probe(t.Context()); err == nil || !strings.Contains(err.Error(), "1 parked keys with 4 events") {
			t.Errorf("check = %v, want how much is parked", err)
		}
		stop()
		w.start() // the next owner knows what is parked
		w.publish(6, 1, "a", "b")
		w.after(time.Second)
		w.published("after a restart", "b", idsOf("b", 1, 6)...)
		w.parkedIs("after a restart", "a2", "+a3", "+a4", "+a5", "+a6")
	})
}

func TestWhatIsParkedSaysWhy(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.sink.refused["a1"] = true
		w.start()
		w.publish(1, 2, "a")
		w.after(time.Second)
		all, err := w.parking.List(t.Context(), name)
		if err != nil || len(all) != 2 {
			t.Fatalf("parked %v, %v, want two", all, err)
		}
		if got := all[0]; got.Attempts != 1 || !strings.Contains(got.Reason, "the broker refuses it") {
			t.Errorf("parked after %d attempts because %q, want 1 and the sink's reason", got.Attempts, got.Reason)
		}
		if got := all[1]; got.Attempts != 0 || got.Reason != errHeld.Error() {
			t.Errorf("held after %d attempts because %q, want none and %q", got.Attempts, got.Reason, errHeld)
		}
	})
}

func TestAnEventWithoutAKeyIsParkedAlone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.sink.refused["2"] = true
		w.start()
		w.publish(1, 3, "")
		w.after(time.Second)
		w.published("after a refusal", "", "1", "3")
		w.parkedIs("after a refusal", "2")
	})
}

func TestWhatCanBeKnownIsNotSent(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.sink.most = 1000
		w.start()
		large := named("a", 2)
		large.Payload = make([]byte, 2000)
		w.commit(named("a", 1), large, named("a", 3), named("b", 1))
		w.after(time.Second)
		if w.sink.peakOf > 1000 {
			t.Errorf("%d bytes were sent, want the large event left out", w.sink.peakOf)
		}
		w.published("after a large event", "a", "a1")
		w.published("after a large event", "b", "b1")
		w.parkedIs("after a large event", "a2", "+a3")
	})
}

func TestAParkedKeyThatWasLetGoIsPublishedAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		released := &releasedParking{Parking: w.parking}
		w.parking = released
		w.sink.refused["a1"] = true
		w.start()
		w.publish(1, 2, "a")
		w.after(time.Second)
		w.parkedIs("before", "a1", "+a2")
		released.gone.Store(true)
		w.publish(3, 1, "a")
		w.after(time.Second)
		w.published("after somebody let the key go", "a", "a3")
	})
}

func TestTheNextOwnerGoesOn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.cfg.Batch = 5
		w.sink.latency = 2 * time.Millisecond
		_, stopFirst := w.start()
		w.after(time.Millisecond)
		w.start()
		w.publish(1, 30, "a", "b")
		w.after(5 * time.Millisecond)
		stopFirst()
		w.after(10 * time.Second)
		for _, key := range []string{"a", "b"} {
			w.published("by two", key, idsOf(key, 1, 30)...) // the first was stopped in peace: nothing twice
		}
		if n := w.logs.FilterMessage("log owned").Len(); n != 2 {
			t.Errorf("the log was owned %d times, want twice", n)
		}
	})
}

func TestAStopThatCannotWaitLeavesTheRestToTheNextOwner(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.sink.silent = true
		_, stop := w.start()
		w.publish(1, 3, "a")
		w.after(time.Second)
		began := time.Now()
		stop()
		if took := time.Since(began); took < acknowledgeTimeout || took > acknowledgeTimeout+time.Second {
			t.Errorf("Stop took %v, want about %v", took, acknowledgeTimeout)
		}
		w.sink.set(func() { w.sink.silent = false })
		w.start()
		w.after(time.Second)
		w.published("by the next owner", "a", idsOf("a", 1, 3)...)
	})
}

func TestALostLogIsGivenUpAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		losing := &losingLog{Log: w.log}
		w.log = losing
		w.sink.silent = true
		w.start()
		w.publish(1, 3, "a")
		w.after(time.Second)
		losing.lose()
		w.sink.set(func() { w.sink.silent = false })
		w.after(10 * time.Second)
		got := w.sink.ids("a")
		if !slices.Equal(slices.Compact(slices.Clone(got)), idsOf("a", 1, 3)) {
			t.Errorf("published %q, want everything by the next tenure", got)
		}
		if n := w.logs.FilterMessage("log given up").Len(); n != 1 {
			t.Errorf("the log was given up %d times, want once", n)
		}
	})
}

func TestAPositionThatCannotBeStoredIsStoredLater(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		failing := &failingTx{Transactor: w.tx, left: 3}
		real := w.tx
		w.tx = failing
		_, stop := w.start()
		w.tx = real
		w.publish(1, 3, "a")
		w.after(time.Minute)
		stop()
		w.start()
		w.after(time.Second)
		w.published("after a database that was away", "a", idsOf("a", 1, 3)...)
	})
}

func TestErrorsOfTheLogAreWaitedFor(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.log = &failingLog{Log: w.log, left: 5}
		w.start()
		w.publish(1, 3, "a")
		w.after(time.Minute)
		w.published("after errors", "a", idsOf("a", 1, 3)...)
	})
}

func TestConfigurationIsRefusedWithEveryFault(t *testing.T) {
	t.Parallel()
	_, err := New(Config{Batch: -1, InFlight: -1, WindowBytes: -1}, Ports{})
	for _, want := range []string{"relay.batch", "FXCELL_RELAY__IN_FLIGHT", "relay.window_bytes"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("New = %v, want %s named", err, want)
		}
	}
	if event.IsPermanent(err) {
		t.Error("a fault of the configuration is marked permanent")
	}
}
