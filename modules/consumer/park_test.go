package consumer

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"

	"fxcell.dev/fxcell/contract"
	"fxcell.dev/fxcell/event"
	"fxcell.dev/fxcell/problem"
)

// poisoned fails for ids that start with "bad", and counts the others.
func (w *world) poisoned(err error) handler {
	return func(ctx context.Context, ds []event.Delivery) error {
		for _, d := range ds {
			if strings.HasPrefix(d.ID, "bad") {
				_ = w.count(ctx, d.ID) // must not last
				return err
			}
		}
		return w.effect(ctx, ds)
	}
}

func TestEventThatKeepsFailingIsParkedAndHoldsItsKey(t *testing.T) {
	t.Parallel()
	for _, mode := range []event.Mode{event.Each, event.External, event.Batched} {
		t.Run(string(mode), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				w.start(subscription(mode, func(ctx context.Context, ds []event.Delivery) error {
					if mode == event.External { // effects outside: this one counts in a transaction of its own
						return w.tx.InTx(ctx, func(ctx context.Context) error { return w.poisoned(errTest)(ctx, ds) })
					}
					return w.poisoned(errTest)(ctx, ds)
				}))
				w.publish(ev("1", "k"), ev("bad", "k"), ev("2", "k"), ev("3", "other"))
				later(time.Minute)
				w.publish(ev("4", "k"), ev("5", "other"))
				later(time.Minute)
				if got := w.effectsOf(); got != "1 3 5" {
					t.Errorf("effects %q, want 1 3 5", got)
				}
				if got := w.parkedOf("cells/c/s"); got != "bad (2) (4)" {
					t.Errorf("parked %q, want bad (2) (4)", got)
				}
				errorLines := w.lines(zap.ErrorLevel, "event_id")
				if len(errorLines) != 1 || errorLines[0] != "event parked bad" {
					t.Errorf("errors logged: %v, want one about the parked event", errorLines)
				}
				if got := w.logs.FilterMessage("event parked").FilterField(zap.Bool("held", true)).Len(); got != 2 {
					t.Errorf("%d lines about held events, want 2", got)
				}
				list, _ := w.parking.List(t.Context(), "cells/c/s")
				for i, p := range list {
					wantAttempts, wantReason := 0, "an earlier event of its key is parked"
					if i == 0 {
						wantAttempts, wantReason = 3, "failed 3 times, in the end by an error (*errors.errorString)"
						if mode == event.Batched { // three together, one alone
							wantAttempts, wantReason = 4, "failed 4 times, in the end by an error (*errors.errorString)"
						}
					}
					if p.Attempts != wantAttempts || p.Reason != wantReason || string(p.Payload) != "payload-of-"+p.ID {
						t.Errorf("parked %+v, want %d attempts, %q", p, wantAttempts, wantReason)
					}
				}
				w.mustNotTell("payload-of-")
			})
		})
	}
}

func TestSkippedPoisonLetsItsKeyGoOn(t *testing.T) {
	t.Parallel()
	for _, mode := range []event.Mode{event.Each, event.Batched} {
		t.Run(string(mode), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				skip := contract.Info{ID: "event.a.v1", Retry: fast, OnPoison: event.Skip}
				park := contract.Info{ID: "event.b.v1", Retry: fast}
				w.start(subscription(mode, w.poisoned(event.Permanent(errTest)), skip), contract.Subscription{
					Slice: "cells/c/s", Contracts: []contract.Info{park}, Mode: mode, Handle: w.poisoned(event.Permanent(errTest)),
				})
				b := func(id string) event.Event {
					e := ev(id, "k")
					e.Contract = "event.b.v1"
					return e
				}
				w.publish(ev("1", "k"), ev("bad", "k"), ev("2", "k"), b("3"))
				synctest.Wait()
				if got := w.effectsOf() + "; " + w.parkedOf("cells/c/s"); got != "1 2 3; bad" {
					t.Errorf("effects and parked: %q, want 1 2 3; bad", got)
				}
				w.publish(b("bad2"), ev("4", "k"), b("5"))
				synctest.Wait()
				if got := w.effectsOf() + "; " + w.parkedOf("cells/c/s"); got != "1 2 3; bad bad2 (4) (5)" {
					t.Errorf("effects and parked: %q, want 1 2 3; bad bad2 (4) (5): an event of a contract that parks holds all", got)
				}
			})
		})
	}
}

func TestPermanentErrorIsNotTriedAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w, attempts := newWorld(t), 0
		w.start(subscription(event.Each, func(context.Context, []event.Delivery) error {
			attempts++
			return fmt.Errorf("wrapped: %w", event.Permanent(errors.New("payload-of-1 is wrong")))
		}))
		w.publish(ev("1", "k"))
		synctest.Wait()
		list, _ := w.parking.List(t.Context(), "cells/c/s")
		if attempts != 1 || len(list) != 1 || list[0].Reason != "no attempt can succeed: an error (*errors.errorString)" {
			t.Errorf("%d attempts, parked %+v", attempts, list)
		}
	})
}

func TestReasonsTellTheKindOfTheErrorOnly(t *testing.T) {
	t.Parallel()
	refused := problem.New(problem.Forbidden, "payload")
	for _, c := range []struct {
		err  error
		want string
	}{
		{errors.New("payload"), "failed 2 times, in the end by an error (*errors.errorString)"},
		{fmt.Errorf("payload: %w", errors.New("payload")), "failed 2 times, in the end by an error (*errors.errorString)"},
		{fmt.Errorf("payload: %w", refused), "failed 2 times, in the end by ERR_FORBIDDEN"},
		{event.Permanent(refused), "no attempt can succeed: ERR_FORBIDDEN"},
		{fmt.Errorf("payload: %w", context.DeadlineExceeded), "failed 2 times, in the end by its deadline"},
		{&panicError{value: "string"}, "failed 2 times, in the end by a panic"},
		{errExited, "failed 2 times, in the end by an error (*errors.errorString)"},
	} {
		if got := reasonOf(c.err, 2); got != c.want {
			t.Errorf("reasonOf(%v) = %q, want %q", c.err, got, c.want)
		}
	}
}

func TestParkedKeyStaysHeldForTheNextOwnerUntilItIsReleased(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		park := &parking{Parking: w.parking}
		w.parking = park
		w.start(subscription(event.Each, w.poisoned(event.Permanent(errTest))))
		w.publish(ev("bad", "k"))
		synctest.Wait()
		w.source.lose()
		synctest.Wait()
		w.publish(ev("1", "k"))
		synctest.Wait()
		if got := w.effectsOf() + "; " + w.parkedOf("cells/c/s"); got != "; bad (1)" {
			t.Errorf("effects and parked: %q, want ; bad (1)", got)
		}
		park.free = true
		w.publish(ev("2", "k"))
		synctest.Wait()
		if got := w.effectsOf(); got != "2" {
			t.Errorf("effects %q, want 2: nothing of its key is parked any more", got)
		}
	})
}

// parking is an event.Parking that can be full, or emptied.
type parking struct {
	event.Parking

	faults int // so many calls of Park fail
	asked  int
	lists  int
	free   bool
}

func (p *parking) List(ctx context.Context, reader string) ([]event.Parked, error) {
	p.lists++
	return p.Parking.List(ctx, reader)
}

func (p *parking) Park(ctx context.Context, e event.Parked) error {
	if p.faults > 0 {
		p.faults--
		return errTest
	}
	return p.Parking.Park(ctx, e)
}

func (p *parking) Holds(ctx context.Context, reader, topic, key string) (bool, error) {
	if p.asked++; p.free {
		return false, nil
	}
	return p.Parking.Holds(ctx, reader, topic, key)
}

func TestKeyIsHeldByWhatIsParkedInIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.consumer(subscription(event.Each, w.effect,
		contract.Info{ID: "event.skip.v1", OnPoison: event.Skip}, contract.Info{ID: "event.park.v1", OnPoison: event.Park}))
	for _, row := range []struct {
		name, contract, key string
		held, want          bool
	}{
		{"of a contract that parks", "event.park.v1", "k", false, true},
		{"of a contract that skips", "event.skip.v1", "k", false, false},
		{"held, of a contract that skips", "event.skip.v1", "k", true, true},
		{"of a contract that is subscribed no more", "event.gone.v1", "k", false, true},
		{"of another key", "event.park.v1", "other", false, false},
	} {
		only := event.Parked{Event: ev("1", row.key), Held: row.held}
		only.Contract = row.contract
		c.readers[0].Parking = listed{w.parking, only}
		tenure := &tenure{reader: c.readers[0], parked: newParkedKeys()}
		if got, err := tenure.holds(t.Context(), ev("2", "k")); got != row.want || err != nil {
			t.Errorf("%s: held %v, %v, want %v", row.name, got, err, row.want)
		}
	}
}

// listed is a parking with one event.
type listed struct {
	event.Parking

	only event.Parked
}

func (listed) Holds(context.Context, string, string, string) (bool, error) { return true, nil }

func (l listed) List(context.Context, string) ([]event.Parked, error) {
	return []event.Parked{l.only}, nil
}

func TestParkingThatFailsIsTriedUntilItSucceeds(t *testing.T) {
	t.Parallel()
	for _, mode := range []event.Mode{event.Each, event.Batched} {
		t.Run(string(mode), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				w.parking = &parking{Parking: w.parking, faults: 20}
				w.start(subscription(mode, w.poisoned(event.Permanent(errTest))))
				w.publish(ev("bad", "k"), ev("1", "k"), ev("2", "other"))
				later(time.Hour)
				if got := w.effectsOf() + "; " + w.parkedOf("cells/c/s"); got != "2; bad (1)" {
					t.Errorf("effects and parked: %q, want 2; bad (1)", got)
				}
				if got := w.logs.FilterMessage("event could not be taken up").Len(); got != 20 {
					t.Errorf("%d lines about the parking, want 20", got)
				}
			})
		})
	}
}

func TestWhatIsParkedIsListedOnceAndNoOtherKeyAskedFor(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		park := &parking{Parking: w.parking}
		w.parking = park
		w.start(subscription(event.Each, w.poisoned(event.Permanent(errTest))))
		for i := range 10 {
			w.publish(ev(fmt.Sprint(i), fmt.Sprint("key ", i%5)))
			synctest.Wait()
		}
		if park.asked != 0 || park.lists != 1 {
			t.Errorf("Holds was asked %d times and List %d times, want List once", park.asked, park.lists)
		}
		w.publish(ev("bad", "k"), ev("10", "k"), ev("11", "key 1"))
		synctest.Wait()
		if park.asked != 1 || park.lists != 1 {
			t.Errorf("Holds was asked %d times and List %d times, want Holds for the one key in which something is parked", park.asked, park.lists)
		}
	})
}

func TestKeyThatSomebodyElseParkedMeanwhileIsAskedFor(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.start(subscription(event.Each, w.effect))
		w.publish(ev("1", "k"))
		synctest.Wait()
		err := w.tx.InTx(t.Context(), func(ctx context.Context) error { // the owner before ends late
			e := ev("2", "k")
			e.Seq = 2
			return errors.Join(w.parking.Park(ctx, event.Parked{Event: e, Reader: "cells/c/s"}), w.inbox.Mark(ctx, "cells/c/s", e))
		})
		if err != nil {
			t.Fatal(err)
		}
		w.publish(ev("2", "k"), ev("3", "k"))
		synctest.Wait()
		if got := w.effectsOf() + "; " + w.parkedOf("cells/c/s"); got != "1; 2 (3)" {
			t.Errorf("effects and parked: %q, want 1; 2 (3)", got)
		}
	})
}

func TestParkedKeysAreListedAnewWhenTooManyAreInDoubt(t *testing.T) {
	t.Parallel()
	k, lists := newParkedKeys(), 0
	list := func() ([]event.Parked, error) {
		lists++
		return []event.Parked{{Event: ev("1", "listed")}}, nil
	}
	k.add("own")
	for i := range 3*maxSeen + 1 {
		key := fmt.Sprint(i)
		k.doubt(key)
		if held, err := k.mayHold(key, list); !held || err != nil {
			t.Fatalf("a key in doubt: mayHold = %v, %v", held, err)
		}
	}
	if len(k.seen) > maxSeen || lists != 4 {
		t.Errorf("%d keys are remembered after %d lists, want %d at most and a list for each time that they were too many", len(k.seen), lists, maxSeen)
	}
	for key, want := range map[string]bool{"own": true, keyOf(ev("1", "listed")): true, "0": false} {
		if held, err := k.mayHold(key, list); held != want || err != nil {
			t.Errorf("%q: mayHold = %v, %v, want %v", key, held, err, want)
		}
		k.setFree(key)
		if held, _ := k.mayHold(key, list); held {
			t.Errorf("%q is held after it was set free", key)
		}
	}
	failing := newParkedKeys()
	if _, err := failing.mayHold("k", func() ([]event.Parked, error) { return nil, errTest }); !errors.Is(err, errTest) {
		t.Errorf("mayHold without a list = %v, want its error", err)
	}
	if held, err := failing.mayHold(keyOf(ev("1", "listed")), list); !held || err != nil {
		t.Errorf("after that, mayHold = %v, %v, want that it was listed then", held, err)
	}
}
