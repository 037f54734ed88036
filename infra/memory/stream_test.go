package memory

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"

	"fxcell.dev/fxcell/event"
)

func TestReaderHasOneOwnerAtATime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := setup(t, 0)
		b.mustWrite("1", "2", "3")
		first := b.own(event.Reader{Name: "r"})
		b.mustAdvance(first, b.next(first, 1))
		unpassed := b.next(first, 1)

		var second event.Stream
		var wg sync.WaitGroup
		wg.Go(func() { second = b.own(event.Reader{Name: "r"}) })
		synctest.Wait()
		if second != nil {
			t.Fatal("two owners")
		}
		if err := first.Release(t.Context()); err != nil {
			t.Errorf("Release = %v", err)
		}
		wg.Wait()
		if got := ids(b.next(second, 10)); got != "2 3" {
			t.Errorf("the next owner reads %q, want what was not advanced: 2 3", got)
		}

		if _, err := first.Next(t.Context(), 1); !errors.Is(err, event.ErrLost) {
			t.Errorf("Next of a released stream = %v, want event.ErrLost", err)
		}
		if err := b.advance(first, unpassed); !errors.Is(err, event.ErrLost) {
			t.Errorf("Advance of a released stream = %v, want event.ErrLost", err)
		}
		if err := first.Release(t.Context()); err != nil {
			t.Errorf("second Release = %v, want nil", err)
		}
		if err := b.advance(second, unpassed); !errors.Is(err, event.ErrOrder) {
			t.Errorf("Advance by another stream's batch = %v, want event.ErrOrder", err)
		}
		select {
		case <-first.Lost():
		default:
			t.Error("Lost is open after Release")
		}
		select {
		case <-second.Lost():
			t.Error("Lost is closed though the stream is owned")
		default:
		}
	})
}

func TestOwnersGetTheirTurnInTheOrderInWhichTheyCame(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := setup(t, 0)
		s, order := b.own(event.Reader{Name: "r"}), make(chan int, 3)
		for i := range 3 {
			go func() {
				s := b.own(event.Reader{Name: "r"})
				order <- i
				_ = s.Release(t.Context())
			}()
			synctest.Wait()
		}
		_ = s.Release(t.Context())
		for want := range 3 {
			if got := <-order; got != want {
				t.Errorf("turn %d went to %d", want, got)
			}
		}
	})
}

func TestReaderExistsFromTheCallOnEvenWhenItsContextHasEnded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := setup(t, 0)
		ctx, cancel := context.WithCancelCause(t.Context())
		cancel(errTest)
		if _, err := b.log.Own(ctx, event.Reader{Name: "r", From: event.Latest}); !errors.Is(err, errTest) {
			t.Errorf("Own = %v, want the cause of the context's end", err)
		}
		b.mustWrite("1")
		owner := b.own(event.Reader{Name: "r", From: event.Latest})
		if got := ids(b.next(owner, 10)); got != "1" {
			t.Errorf("read %q, want 1: the reader existed when it was written", got)
		}
		waiting, stop := context.WithCancelCause(t.Context())
		ended := make(chan error)
		go func() {
			_, err := b.log.Own(waiting, event.Reader{Name: "r"})
			ended <- err
		}()
		synctest.Wait()
		stop(errTest)
		if err := <-ended; !errors.Is(err, errTest) {
			t.Errorf("Own that waited = %v, want the cause of the context's end", err)
		}
		_ = owner.Release(t.Context())
		if got := ids(b.next(b.own(event.Reader{Name: "r"}), 10)); got != "1" {
			t.Errorf("read %q, want 1: who stopped waiting does not hold the reader", got)
		}
	})
}

func TestReaderNeedsAName(t *testing.T) {
	t.Parallel()
	if _, err := setup(t, 0).log.Own(t.Context(), event.Reader{}); !errors.Is(err, errName) {
		t.Errorf("Own = %v, want %v", err, errName)
	}
}

func TestBatchesAdvanceOnceAndInOrder(t *testing.T) {
	t.Parallel()
	b := setup(t, 0)
	s := b.own(event.Reader{Name: "r"})
	b.mustWrite("1", "2", "3")
	first, second, third := b.next(s, 1), b.next(s, 1), b.next(s, 1)
	if err := b.advance(s, second); !errors.Is(err, event.ErrOrder) {
		t.Errorf("the second before the first = %v, want event.ErrOrder", err)
	}
	if err := b.advance(s, first, first); !errors.Is(err, event.ErrOrder) {
		t.Errorf("twice in a transaction = %v, want event.ErrOrder", err)
	}
	b.mustAdvance(s, first, second)
	if got := b.log.passed("r"); got != 2 {
		t.Errorf("position %d, want 2: the third is open", got)
	}
	if err := b.advance(s, first); !errors.Is(err, event.ErrOrder) {
		t.Errorf("one that was passed = %v, want event.ErrOrder", err)
	}
	if err := b.advance(s, event.Batch{Events: third.Events}); !errors.Is(err, event.ErrOrder) {
		t.Errorf("one without a position = %v, want event.ErrOrder", err)
	}
	b.mustAdvance(s, third, b.next(s, 1))
	ended, end := context.WithCancel(t.Context())
	end()
	b.mustWrite("4")
	fourth := b.next(s, 1)
	if err := s.Advance(ended, fourth); !errors.Is(err, context.Canceled) {
		t.Errorf("Advance after the end of its context = %v, want context.Canceled", err)
	}
	if err := s.Advance(t.Context(), fourth); err != nil || b.log.passed("r") != 4 {
		t.Errorf("Advance without a transaction = %v, position %d, want 4", err, b.log.passed("r"))
	}
	if err := s.Advance(t.Context(), event.Batch{}); err != nil {
		t.Errorf("Advance over nothing = %v", err)
	}
	if !s.Transactional() {
		t.Error("Transactional = false")
	}
}

func TestUndoneTransactionLeavesThePosition(t *testing.T) {
	t.Parallel()
	b := setup(t, 0)
	s := b.own(event.Reader{Name: "r"})
	b.mustWrite("1", "2")
	first, second := b.next(s, 1), b.next(s, 1)
	err := b.engine.InTx(t.Context(), func(ctx context.Context) error {
		return errors.Join(s.Advance(ctx, first), s.Advance(ctx, second), errTest)
	})
	if !errors.Is(err, errTest) || b.log.passed("r") != 0 {
		t.Errorf("InTx = %v, position %d, want the error of the test and 0", err, b.log.passed("r"))
	}
	err = b.engine.InTx(t.Context(), func(ctx context.Context) error {
		_ = b.engine.InTx(ctx, func(ctx context.Context) error { return errors.Join(s.Advance(ctx, first), errTest) })
		_ = s.Advance(ctx, second) // fails: joins the transaction, and changes nothing
		_ = b.engine.InTx(ctx, func(ctx context.Context) error { return errors.Join(s.Advance(ctx, first), errTest) })
		if err := s.Advance(ctx, first); err != nil {
			return err
		}
		_ = b.engine.InTx(ctx, func(ctx context.Context) error { return errors.Join(s.Advance(ctx, second), errTest) })
		return nil
	})
	if err != nil || b.log.passed("r") != 1 {
		t.Errorf("InTx = %v, position %d, want 1", err, b.log.passed("r"))
	}
	b.mustAdvance(s, second)
	_ = s.Release(t.Context())
	if got := ids(b.next(b.own(event.Reader{Name: "r"}), 1)); got != "" {
		t.Errorf("the next owner reads %q, want nothing", got)
	}
}

func TestReleaseLetsATransactionThatAdvancedEndFirst(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		end  error
		want string
	}{
		"commit":   {nil, "2"},
		"rollback": {errTest, "1 2"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := setup(t, 0)
				s := b.own(event.Reader{Name: "r"})
				b.mustWrite("1", "2")
				got, batch := make(chan string, 1), b.next(s, 1)
				takeOver := func() {
					_ = s.Release(t.Context())
					got <- ids(b.next(b.own(event.Reader{Name: "r"}), 10))
				}
				err := b.engine.InTx(t.Context(), func(ctx context.Context) error {
					if err := s.Advance(ctx, batch); err != nil {
						return err
					}
					go takeOver()
					synctest.Wait()
					if len(got) != 0 {
						t.Errorf("the next owner began before the transaction ended")
					}
					return c.end
				})
				if !errors.Is(err, c.end) {
					t.Errorf("InTx = %v, want %v", err, c.end)
				}
				if got := <-got; got != c.want {
					t.Errorf("the next owner reads %q, want %q", got, c.want)
				}
			})
		})
	}
}

func TestReaderIsHandedWhatItWantsAndPassesOverTheRest(t *testing.T) {
	t.Parallel()
	b := setup(t, 8)
	only := event.Reader{Name: "b", Contracts: []string{"event.b.v1"}}
	s := b.own(only)
	b.mustWrite("1", "2", "b:3", "4")
	batch := b.next(s, 1)
	if got := ids(batch); got != "b:3" {
		t.Errorf("read %q, want b:3", got)
	}
	b.mustWrite("5")
	b.mustAdvance(s, batch)
	if got := b.held(); got != 0 {
		t.Errorf("the log holds %d events, want none: the last ones are not wanted", got)
	}
	for range 3 {
		b.mustWrite("6", "7", "8", "9") // more than fit, each passed at once
	}
	_ = s.Release(t.Context())
	for range 3 {
		b.mustWrite("10", "11", "12", "13") // without an owner too
	}
	b.mustWrite("b:14", "15", "16")
	if got := b.held(); got != 3 {
		t.Errorf("the log holds %d events, want 3 from the wanted one on", got)
	}
	all := b.own(event.Reader{Name: "b"}) // from now on it wants everything
	if got := ids(b.next(all, 10)); got != "b:14 15 16" {
		t.Errorf("read %q, want b:14 15 16", got)
	}
}

func TestWakeComesWithWantedEventsOnly(t *testing.T) {
	t.Parallel()
	b := setup(t, 0)
	s := b.own(event.Reader{Name: "r", Contracts: []string{"event.b.v1"}})
	woken := func() bool {
		select {
		case <-s.Wake():
			return true
		default:
			return false
		}
	}
	if !woken() || woken() {
		t.Error("a new owner is woken once: there may be something")
	}
	b.mustWrite("1")
	if woken() {
		t.Error("woken for an event of another contract")
	}
	b.mustWrite("b:2")
	b.mustWrite("b:3")
	if !woken() || woken() {
		t.Error("want one wake for two commits that nobody waited for")
	}
}

func TestNextEndsWithItsContext(t *testing.T) {
	t.Parallel()
	b := setup(t, 0)
	s := b.own(event.Reader{Name: "r"})
	b.mustWrite("1")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Next(ctx, 1); !errors.Is(err, context.Canceled) {
		t.Errorf("Next = %v, want context.Canceled", err)
	}
	if got := ids(b.next(s, 0)); got != "" {
		t.Errorf("Next of none = %q", got)
	}
	if got := ids(b.next(s, 1)); got != "1" {
		t.Errorf("Next = %q, want 1", got)
	}
}
