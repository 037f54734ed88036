package consumer

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"fxcell.dev/fxcell/db"
	"fxcell.dev/fxcell/db/memdb"
	"fxcell.dev/fxcell/event"
)

// scenario is a run of events over keys whose handlers fail in many ways, while the stream is lost now and then.
type scenario struct {
	mode   event.Mode
	plain  bool // positions are stored apart
	cfg    Config
	events []planned
	losses []int // after how many commits of the publisher the stream is lost
}

// planned is an event and how the first attempts to handle it end.
type planned struct {
	key   int
	fates []string
}

func drawScenario(rt *rapid.T) scenario {
	s := scenario{
		mode:  rapid.SampledFrom([]event.Mode{event.Each, event.Batched}).Draw(rt, "mode"),
		plain: rapid.Bool().Draw(rt, "plain"),
		cfg: Config{
			Lanes: rapid.IntRange(1, 6).Draw(rt, "lanes"), Window: rapid.IntRange(1, 20).Draw(rt, "window"), Batch: rapid.IntRange(1, 8).Draw(rt, "batch"),
			HandlerTimeout: time.Second,
		},
	}
	fate := rapid.SampledFrom([]string{"error", "panic", "goexit", "hook", "late", "permanent"})
	for range rapid.IntRange(1, 30).Draw(rt, "events") {
		p := planned{key: rapid.IntRange(0, 4).Draw(rt, "key")}
		if rapid.IntRange(0, 2).Draw(rt, "fails") == 0 {
			p.fates = rapid.SliceOfN(fate, 1, 4).Draw(rt, "fates")
		}
		s.events = append(s.events, p)
	}
	s.losses = rapid.SliceOfN(rapid.IntRange(0, len(s.events)), 0, 3).Draw(rt, "losses")
	return s
}

// run plays the scenario in a bubble of time. It returns the effects of each key in the order of their commits, and the parked ids.
func (s scenario) run(t *testing.T) (effects map[string][]string, parked []string) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.cfg = s.cfg
		if w.source.plain = s.plain; s.plain {
			w.source.Source = &unjoined{w.source.Source, w.tx}
		}
		order := memdb.NewTable[int64, event.Event](0)
		attempts := map[string]int{} // never undone: how often a handler was asked
		retry := event.Retry{Attempts: 4, From: 10 * time.Millisecond, To: time.Second}
		subscribed := subscription(s.mode, func(ctx context.Context, ds []event.Delivery) error {
			for _, d := range ds {
				last, _, _ := order.Last(ctx)
				if err := order.Put(ctx, last+1, d.Event); err != nil {
					return err
				}
				n, err := strconv.Atoi(d.ID)
				if err != nil {
					return err
				}
				fates := s.events[n].fates
				if k := attempts[d.ID]; k < len(fates) {
					attempts[d.ID]++
					if err := meet(ctx, fates[k]); err != nil {
						return err
					}
				}
			}
			return nil
		})
		subscribed.Contracts[0].Retry = retry
		w.start(subscribed)
		for i, p := range s.events {
			w.publish(ev(fmt.Sprintf("%02d", i), fmt.Sprint(p.key)))
			if slices.Contains(s.losses, i) {
				synctest.Wait()
				w.source.lose()
			}
		}
		later(time.Hour)
		effects = map[string][]string{}
		order.Ascend(t.Context(), 0, func(_ int64, e event.Event) bool {
			effects[e.Key] = append(effects[e.Key], e.ID)
			return true
		})
		list, _ := w.parking.List(t.Context(), "cells/c/s")
		for _, p := range list {
			parked = append(parked, p.ID)
		}
		w.mustStop()
		if left := w.unpassed("event.a.v1"); left != "" {
			t.Errorf("not passed: %q", left)
		}
	})
	return effects, parked
}

// meet ends an attempt as fate wills.
func meet(ctx context.Context, fate string) error {
	switch fate {
	case "panic":
		panic(fate) //nolint:forbidigo // handlers may panic
	case "goexit":
		runtime.Goexit()
	case "hook":
		return db.BeforeCommit(ctx, func(context.Context) error { return errTest })
	case "late":
		<-ctx.Done()
		return nil
	case "permanent":
		return event.Permanent(errTest)
	}
	return errTest
}

func TestEachEventHasOneEffectInOrderOrIsParkedWhateverHappens(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		s := drawScenario(rt)
		effects, parked := s.run(t)
		held := map[string]bool{} // keys with a parked event
		want := map[string][]string{}
		got := 0
		for i, p := range s.events {
			id, key := fmt.Sprintf("%02d", i), fmt.Sprint(p.key)
			if slices.Contains(parked, id) {
				if !held[key] && len(p.fates) == 0 && s.mode == event.Each {
					rt.Errorf("%s is parked, though nothing failed and nothing of its key was parked before", id)
				}
				held[key] = true
				got++
				continue
			}
			if held[key] {
				rt.Errorf("%s is not parked, though an earlier event of its key is", id)
			}
			want[key] = append(want[key], id)
		}
		if got != len(parked) {
			rt.Errorf("parked %v: one of them twice", parked)
		}
		for key, ids := range want {
			if !slices.Equal(effects[key], ids) {
				rt.Errorf("effects of key %s: %v, want %v", key, effects[key], ids)
			}
		}
	})
}
