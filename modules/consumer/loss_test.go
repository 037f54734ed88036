package consumer

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"

	"fxcell.dev/fxcell/contract"
	"fxcell.dev/fxcell/event"
)

func TestLostStreamIsAbandonedAtOnceAndItsEventsComeAgain(t *testing.T) {
	t.Parallel()
	for _, mode := range []event.Mode{event.Each, event.External, event.Batched} {
		t.Run(string(mode), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w, calls := newWorld(t), &tape{}
				w.start(subscription(mode, func(ctx context.Context, ds []event.Delivery) error {
					calls.add("%s", idsOf(ds))
					if len(calls.calls) == 1 {
						if mode != event.External {
							_ = w.effect(ctx, ds) // undone with the transaction
						}
						begun := time.Now()
						<-ctx.Done()
						if cause := context.Cause(ctx); !errors.Is(cause, event.ErrLost) || time.Since(begun) > time.Second {
							t.Errorf("ended after %v by %v, want at once by event.ErrLost", time.Since(begun), cause)
						}
						return ctx.Err()
					}
					if mode == event.External {
						return nil
					}
					return w.effect(ctx, ds)
				}))
				w.publish(ev("1", "k"), ev("2", "k"))
				synctest.Wait()
				<-time.After(time.Second)
				w.source.lose()
				later(time.Minute)
				want := map[event.Mode]string{event.Batched: "1+2.1 1+2.1"}[mode]
				if want == "" {
					want = "1.1 1.1 2.1"
				}
				if got := calls.all(); got != want {
					t.Errorf("handled %q, want %q", got, want)
				}
				if got := w.effectsOf(); mode != event.External && got != "1 2" {
					t.Errorf("effects %q, want 1 2", got)
				}
				if got := w.parkedOf("cells/c/s"); got != "" {
					t.Errorf("parked %q", got)
				}
				if got := w.lines(zap.WarnLevel, "error"); len(got) != 0 {
					t.Errorf("warned %v, of what happens whenever a replica comes or goes", got)
				}
				if got := w.lines(zap.InfoLevel, "reader"); !slices.Contains(got, "stream handed over cells/c/s") {
					t.Errorf("told %v", got)
				}
			})
		})
	}
}

func TestEffectsThatThePositionHasNotPassedComeOnceAfterALoss(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.start(subscription(event.Each, w.effect))
		var refusals []error
		for range 1000 {
			refusals = append(refusals, errTest)
		}
		w.source.fail(nil, refusals) // no position can be stored
		for i := range 20 {
			w.publish(ev(fmt.Sprintf("%02d", i), fmt.Sprint(i%3)))
		}
		synctest.Wait()
		w.source.lose()
		w.source.fail(nil, nil)
		synctest.Wait()
		if got := w.effectsOf(); got != "00 01 02 03 04 05 06 07 08 09 10 11 12 13 14 15 16 17 18 19" {
			t.Errorf("effects %q, want each once", got)
		}
		if got := w.source.owners(); got != 2 {
			t.Errorf("%d owners, want 2", got)
		}
	})
}

func TestParkedEventIsNotTriedByTheNextOwner(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w, calls := newWorld(t), &tape{}
		skip := contract.Info{ID: "event.a.v1", Retry: fast, OnPoison: event.Skip}
		w.start(subscription(event.Each, func(ctx context.Context, ds []event.Delivery) error {
			calls.add("%s", idsOf(ds))
			return w.poisoned(event.Permanent(errTest))(ctx, ds)
		}, skip))
		w.source.fail(nil, []error{errTest})
		w.publish(ev("bad", "k"))
		synctest.Wait()
		w.source.lose()
		synctest.Wait()
		if got := calls.all() + "; " + w.parkedOf("cells/c/s"); got != "bad.1; bad" {
			t.Errorf("handled and parked: %q, want bad.1; bad", got)
		}
	})
}

func TestStreamIsGivenUpWhenItSaysThatItIsLost(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		next, advances []error
	}{
		"on Next":             {next: []error{event.ErrLost}},
		"on Advance":          {advances: []error{event.ErrLost}},
		"on Advance by order": {advances: []error{event.ErrOrder}},
	} {
		for _, mode := range []event.Mode{event.Each, event.Batched} {
			t.Run(name+" "+string(mode), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					w := newWorld(t)
					w.source.fail(c.next, c.advances)
					w.start(subscription(mode, w.effect))
					w.publish(ev("1", "k"), ev("2", "l"))
					synctest.Wait()
					w.publish(ev("3", "k"))
					synctest.Wait()
					if got := w.effectsOf(); got != "1 2 3" {
						t.Errorf("effects %q, want each once", got)
					}
					if got := w.source.owners(); got != 2 {
						t.Errorf("%d streams, want a second one", got)
					}
				})
			})
		}
	}
}

func TestFaultsOfTheStreamAreTriedUntilTheyEnd(t *testing.T) {
	t.Parallel()
	for _, mode := range []event.Mode{event.Each, event.Batched} {
		t.Run(string(mode), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				w.source.fail([]error{errTest, errTest}, []error{errTest, errTest, errTest})
				w.start(subscription(mode, w.effect))
				w.publish(ev("1", "k"))
				later(time.Hour)
				if got := w.effectsOf(); got != "1" || w.source.owners() != 1 {
					t.Errorf("effects %q, %d streams, want 1 of one stream", got, w.source.owners())
				}
				if got := w.logs.FilterLevelExact(zap.WarnLevel).Len(); got != 5 {
					t.Errorf("%d lines, want one for each fault: %v", got, w.lines(zap.WarnLevel, "error"))
				}
				if got := w.parkedOf("cells/c/s"); got != "" {
					t.Errorf("parked %q", got)
				}
			})
		})
	}
}

func TestPositionThatIsStoredApartGoesOnWhereItFailed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.cfg.Batch = 1
		w.source.plain, w.source.Source = true, &unjoined{w.source.Source, w.tx}
		w.source.fail(nil, []error{nil, errTest, nil, errTest})
		w.publish(ev("1", "a"), ev("2", "b"), ev("3", "c"))
		w.start(subscription(event.Each, w.effect))
		later(time.Minute)
		if got := w.source.owners(); got != 1 {
			t.Errorf("%d streams, want one: a position was stored twice", got)
		}
		w.mustStop()
		if got := w.effectsOf() + "; " + w.unpassed("event.a.v1"); got != "1 2 3; " {
			t.Errorf("effects and what is not passed: %q, want 1 2 3 and nothing", got)
		}
	})
}
