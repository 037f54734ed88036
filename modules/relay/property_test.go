package relay

import (
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"
)

// Whatever the sink, the owner and the database do: nothing is lost, nothing of a key passes another, and what is parked is what was refused and what
// came after it.
func TestNothingIsLostOrPasses(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		keys := []string{"a", "b", "c"}[:rapid.IntRange(1, 3).Draw(rt, "keys")]
		per := rapid.IntRange(1, 20).Draw(rt, "events per key")
		cfg := Config{Batch: rapid.IntRange(1, 8).Draw(rt, "batch"), InFlight: rapid.IntRange(1, 4).Draw(rt, "in flight")}
		refused := map[string]int{}
		for _, key := range keys {
			if rapid.Bool().Draw(rt, "refuses of "+key) {
				refused[key] = rapid.IntRange(1, per).Draw(rt, "refused of "+key)
			}
		}
		acts := rapid.SliceOfN(rapid.SampledFrom([]string{"down", "up", "silent", "lose", "restart", "publish"}), 0, 12).Draw(rt, "acts")
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t)
			w.cfg, w.sink.latency = cfg, time.Millisecond
			for key, n := range refused {
				w.sink.refused[fmt.Sprint(key, n)] = true
			}
			w.endure(acts, per, keys)
			for _, key := range keys {
				w.keptWhole(key, per, refused[key])
			}
		})
	})
}

// endure publishes while things go wrong, and waits until they have come right.
func (w *world) endure(acts []string, per int, keys []string) {
	losing := &losingLog{Log: w.log}
	w.log = losing
	_, stop := w.start()
	w.after(time.Millisecond)
	published := 0
	more := func(n int) {
		n = min(n, per-published)
		w.publish(published+1, n, keys...)
		published += n
	}
	for _, act := range acts {
		switch act {
		case "down":
			w.sink.set(func() { w.sink.down = true })
		case "up":
			w.sink.set(func() { w.sink.down, w.sink.silent = false, false })
		case "silent":
			w.sink.set(func() { w.sink.silent = true })
		case "lose":
			losing.lose()
			w.after(time.Millisecond)
		case "restart":
			stop()
			_, stop = w.start()
			w.after(time.Millisecond)
		case "publish":
			more(5)
		}
		w.after(3 * time.Millisecond)
	}
	w.sink.set(func() { w.sink.down, w.sink.silent = false, false })
	more(per)
	w.after(time.Minute)
	stop()
}

// keptWhole fails unless the events of a key were published in order, or parked from the one on that was refused, 0 for none.
func (w *world) keptWhole(key string, per, refused int) {
	w.t.Helper()
	got := w.sink.ids(key)
	var firsts []string
	for _, id := range got {
		if !slices.Contains(firsts, id) {
			firsts = append(firsts, id)
		}
	}
	want := idsOf(key, 1, per)
	if refused > 0 {
		want = idsOf(key, 1, refused-1)
	}
	if !slices.Equal(firsts, want) {
		w.t.Errorf("published of %s first %q, want %q (all: %q)", key, firsts, want, got)
	}
	all, err := w.parking.List(w.t.Context(), name)
	var parked []string
	for _, p := range all {
		if p.Key == key {
			parked = append(parked, p.ID)
		}
	}
	var held []string
	if refused > 0 {
		held = idsOf(key, refused, per-refused+1)
	}
	if err != nil || !slices.Equal(parked, held) {
		w.t.Errorf("parked of %s %q, %v, want %q", key, parked, err, held)
	}
}
