package consumer

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"

	"fxcell.dev/fxcell/contract"
	"fxcell.dev/fxcell/db"
	"fxcell.dev/fxcell/event"
)

func TestEachEventHasItsEffectOnceInTheOrderOfItsKey(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w, calls := newWorld(t), &tape{}
		w.start(subscription(event.Each, func(ctx context.Context, ds []event.Delivery) error {
			if len(ds) != 1 || ds[0].Attempt != 1 || ds[0].Replayed {
				t.Errorf("deliveries %+v, want one, the first attempt", ds)
			}
			calls.add("%s", ds[0].ID)
			if !db.InTx(ctx) {
				t.Error("the handler is in no transaction")
			}
			return w.effect(ctx, ds)
		}))
		w.publish(ev("1", "k"), ev("2", "k"))
		w.publish(ev("3", "k"))
		synctest.Wait()
		if got := calls.all(); got != "1 2 3" {
			t.Errorf("handled %q, want 1 2 3", got)
		}
		if got := w.effectsOf(); got != "1 2 3" {
			t.Errorf("effects %q, want 1 2 3", got)
		}
	})
}

func TestEventsBeforeTheStartAreHandledToo(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.publish(ev("1", "k"))
		w.start(subscription(event.Each, w.effect))
		synctest.Wait()
		if got := w.effectsOf(); got != "1" {
			t.Errorf("effects %q, want 1", got)
		}
	})
}

func TestOtherKeysFlowWhileOneWaits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w, calls := newWorld(t), &tape{}
		w.cfg.Lanes = 1
		w.start(subscription(event.Each, func(ctx context.Context, ds []event.Delivery) error {
			d := ds[0]
			calls.add("%s.%d", d.ID, d.Attempt)
			if d.ID == "1" && d.Attempt < 3 {
				return errors.Join(w.effect(ctx, ds), errTest)
			}
			return w.effect(ctx, ds)
		}))
		w.publish(ev("1", "k"), ev("2", "k"), ev("3", "other"))
		later(10 * time.Second)
		if got := calls.all(); got != "1.1 3.1 1.2 1.3 2.1" {
			t.Errorf("handled %q, want 1.1 3.1 1.2 1.3 2.1", got)
		}
		if got := w.effectsOf(); got != "1 2 3" {
			t.Errorf("effects %q, want each once: failed attempts leave nothing", got)
		}
		failed := w.logs.FilterMessage("event handling failed").FilterField(zap.String("event_id", "1"))
		if failed.FilterField(zap.String("reader", "cells/c/s")).FilterField(zap.String("contract", "event.a.v1")).Len() != 2 {
			t.Errorf("failed attempts are logged as %v, want two lines", failed.All())
		}
	})
}

func TestHandlersRunSideBySideAsFarAsThereAreLanes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w, calls, finish := newWorld(t), &tape{}, make(chan struct{})
		w.cfg.Lanes = 3
		w.start(subscription(event.External, func(_ context.Context, ds []event.Delivery) error {
			calls.add("%s", ds[0].ID)
			<-finish
			return nil
		}))
		w.publish(ev("1", "k"), ev("2", "k"), ev("3", "l"), ev("4", "m"), ev("5", "n"))
		synctest.Wait()
		if got := calls.sorted(); got != "1 3 4" {
			t.Errorf("running %q, want 1 3 4: the second waits for its key, the last for a lane", got)
		}
		close(finish)
	})
}

// broken are handlers' ways to fail. None may take anything else with it.
var broken = map[string]func(ctx context.Context) error{
	"error":  func(context.Context) error { return errTest },
	"panic":  func(context.Context) error { panic("secret of the payload") }, //nolint:forbidigo // handlers may panic
	"index":  func(context.Context) error { var s []int; s[len(s)]++; return nil },
	"goexit": func(context.Context) error { runtime.Goexit(); return nil },
	"hook": func(ctx context.Context) error {
		return db.BeforeCommit(ctx, func(context.Context) error { return errTest })
	},
	"hook panic": func(ctx context.Context) error {
		return db.BeforeCommit(ctx, func(context.Context) error { panic("secret of the payload") }) //nolint:forbidigo // so may hooks
	},
	"slow hook": func(ctx context.Context) error {
		return db.BeforeCommit(ctx, func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() })
	},
	"deadline": func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() },
	"late":     func(ctx context.Context) error { <-ctx.Done(); return nil },
	"nested": func(ctx context.Context) error {
		return db.OnCommit(ctx, func(context.Context) { panic("never") }) //nolint:forbidigo // it would be seen
	},
}

func TestFailedAttemptLeavesNothingAndIsTriedAgain(t *testing.T) {
	t.Parallel()
	for name, fail := range broken {
		for _, mode := range []event.Mode{event.Each, event.Batched} {
			t.Run(fmt.Sprint(mode, " ", name), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					w, failed := newWorld(t), false
					w.start(subscription(mode, func(ctx context.Context, ds []event.Delivery) error {
						if err := w.effect(ctx, ds); err != nil {
							return err
						}
						if failed {
							return nil
						}
						failed = true
						if name == "nested" {
							_ = fail(ctx)
							return errTest
						}
						return fail(ctx)
					}))
					w.publish(ev("1", "k"), ev("2", "k"))
					later(time.Minute)
					if got := w.effectsOf(); got != "1 2" || !failed {
						t.Errorf("effects %q, want 1 2", got)
					}
					if got := w.lines(zap.WarnLevel, "attempt"); len(got) != 1 || got[0] != "event handling failed 1" {
						t.Errorf("logged %v, want one failed attempt", got)
					}
					w.mustNotTell("secret of", "payload-of-")
				})
			})
		}
	}
}

// mustNotTell fails when a line of the log holds one of the texts.
func (w *world) mustNotTell(texts ...string) {
	w.t.Helper()
	for _, l := range w.logs.All() {
		line := fmt.Sprint(l.Message, l.ContextMap())
		for _, text := range texts {
			if strings.Contains(line, text) {
				w.t.Errorf("a line of the log tells %q: %s", text, line)
			}
		}
	}
}

func TestPanicIsLoggedOnceWithItsStack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w, calls := newWorld(t), 0
		w.start(subscription(event.Each, func(ctx context.Context, _ []event.Delivery) error {
			if calls++; calls == 1 {
				return broken["panic"](ctx)
			}
			return nil
		}))
		w.publish(ev("1", "k"))
		later(time.Minute)
		lines := w.logs.All()
		if len(lines) != 1 {
			t.Fatalf("logged %v, want one line", lines)
		}
		fields := lines[0].ContextMap()
		if stack, _ := fields["stack"].(string); !strings.Contains(stack, "each_test.go") {
			t.Errorf("stack %q does not show where it was", stack)
		}
		if got := fields["error"]; got != "consumer: the handler panicked with a string" {
			t.Errorf("error %q", got)
		}
	})
}

func TestHandlerHasADeadlineForEachAttempt(t *testing.T) {
	t.Parallel()
	for _, mode := range []event.Mode{event.Each, event.Batched, event.External} {
		t.Run(string(mode), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w, attempts := newWorld(t), 0
				w.cfg.HandlerTimeout = 7 * time.Second
				w.start(subscription(mode, func(ctx context.Context, _ []event.Delivery) error {
					attempts++
					end, ok := ctx.Deadline()
					if got := time.Until(end); !ok || got != 7*time.Second {
						t.Errorf("deadline in %v, want 7s", got)
					}
					if attempts == 1 {
						begun := time.Now()
						<-ctx.Done()
						if got := time.Since(begun); got != 7*time.Second || !errors.Is(ctx.Err(), context.DeadlineExceeded) {
							t.Errorf("ended after %v by %v", got, ctx.Err())
						}
						return ctx.Err()
					}
					return nil
				}))
				w.publish(ev("1", "k"))
				later(time.Minute)
				if attempts != 2 {
					t.Errorf("%d attempts, want 2", attempts)
				}
			})
		})
	}
}

func TestWaitingForATransactionIsNoAttempt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w, attempts := newWorld(t), []int{}
		w.cfg.HandlerTimeout = time.Second
		w.start(subscription(event.Each, func(ctx context.Context, ds []event.Delivery) error {
			attempts = append(attempts, ds[0].Attempt)
			return w.effect(ctx, ds)
		}))
		outside := t.Context()
		somebodyElse := func() {
			_ = w.tx.InTx(outside, func(context.Context) error {
				<-time.After(time.Minute)
				return nil
			})
		}
		err := w.tx.InTx(t.Context(), func(ctx context.Context) error {
			go somebodyElse()
			synctest.Wait() // in line for the transaction after this one
			return w.writer.Write(ctx, ev("1", "k"))
		})
		if err != nil {
			t.Fatal(err)
		}
		later(2 * time.Minute)
		if fmt.Sprint(attempts) != "[1]" || w.effectsOf() != "1" {
			t.Errorf("attempts %v, effects %q, want one", attempts, w.effectsOf())
		}
	})
}

func TestEventsOfOtherContractsArePassedOver(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.start(
			subscription(event.Each, w.effect, contract.Info{ID: "event.a.v1"}),
			contract.Subscription{
				Slice: "cells/c/s", Contracts: []contract.Info{{ID: "event.b.v1"}}, Mode: event.External,
				Handle: func(context.Context, []event.Delivery) error { return nil },
			},
		)
		other := ev("x", "k")
		other.Contract = "event.x.v1"
		w.publish(ev("1", "k"), other, ev("2", "k"))
		synctest.Wait()
		if got := w.effectsOf(); got != "1 2" {
			t.Errorf("effects %q, want 1 2", got)
		}
	})
}
