package password

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"fxcell.dev/fxcell/problem"
)

func TestPoolRunsNoMoreThanItMay(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newPool(3, 100, time.Hour)
		var running, most, done atomic.Int64
		for range 50 {
			go func() {
				err := p.do(t.Context(), func() {
					if n := running.Add(1); n > most.Load() {
						most.Store(n)
					}
					<-time.After(time.Second)
					running.Add(-1)
				})
				if err != nil {
					t.Error(err)
				}
				done.Add(1)
			}()
		}
		<-time.After(time.Minute)
		synctest.Wait()
		if most.Load() != 3 || done.Load() != 50 {
			t.Errorf("%d at once, %d done, want 3 and 50", most.Load(), done.Load())
		}
	})
}

func TestPoolRefusesWhoWouldWaitTooLong(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const concurrency, queue = 2, 64
		p := newPool(concurrency, queue, 2*time.Second)
		release := make(chan struct{})
		defer close(release)
		results := make(chan error, concurrency+queue)
		for range concurrency + queue {
			go func() { results <- p.do(t.Context(), func() { <-release }) }()
		}
		synctest.Wait()

		start := time.Now()
		err := p.do(t.Context(), func() { t.Error("ran") })
		if busy := asBusy(err); busy == nil || time.Since(start) != 0 {
			t.Errorf("beyond the queue: got %v after %v, want an answer at once", err, time.Since(start))
		}

		for range queue {
			busy := asBusy(<-results)
			if busy == nil || busy.RetryAfter != 2*time.Second || time.Since(start) != 2*time.Second {
				t.Fatalf("in the queue: got %v after %v", busy, time.Since(start))
			}
		}
		if n := p.waiting.Load(); n != 0 {
			t.Errorf("%d still count as waiting", n)
		}
	})
}

func asBusy(err error) *problem.Error {
	var p *problem.Error
	if errors.As(err, &p) && p.Code == problem.Unavailable && p.RetryAfter > 0 {
		return p
	}
	return nil
}

func TestPoolLetsGoOfWhoGaveUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newPool(1, 1, time.Hour)
		release := make(chan struct{})
		go func() { _ = p.do(t.Context(), func() { <-release }) }()
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := p.do(ctx, func() { t.Error("ran") }); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
		close(release)
		synctest.Wait()
		if err := p.do(t.Context(), func() {}); err != nil {
			t.Errorf("the next one: %v", err)
		}
	})
}

func TestPoolWithoutQueue(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newPool(1, -1, time.Hour)
		err := p.do(t.Context(), func() {
			if asBusy(p.do(t.Context(), func() {})) == nil {
				t.Error("a second one waits")
			}
		})
		if err != nil {
			t.Error(err)
		}
	})
}

func TestPoolGetsItsSlotBackFromAPanic(t *testing.T) {
	t.Parallel()
	p := newPool(1, 0, time.Second)
	func() {
		defer func() { _ = recover() }()
		_ = p.do(t.Context(), func() { _ = make([]int, 0)[len(t.Name())] })
	}()
	if err := p.do(t.Context(), func() {}); err != nil {
		t.Errorf("got %v", err)
	}
}
