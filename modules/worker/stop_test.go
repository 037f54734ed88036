package worker_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/zap"

	port "fxcell.dev/fxcell/worker"
	"fxcell.dev/modules/worker"
)

func TestStopEndsEveryWorkerAndWaitsForIt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		tidied := 0
		tidies := func(ctx context.Context) error {
			<-ctx.Done()
			<-time.After(3 * time.Second)
			tidied++
			return nil
		}
		s := setup(t, worker.Config{}, port.Worker{Name: "a", Run: tidies}, port.Worker{Name: "b", Run: waits}, port.Worker{Name: "c", Run: fails})
		elapse(time.Second) // c pauses
		began := time.Now()
		s.stop(t)
		if took := time.Since(began); took != 3*time.Second || tidied != 1 {
			t.Errorf("stopped after %s with %d tidied, want 3s and 1", took, tidied)
		}
	})
}

func TestStopNamesTheWorkersThatDoNotEnd(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		hook   time.Duration // how long the hook may take
		config worker.Config
		want   time.Duration
	}{
		{"the hook's time is up", 2 * time.Second, worker.Config{}, 2 * time.Second},
		{"the configured time is up", time.Hour, worker.Config{StopTimeout: 4 * time.Second}, 4 * time.Second},
		{"the default time is up", time.Hour, worker.Config{}, 10 * time.Second},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				release := make(chan struct{})
				hangs := func(context.Context) error { <-release; return nil }
				s := setup(t, tt.config, port.Worker{Name: "c", Run: hangs}, port.Worker{Name: "a", Run: hangs}, port.Worker{Name: "b", Run: waits})
				synctest.Wait()
				ctx, cancel := context.WithTimeout(t.Context(), tt.hook)
				defer cancel()
				began := time.Now()
				err := s.Stop(ctx)
				if took := time.Since(began); took != tt.want {
					t.Errorf("took %s, want %s", took, tt.want)
				}
				want := "modules/worker: a does not end: context deadline exceeded\nmodules/worker: c does not end: context deadline exceeded"
				if err == nil || err.Error() != want || !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("got error %v, want %s", err, want)
				}
				close(release)
				synctest.Wait()
			})
		})
	}
}

func TestWhatAWorkerReturnsWhenItStopsIsNoFailure(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		err   error
		lines []string
	}{
		{"nil", nil, []string{}},
		{"the context's error", context.Canceled, []string{}},
		{"an error around the context's", errors.Join(errDown, context.Canceled), []string{}},
		{"another error", errDown, []string{"WARN worker failed while it stopped"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := follow(func(ctx context.Context) error { <-ctx.Done(); return tt.err })
				s := setup(t, worker.Config{Attempts: 1}, port.Worker{Name: "a", Run: w.Run, Essential: true})
				synctest.Wait()
				s.stop(t)
				if s.ends != 0 || w.count() != 1 {
					t.Errorf("ended the process %d times after %d runs, want never after 1", s.ends, w.count())
				}
				if diff := cmp.Diff(tt.lines, s.lines()); diff != "" {
					t.Errorf("log (-want +got):\n%s", diff)
				}
			})
		})
	}
}

func TestWorkersOutliveTheStartHook(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := follow(waits)
		s, err := worker.New(worker.Config{}, zap.NewNop(), func() {})
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Supervise([]port.Worker{{Name: "a", Run: w.Run}}); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		s.Start(ctx)
		cancel()
		elapse(time.Hour)
		if w.count() != 1 || s.Check().Probe(t.Context()) != nil {
			t.Errorf("began %d times, check %v, want once and nothing", w.count(), s.Check().Probe(t.Context()))
		}
		if err := s.Stop(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

func TestSupervisorThatNeverStartedStops(t *testing.T) {
	t.Parallel()
	s, err := worker.New(worker.Config{}, zap.NewNop(), func() {})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(s.Supervise([]port.Worker{{Name: "a", Run: waits}}), s.Stop(t.Context())); err != nil {
		t.Error(err)
	}
}
