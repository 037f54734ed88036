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

	"fxcell.dev/fxcell/clock"
	"fxcell.dev/fxcell/contract"
	"fxcell.dev/fxcell/event"
	"fxcell.dev/fxcell/outbox"
	"fxcell.dev/infra/memory" //nolint:depguard // fakes of ports are the memory adapters
)

func (w *world) consumer(subscriptions ...contract.Subscription) *Consumer {
	w.t.Helper()
	c, err := New(w.cfg, subscriptions, Ports{w.source, w.inbox, w.parking, w.tx, w.source.logger, clock.System()})
	if err != nil {
		w.t.Fatal(err)
	}
	return c
}

func TestConsumerWithoutSubscriptionsStandsStill(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.start()
		w.publish(ev("1", "k"))
		synctest.Wait()
		w.mustStop()
		if got := w.source.owners(); got != 0 {
			t.Errorf("%d streams", got)
		}
	})
}

func TestStopWaitsForHandlersAndPassesWhatTheyDid(t *testing.T) {
	t.Parallel()
	for _, mode := range []event.Mode{event.Each, event.External, event.Batched} {
		t.Run(string(mode), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w, calls := newWorld(t), &tape{}
				w.cfg.Batch, w.cfg.Lanes = 2, 1
				w.start(subscription(mode, func(ctx context.Context, ds []event.Delivery) error {
					calls.add("%s", idsOf(ds))
					<-time.After(10 * time.Second)
					return ctx.Err()
				}))
				w.publish(ev("1", "k"), ev("2", "l"), ev("3", "m"), ev("4", "n"))
				synctest.Wait()
				begun := time.Now()
				w.mustStop()
				if got := time.Since(begun); got != 10*time.Second {
					t.Errorf("Stop took %v, want the 10s of the handler", got)
				}
				handled, left := "1.1", "1 2 3 4" // the position moves by whole batches
				if mode == event.Batched {
					handled, left = "1+2.1", "3 4"
				}
				if got := calls.all() + "; " + w.unpassed("event.a.v1"); got != handled+"; "+left {
					t.Errorf("handled and not passed: %q, want %q", got, handled+"; "+left)
				}
			})
		})
	}
}

func TestStopDoesNotWaitForRetries(t *testing.T) {
	t.Parallel()
	for _, mode := range []event.Mode{event.Each, event.Batched} {
		t.Run(string(mode), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				slow := contract.Info{ID: "event.a.v1", Retry: event.Retry{Attempts: 9, From: time.Hour, To: time.Hour}}
				w.start(subscription(mode, func(context.Context, []event.Delivery) error { return errTest }, slow))
				w.publish(ev("1", "k"))
				synctest.Wait()
				begun := time.Now()
				w.mustStop()
				if got := time.Since(begun); got != 0 {
					t.Errorf("Stop took %v", got)
				}
				if got := w.unpassed("event.a.v1") + w.parkedOf("cells/c/s"); got != "1" {
					t.Errorf("not passed or parked: %q, want 1: its next owner handles it", got)
				}
			})
		})
	}
}

func TestStopEndsHandlersBeforeItsOwnContextEnds(t *testing.T) {
	t.Parallel()
	for _, mode := range []event.Mode{event.Each, event.Batched} {
		t.Run(string(mode), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				c := w.consumer(subscription(mode, func(ctx context.Context, ds []event.Delivery) error {
					_ = w.effect(ctx, ds)
					<-ctx.Done()
					if cause := context.Cause(ctx); !errors.Is(cause, ErrStopped) {
						t.Errorf("cause %v, want ErrStopped", cause)
					}
					return nil
				}))
				if err := c.Start(t.Context()); err != nil {
					t.Fatal(err)
				}
				w.publish(ev("1", "k"))
				synctest.Wait()
				ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
				defer cancel()
				begun := time.Now()
				if err := c.Stop(ctx); err != nil {
					t.Errorf("Stop = %v", err)
				}
				if got := time.Since(begun); got != 4500*time.Millisecond {
					t.Errorf("Stop took %v, want 4.5s of 5s", got)
				}
				if got := w.effectsOf() + w.unpassed("event.a.v1"); got != "1" {
					t.Errorf("effects and not passed: %q, want no effect, and 1 for the next owner", got)
				}
			})
		})
	}
}

func TestStopReportsAHandlerThatDoesNotEnd(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w, finish := newWorld(t), make(chan struct{})
		c := w.consumer(subscription(event.External, func(context.Context, []event.Delivery) error {
			<-finish
			return nil
		}))
		if err := c.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		w.publish(ev("1", "k"))
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		if err := c.Stop(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Stop = %v, want the end of its context", err)
		}
		close(finish)
	})
}

// failing is a source that cannot open one reader.
type failing struct {
	event.Source

	reader string
}

func (f failing) Open(ctx context.Context, r event.Reader) (<-chan event.Stream, error) {
	if r.Name == f.reader {
		return nil, errTest
	}
	return f.Source.Open(ctx, r)
}

func TestStartThatFailsLeavesNothingRunning(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		other := subscription(event.Each, w.effect)
		other.Slice = "cells/d/s"
		c := w.consumer(other, subscription(event.Each, w.effect))
		c.source = failing{w.source, "cells/d/s"}
		err := c.Start(t.Context())
		if !errors.Is(err, errTest) || !strings.Contains(err.Error(), "open reader cells/d/s") {
			t.Errorf("Start = %v, want the reader that could not be opened", err)
		}
		synctest.Wait()
		w.publish(ev("1", "k"))
		if got := w.unpassed("event.a.v1") + w.effectsOf(); got != "1" {
			t.Errorf("%q, want the reader that was opened to have let go", got)
		}
	})
}

// brief is a source that ends by itself.
type brief struct{}

func (brief) Open(context.Context, event.Reader) (<-chan event.Stream, error) {
	streams := make(chan event.Stream)
	close(streams)
	return streams, nil
}

func TestSourceThatEndsIsReported(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.source.Source = brief{}
		w.start(subscription(event.Each, w.effect))
		synctest.Wait()
		if got := w.lines(zap.ErrorLevel, "reader"); len(got) != 1 || got[0] != "the source of events has ended cells/c/s" {
			t.Errorf("logged %v", got)
		}
	})
}

func TestReaderReadsNoFurtherThanItsWindow(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w, calls := newWorld(t), &tape{}
		w.cfg.Window, w.cfg.Batch = 4, 3
		w.start(subscription(event.Each, func(ctx context.Context, ds []event.Delivery) error {
			calls.add("%s", ds[0].ID)
			if ds[0].ID == "0" && ds[0].Attempt < 3 {
				return errTest
			}
			return w.effect(ctx, ds)
		}, contract.Info{ID: "event.a.v1", Retry: event.Retry{Attempts: 5, From: time.Hour, To: time.Hour}}))
		for i := range 9 {
			w.publish(ev(fmt.Sprint(i), fmt.Sprint(i)))
		}
		synctest.Wait()
		if got := calls.sorted(); got != "0 1 2 3" {
			t.Errorf("handled %q, want 0 1 2 3: the first one waits, and four is the window", got)
		}
		later(3 * time.Hour)
		if got := w.effectsOf(); got != "0 1 2 3 4 5 6 7 8" {
			t.Errorf("effects %q", got)
		}
	})
}

func TestFullLogFailsThePublisherUntilReadersCatchUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorldOf(t, memory.Config{LogCapacity: 4})
		finish := make(chan struct{})
		w.start(subscription(event.External, func(context.Context, []event.Delivery) error {
			<-finish
			return nil
		}))
		w.publish(ev("1", "a"), ev("2", "b"), ev("3", "c"), ev("4", "d"))
		synctest.Wait()
		err := w.tx.InTx(t.Context(), func(ctx context.Context) error { return w.writer.Write(ctx, ev("5", "e")) })
		if !errors.Is(err, outbox.ErrFull) {
			t.Errorf("publish into a full log = %v, want outbox.ErrFull", err)
		}
		close(finish)
		synctest.Wait()
		w.publish(ev("5", "a"), ev("6", "b"), ev("7", "c"), ev("8", "d"))
	})
}

func TestHandlerThatPublishesIntoAFullLogIsTriedAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorldOf(t, memory.Config{LogCapacity: 2})
		w.start(subscription(event.Each, func(ctx context.Context, ds []event.Delivery) error {
			if ds[0].ID == "1" {
				e := ev("3", "x")
				if err := w.writer.Write(ctx, e); err != nil {
					return err
				}
			}
			return w.effect(ctx, ds)
		}))
		w.publish(ev("1", "k"), ev("2", "l")) // full: 1 can be handled when it gives its own place to 3, so it cannot be
		later(time.Minute)
		if got := w.effectsOf() + "; " + w.parkedOf("cells/c/s"); got != "2; 1" {
			t.Errorf("effects and parked: %q, want 2; 1: nothing waits for ever", got)
		}
		w.publish(ev("4", "l"))
		synctest.Wait()
		if got := w.effectsOf(); got != "2 4" {
			t.Errorf("effects %q, want 2 4", got)
		}
	})
}
