package main

import (
	"os"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"fxcell.dev/fxcell/fxcelltest"
)

// TestMain lets this binary be the process that reads for another one.
func TestMain(m *testing.M) {
	if os.Getenv(childVariable) != "" {
		main()
		return
	}
	m.Run()
}

func TestEveryLaneDeliversAllInEveryJob(t *testing.T) {
	t.Parallel()
	o := options{server: fxcelltest.Server(t, variable), duration: time.Second, events: 2000, rounds: 1, grace: 90 * time.Second}
	for _, l := range lanes {
		t.Run(l.name, func(t *testing.T) {
			t.Parallel()
			s, err := connect(t.Context(), o.server)
			if err != nil {
				t.Fatal(err)
			}
			defer s.close(t.Context())
			for _, j := range all() {
				if j.link != noKafka {
					continue
				}
				f, err := measure(t.Context(), s, l.name, j, o)
				if err != nil {
					t.Fatalf("%s: %v", j.id, err)
				}
				check(t, f, l.ordered)
			}
		})
	}
}

// check says what is wrong with what a job has delivered.
func check(t *testing.T, f figures, ordered bool) {
	t.Helper()
	for metric, v := range f {
		name, what, _ := strings.Cut(metric, " ")
		switch {
		case what == "undelivered" && v != 0:
			t.Errorf("%s: %v committed events never came", name, v)
		case what == "repeated" && v != 0:
			t.Errorf("%s: %v events came again", name, v)
		case what == "reordered" && v != 0 && ordered:
			t.Errorf("%s: %v events came out of the order of their key", name, v)
		case what == "p99" && name != "P1" && !(v > 0):
			t.Errorf("%s is %v", metric, v)
		}
	}
}

func TestTrackerSeesWhatIsOutOfOrderAndWhatComesAgain(t *testing.T) {
	t.Parallel()
	tr := newTracker()
	for _, i := range []item{{1, 7}, {3, 7}, {2, 7}, {4, 8}, {3, 7}} {
		tr.handle(i)
	}
	reordered, repeated, _ := tr.faults()
	if reordered != 1 || repeated != 1 || tr.handled.Load() != 4 {
		t.Errorf("reordered %d, repeated %d, handled %d, want 1, 1, 4", reordered, repeated, tr.handled.Load())
	}
}

func TestTrackerMeasuresFromTheCommit(t *testing.T) {
	t.Parallel()
	tr := newTracker()
	err := tr.under(5, func(i item, committing func()) error {
		committing()
		tr.handleAt(i, time.Unix(0, tr.issued[i.seq].Load()).Add(3*time.Millisecond))
		return nil
	})
	if got := tr.percentile(0.99); err != nil || got != 3*time.Millisecond {
		t.Errorf("p99 %v, %v, want 3ms", got, err)
	}
}

func TestItemSurvivesItsBody(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		want := item{rapid.Int64Range(1, room).Draw(t, "seq"), rapid.IntRange(0, keys-1).Draw(t, "key")}
		body := want.body()
		if got, err := read(body); err != nil || got != want {
			t.Errorf("read(%s) = %v, %v", body, got, err)
		}
		if got, err := want.payload().item(); err != nil || got != want {
			t.Errorf("payload of %v is that of %v, %v", want, got, err)
		}
		if len(body) < 200 || len(body) > 230 {
			t.Errorf("a body of %d bytes, want about 220", len(body))
		}
	})
}

func TestTableSaysWhichTargetIsMet(t *testing.T) {
	t.Parallel()
	all := map[string]figures{
		"fxcell":        {"P1 ev/s": 200_000, "P1 CPU": 0.7, "P4a p99": 1.2},
		"watermill-sql": {"P1 ev/s": 10_000, "P1 CPU": 7, "P4a p99": 12, "P1 foreign": 0.5, "P1 reordered": 3},
		"river":         {"P1 ev/s": 13_000, "P1 CPU": 9, "P4a p99": 6, "P1 reordered": 7, "P1 undelivered": 5},
	}
	var out strings.Builder
	if err := report(&out, "2 CPUs", all); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"| | fxcell | watermill-sql | river | ratio",
		"| drain, events/s | 200000 | 10000 | 13000 | 15.4x | ≥ 4x the best, ≥ 15x watermill-sql and river | met |",
		"| drain, CPU s per 100k | 0.70 | 7.00 | 9.00 | 0.10x | ≤ 0.5 | missed |",
		"| 500/s, same process, p99 ms | 1.20 | 12.0 | 6.00 | 0.20x | ≤ 1.5 | met |",
		"P1 of watermill-sql 50 %",
		"What is wrong: P1 of watermill-sql has 3.00 events reordered, P1 of river has 5.00 events undelivered.",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the table lacks %q:\n%s", want, out.String())
		}
	}
	if strings.Contains(out.String(), "idle") {
		t.Errorf("the table shows what was not run:\n%s", out.String())
	}
}

func TestMedianIsTheMiddleOfTheRounds(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		values []float64
		want   float64
	}{{[]float64{3}, 3}, {[]float64{9, 1, 2}, 2}, {[]float64{4, 1, 2, 9}, 3}} {
		if got := median(c.values); got != c.want {
			t.Errorf("median(%v) = %v, want %v", c.values, got, c.want)
		}
	}
}
