package worker_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	port "fxcell.dev/fxcell/worker"
	"fxcell.dev/modules/worker"
)

func TestEssentialWorkerEndsTheProcessAfterSoManyFailuresInARow(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w, other := follow(fails), follow(waits)
		s := setup(t, worker.Config{Attempts: 3}, port.Worker{Name: "a", Run: w.Run, Essential: true}, port.Worker{Name: "b", Run: other.Run})
		elapse(time.Hour)
		if s.ends != 1 || w.count() != 3 {
			t.Errorf("ended the process %d times after %d runs, want once after 3", s.ends, w.count())
		}
		requireText(t, s.Err(), "modules/worker: a failed 3 times in a row: the supplier is down")
		if !errors.Is(s.Err(), errDown) {
			t.Errorf("the cause is lost: %v", s.Err())
		}
		want := []string{"WARN worker failed, it starts again 1", "WARN worker failed, it starts again 2", "ERROR worker failed too often, the process ends 3"}
		if diff := cmp.Diff(want, s.lines()); diff != "" {
			t.Errorf("log (-want +got):\n%s", diff)
		}
		if got, want := reasonOf(t, s), "a failed 3 times in a row: the supplier is down"; got != want {
			t.Errorf("the check says %q, want %q", got, want)
		}
		s.stop(t)
	})
}

func TestProcessEndsOnceAndTheFirstErrorIsKept(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		later := errors.New("the later one")
		slow := func(context.Context) error {
			<-time.After(time.Minute / 2)
			return later
		}
		s := setup(t, worker.Config{Attempts: 1},
			port.Worker{Name: "a", Run: follow(slow).Run, Essential: true}, port.Worker{Name: "b", Run: follow(fails).Run, Essential: true})
		elapse(time.Minute)
		if s.ends != 1 || !errors.Is(s.Err(), errDown) || errors.Is(s.Err(), later) {
			t.Errorf("ended the process %d times, error %v; want once, with the first", s.ends, s.Err())
		}
		s.stop(t)
	})
}

func TestEssentialWorkerThatRecoversDoesNotEndTheProcess(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := follow(fails, fails, lasts(time.Minute), fails, fails, lasts(time.Minute), fails, waits)
		s := setup(t, worker.Config{Attempts: 4}, port.Worker{Name: "a", Run: w.Run, Essential: true})
		elapse(time.Hour)
		if s.ends != 0 || w.count() != 8 {
			t.Errorf("ended the process %d times in %d runs, want never in 8", s.ends, w.count())
		}
		s.stop(t)
	})
}

func TestCheckNamesTheWorkersThatFail(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := setup(t, worker.Config{},
			port.Worker{Name: "b", Run: follow(fails, fails, waits).Run},
			port.Worker{Name: "c", Run: follow(waits).Run},
			port.Worker{Name: "a", Run: follow(fails, waits).Run},
		)
		synctest.Wait()
		steps := []struct {
			after time.Duration
			want  string
		}{
			{0, "a failed 1 times in a row: the supplier is down; b failed 1 times in a row: the supplier is down"},
			{time.Second, "a failed 1 times in a row: the supplier is down; b failed 2 times in a row: the supplier is down"}, // both run again
			{time.Minute, ""}, // long enough to count as healthy
		}
		for _, step := range steps {
			elapse(step.after)
			if got := reasonOf(t, s); got != step.want {
				t.Errorf("%s later the check says\n%q, want\n%q", step.after, got, step.want)
			}
		}
		s.stop(t)
	})
}
