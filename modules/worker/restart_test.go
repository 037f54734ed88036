package worker_test

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	port "fxcell.dev/fxcell/worker"
	"fxcell.dev/modules/worker"
)

// pauses are the times between the end of a run and the next, for runs that end at once.
func pauses(s *script) []time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []time.Duration
	for i := 1; i < len(s.begun); i++ {
		out = append(out, s.begun[i].Sub(s.begun[i-1]))
	}
	return out
}

func within(d, from, to time.Duration) bool { return d >= from && d <= to }

func TestFailingWorkerIsRestartedAfterGrowingPauses(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := follow(fails)
		s := setup(t, worker.Config{}, port.Worker{Name: "a", Run: w.Run})
		elapse(5 * time.Minute)
		s.stop(t)
		got := pauses(w)
		if len(got) < 12 {
			t.Fatalf("only %d restarts", len(got))
		}
		nominal := 100 * time.Millisecond
		for i, d := range got {
			limit := min(nominal*12/10+1, 30*time.Second)
			if !within(d, nominal*8/10, limit) {
				t.Errorf("pause %d is %s, want %s to %s", i+1, d, nominal*8/10, limit)
			}
			nominal = min(2*nominal, 30*time.Second)
		}
		if s.ends != 0 || s.Err() != nil {
			t.Errorf("a worker that is not essential ended the process %d times: %v", s.ends, s.Err())
		}
	})
}

// Whatever the configuration, no pause is longer than it says and none is nothing.
func TestPausesKeepToTheirLimit(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		from := time.Duration(rapid.Int64Range(int64(time.Millisecond), int64(time.Hour)).Draw(r, "from"))
		to := from + time.Duration(rapid.Int64Range(0, int64(24*time.Hour)).Draw(r, "more"))
		var got []time.Duration
		synctest.Test(t, func(t *testing.T) {
			w := follow(fails)
			s := setup(t, worker.Config{BackoffFrom: from, BackoffTo: to}, port.Worker{Name: "a", Run: w.Run})
			elapse(10 * to)
			s.stop(t)
			got = pauses(w)
		})
		if len(got) < 8 {
			r.Fatalf("only %d restarts in ten times the longest pause", len(got))
		}
		for _, d := range got {
			if !within(d, from*8/10, to) {
				r.Fatalf("a pause of %s, want %s to %s", d, from*8/10, to)
			}
		}
	})
}

func TestHealthyRunMakesEarlierFailuresForgotten(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		run   time.Duration
		lines []string
		pause [2]time.Duration // after that run
	}{
		{
			"a minute", time.Minute,
			[]string{"WARN worker failed, it starts again 1", "WARN worker failed, it starts again 2", "WARN worker failed, it starts again 3", "WARN worker failed, it starts again 1"},
			[2]time.Duration{80 * time.Millisecond, 120*time.Millisecond + 1},
		},
		{
			"less than a minute", time.Minute - 1,
			[]string{"WARN worker failed, it starts again 1", "WARN worker failed, it starts again 2", "WARN worker failed, it starts again 3", "WARN worker failed, it starts again 4"},
			[2]time.Duration{640 * time.Millisecond, 960*time.Millisecond + 1},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := follow(fails, fails, fails, lasts(tt.run), waits)
				s := setup(t, worker.Config{}, port.Worker{Name: "a", Run: w.Run})
				elapse(2 * time.Minute)
				s.stop(t)
				if diff := cmp.Diff(tt.lines, s.lines()); diff != "" {
					t.Errorf("log (-want +got):\n%s", diff)
				}
				got := pauses(w)
				if d := got[3] - tt.run; !within(d, tt.pause[0], tt.pause[1]) {
					t.Errorf("the pause after the run is %s, want %s to %s", d, tt.pause[0], tt.pause[1])
				}
			})
		})
	}
}

func TestWorkerThatReturnsNilIsDoneForGood(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := follow(fails, func(context.Context) error { return nil }, fails)
		s := setup(t, worker.Config{}, port.Worker{Name: "a", Run: w.Run, Essential: true})
		for _, d := range []time.Duration{time.Second, time.Hour} {
			elapse(d)
			if w.count() != 2 || reasonOf(t, s) != "" {
				t.Errorf("ran %d times, want 2; the check says %q, want nothing", w.count(), reasonOf(t, s))
			}
		}
		if diff := cmp.Diff([]string{"WARN worker failed, it starts again 1", "INFO worker is done"}, s.lines()); diff != "" {
			t.Errorf("log (-want +got):\n%s", diff)
		}
		s.stop(t)
	})
}

const confidential = "a text that must not be logged"

// Each of these would end the process, or the goroutine, if it were not contained.
func TestWhatAWorkerDoesToItsGoroutineIsContained(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name         string
		run          func(context.Context) error
		level, error string
		stack        bool
	}{
		{"a panic with a text", func(context.Context) error { panic(confidential) }, "error", "the worker panicked: string", true},                            //nolint:forbidigo // what is tested
		{"a panic with an error", func(context.Context) error { panic(errors.New(confidential)) }, "error", "the worker panicked: *errors.errorString", true}, //nolint:forbidigo // what is tested
		{"a fault that the runtime finds", func(context.Context) error {
			none := strings.Fields(" ")
			return errors.New(none[len(none)])
		}, "error", "the worker panicked: runtime error: index out of range [0] with length 0", true},
		{"a goroutine that ends", func(context.Context) error { runtime.Goexit(); return nil }, "warn", "the worker ended its goroutine", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w, other := follow(tt.run, waits), follow(waits)
				s := setup(t, worker.Config{}, port.Worker{Name: "a", Run: w.Run}, port.Worker{Name: "b", Run: other.Run})
				elapse(time.Second)
				if w.count() != 2 || other.count() != 1 {
					t.Errorf("the worker began %d times and the other %d, want 2 and 1", w.count(), other.count())
				}
				lines := s.logs.All()
				if len(lines) != 1 {
					t.Fatalf("got the log %v, want one line", s.lines())
				}
				fields := lines[0].ContextMap()
				stack, _ := fields["stack"].(string)
				if lines[0].Level.String() != tt.level || fields["worker"] != "a" || fields["error"] != tt.error || strings.Contains(stack, "worker_test") != tt.stack {
					t.Errorf("got the line %s %v, want level %s, error %q and the stack: %t", lines[0].Level, fields, tt.level, tt.error, tt.stack)
				}
				for name, v := range fields {
					if text, ok := v.(string); ok && strings.Contains(text, confidential) {
						t.Errorf("the field %s holds the value of the panic", name)
					}
				}
				s.stop(t)
			})
		})
	}
}
