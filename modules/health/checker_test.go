package health_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	port "fxcell.dev/fxcell/health"
	"fxcell.dev/modules/health"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func passes(context.Context) error { return nil }

func fails(context.Context) error { return errors.New("disk is full") }

// waits ends with its context, as a probe should.
func waits(ctx context.Context) error {
	<-ctx.Done()
	return fmt.Errorf("dial: %w", ctx.Err())
}

func panics(context.Context) error {
	list := strings.Fields(" ")
	return errors.New(list[len(list)])
}

func exits(context.Context) error {
	runtime.Goexit()
	return nil
}

// setup returns a checker of an app that has started, and its log.
func setup(t *testing.T, checks ...port.Check) (*health.Checker, *observer.ObservedLogs) {
	t.Helper()
	core, logs := observer.New(zap.InfoLevel)
	c, err := health.New(health.Config{}, zap.New(core))
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Watch(checks); err != nil {
		t.Fatal(err)
	}
	c.Ready()
	return c, logs
}

func TestReportNamesEachCheckInOrder(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name   string
		checks []port.Check
		want   health.Report
	}{
		{"no checks", nil, health.Report{Status: health.Ready}},
		{
			"all pass",
			[]port.Check{{Name: "b", Probe: passes}, {Name: "a", Probe: passes, Critical: true}},
			health.Report{Status: health.Ready, Checks: []health.Result{{Name: "a", Critical: true, Status: health.Passing}, {Name: "b", Status: health.Passing}}},
		},
		{
			"one that is not critical fails",
			[]port.Check{{Name: "b", Probe: fails}, {Name: "a", Probe: passes, Critical: true}},
			health.Report{Status: health.Degraded, Checks: []health.Result{
				{Name: "a", Critical: true, Status: health.Passing}, {Name: "b", Status: health.Failing, Reason: "disk is full"},
			}},
		},
		{
			"a critical one fails, and then another",
			[]port.Check{{Name: "a", Probe: fails, Critical: true}, {Name: "b", Probe: fails}},
			health.Report{Status: health.Unready, Checks: []health.Result{
				{Name: "a", Critical: true, Status: health.Failing, Reason: "disk is full"}, {Name: "b", Status: health.Failing, Reason: "disk is full"},
			}},
		},
		{
			"one panics",
			[]port.Check{{Name: "a", Probe: panics, Critical: true}},
			health.Report{Status: health.Unready, Checks: []health.Result{
				{Name: "a", Critical: true, Status: health.Failing, Reason: "the probe panicked: runtime error: index out of range [0] with length 0"},
			}},
		},
		{
			"one ends its goroutine",
			[]port.Check{{Name: "a", Probe: exits}},
			health.Report{Status: health.Degraded, Checks: []health.Result{{Name: "a", Status: health.Failing, Reason: "the probe ended its goroutine"}}},
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			checker, _ := setup(t, c.checks...)
			if diff := cmp.Diff(c.want, checker.Report(t.Context())); diff != "" {
				t.Errorf("report (-want +got):\n%s", diff)
			}
		})
	}
}

func TestProbesRunAtOnce(t *testing.T) {
	t.Parallel()
	var meet sync.WaitGroup
	meet.Add(3)
	together := func(context.Context) error { // returns only when all three are there
		meet.Done()
		meet.Wait()
		return nil
	}
	checker, _ := setup(t, port.Check{Name: "a", Probe: together}, port.Check{Name: "b", Probe: together}, port.Check{Name: "c", Probe: together})
	if got := checker.Report(t.Context()).Status; got != health.Ready {
		t.Errorf("got status %s, want %s", got, health.Ready)
	}
}

func TestSlowProbeFailsAtTheTimeoutAndAlone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		checker, _ := setup(t, port.Check{Name: "a", Probe: waits, Critical: true}, port.Check{Name: "b", Probe: passes})
		began := time.Now()
		got := checker.Report(t.Context())
		if took := time.Since(began); took != 2*time.Second {
			t.Errorf("took %s, want the default timeout of 2s", took)
		}
		want := health.Report{Status: health.Unready, Checks: []health.Result{
			{Name: "a", Critical: true, Status: health.Failing, Reason: "no answer within 2s"}, {Name: "b", Status: health.Passing},
		}}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("report (-want +got):\n%s", diff)
		}
		synctest.Wait()
	})
}

// Checks are waited for in the order of their names, so the time may be over before the report comes to one that failed long ago.
func TestFailedProbeKeepsItsReasonWhenASlowerOneUsesUpTheTime(t *testing.T) {
	t.Parallel()
	impatient := func(ctx context.Context) error { // has a deadline of its own, and passed it in time
		ctx, cancel := context.WithTimeout(ctx, 100*time.Millisecond)
		defer cancel()
		return waits(ctx)
	}
	for range 20 { // a choice between two things that have happened is random
		synctest.Test(t, func(t *testing.T) {
			checker, _ := setup(t, port.Check{Name: "a", Probe: waits}, port.Check{Name: "b", Probe: fails}, port.Check{Name: "c", Probe: impatient},
				port.Check{Name: "d", Probe: panics}, port.Check{Name: "e", Probe: exits})
			var got []string
			for _, r := range checker.Report(t.Context()).Checks {
				got = append(got, r.Name+": "+r.Reason)
			}
			want := []string{
				"a: no answer within 2s", "b: disk is full", "c: dial: context deadline exceeded",
				"d: the probe panicked: runtime error: index out of range [0] with length 0", "e: the probe ended its goroutine",
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("reasons (-want +got):\n%s", diff)
			}
			synctest.Wait()
		})
	}
}

func TestHungProbeHoldsOneGoroutine(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var started atomic.Int32
		release := make(chan struct{})
		checker, _ := setup(t, port.Check{Name: "a", Probe: func(context.Context) error { // does not keep to its context
			started.Add(1)
			<-release
			return nil
		}})
		for range 5 {
			if got := checker.Report(t.Context()).Status; got != health.Degraded {
				t.Errorf("got status %s, want %s", got, health.Degraded)
			}
		}
		if got := started.Load(); got != 1 {
			t.Errorf("the probe was started %d times, want once", got)
		}
		close(release)
		synctest.Wait()
		if got := checker.Report(t.Context()).Status; got != health.Ready || started.Load() != 2 {
			t.Errorf("afterwards: got status %s after %d starts, want %s after 2", got, started.Load(), health.Ready)
		}
	})
}

func TestNothingIsAskedBeforeTheStartAndAfterTheStop(t *testing.T) {
	t.Parallel()
	asked := atomic.Int32{}
	checker, err := health.New(health.Config{}, zap.NewNop())
	if err != nil {
		t.Fatal(err)
	}
	if err := checker.Watch([]port.Check{{Name: "a", Probe: func(context.Context) error { asked.Add(1); return nil }}}); err != nil {
		t.Fatal(err)
	}
	if got, want := checker.Report(t.Context()), (health.Report{Status: health.Starting}); !cmp.Equal(got, want) {
		t.Errorf("before the start: got %+v, want %+v", got, want)
	}
	checker.Ready()
	checker.Drain()
	if got, want := checker.Report(t.Context()), (health.Report{Status: health.Draining}); !cmp.Equal(got, want) {
		t.Errorf("while it stops: got %+v, want %+v", got, want)
	}
	if got := asked.Load(); got != 0 {
		t.Errorf("the probe ran %d times, want never", got)
	}
}

func TestStopEndsProbesThatAreUnderWay(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		checker, _ := setup(t, port.Check{Name: "a", Probe: waits})
		var reports sync.WaitGroup
		reports.Go(func() { checker.Report(context.Background()) })
		synctest.Wait()
		if err := checker.Stop(t.Context()); err != nil {
			t.Errorf("got error %v, want none", err)
		}
		reports.Wait()
	})
}

func TestStopNamesTheProbeThatDoesNotEnd(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		checker, _ := setup(t, port.Check{Name: "infra/odd", Probe: func(context.Context) error { <-release; return nil }})
		checker.Report(t.Context())
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		err := checker.Stop(ctx)
		if !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "infra/odd") {
			t.Errorf("got error %v, want one that names infra/odd", err)
		}
		close(release)
		synctest.Wait()
	})
}

func TestChecksHaveNamesOfTheirOwn(t *testing.T) {
	t.Parallel()
	checker, err := health.New(health.Config{}, zap.NewNop())
	if err != nil {
		t.Fatal(err)
	}
	err = checker.Watch([]port.Check{{Name: "b", Probe: passes}, {Name: "a", Probe: passes}, {Name: "b", Probe: fails}, {Name: "", Probe: passes}, {Name: "c"}})
	want := "modules/health: the check \"\" has no name or no probe\n" +
		"modules/health: two checks are named b: a check's name is unique in an app\n" +
		"modules/health: the check \"c\" has no name or no probe"
	if err == nil || err.Error() != want {
		t.Errorf("got error:\n%v\nwant:\n%s", err, want)
	}
}

func TestChangesAreLoggedOnce(t *testing.T) {
	t.Parallel()
	broken := atomic.Bool{}
	checker, logs := setup(t, port.Check{Name: "a", Probe: func(context.Context) error {
		if broken.Load() {
			panic("a text that must not be logged") //nolint:forbidigo // what is tested
		}
		return nil
	}})
	for _, state := range []bool{false, true, true, true, false, false} {
		broken.Store(state)
		checker.Report(t.Context())
	}
	var got []string
	for _, entry := range logs.All() {
		got = append(got, entry.Message)
		if text := fmt.Sprint(entry.ContextMap()); strings.Contains(text, "must not be logged") {
			t.Errorf("the log line shows the value of the panic: %s", text)
		}
	}
	if diff := cmp.Diff([]string{"health check fails", "health check passes again"}, got); diff != "" {
		t.Errorf("log lines (-want +got):\n%s", diff)
	}
}

func TestTimeoutIsHeldToItsBounds(t *testing.T) {
	t.Parallel()
	for _, timeout := range []time.Duration{-1, time.Minute + 1} {
		if _, err := health.New(health.Config{Timeout: timeout}, zap.NewNop()); err == nil || !strings.Contains(err.Error(), "health.timeout") {
			t.Errorf("%s: got error %v, want one that names health.timeout", timeout, err)
		}
	}
}
