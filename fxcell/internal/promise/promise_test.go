package promise

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// subject is a test and a number that a case looks at.
type subject struct {
	*T

	n int
}

func open(n int) func(t *T) subject {
	return func(t *T) subject { return subject{t, n} }
}

func TestComplaintsAreKeptAndTheTestGoesOn(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		keep func(s subject)
		want []string
	}{
		"none":            {func(subject) {}, nil},
		"an error":        {func(s subject) { s.Error("a", 1); s.Error("b") }, []string{"a 1", "b"}},
		"with a format":   {func(s subject) { s.Errorf("n is %d", s.n) }, []string{"n is 7"}},
		"the end":         {func(s subject) { s.Fatal("over"); s.Error("never") }, []string{"over"}},
		"a formatted end": {func(s subject) { s.Fatalf("over %d", s.n); s.Error("never") }, []string{"over 7"}},
		"without words":   {func(s subject) { s.Fail(); s.FailNow(); s.Error("never") }, []string{"failed", "failed"}},
		"failed": {func(s subject) {
			before := s.Failed()
			s.Fail()
			if before || !s.Failed() {
				s.Error("Failed is wrong")
			}
		}, []string{"failed"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := Complaints(t, Case[subject]{name, c.keep}, open(7)); !slices.Equal(got, c.want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestPatienceEndsAtOnceInABubble(t *testing.T) {
	t.Parallel()
	started := time.Now()
	waits := Case[subject]{"waits", func(s subject) {
		before := time.Now()
		<-s.Context().Done()
		if took := time.Since(before); !errors.Is(s.Context().Err(), context.DeadlineExceeded) || took != 10*time.Second {
			s.Errorf("%v after %v", s.Context().Err(), took)
		}
	}}
	if got := Complaints(t, waits, open(0)); got != nil {
		t.Errorf("complaints %q, want none after ten seconds of its own time", got)
	}
	if took := time.Since(started); took > 5*time.Second {
		t.Errorf("took %v of ours", took)
	}
}

func TestRunGivesEachCaseItsOwnSubject(t *testing.T) {
	t.Parallel()
	subjects := make(chan int, 4)
	look := func(s subject) { s.n++; subjects <- s.n }
	cases := []Case[subject]{{"one", look}, {"two", look}}
	t.Run("cases", func(t *testing.T) {
		t.Parallel()
		for _, bubble := range []bool{false, true} {
			Run(t, Waits{Bubble: bubble}, cases, func(_ *testing.T, report *T) subject { return subject{report, 0} })
		}
	})
	t.Cleanup(func() {
		for range 4 {
			if n := <-subjects; n != 1 {
				t.Errorf("a subject was used %d times", n)
			}
		}
	})
}

func TestWaitsHaveDefaults(t *testing.T) {
	t.Parallel()
	if got, want := (Waits{Quiet: 1}).WithDefaults(), (Waits{Patience: 10 * time.Second, Quiet: 1}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestGapsBetweenCasesAndBrokenAdaptersAreNamed(t *testing.T) {
	t.Parallel()
	cases := []Case[subject]{{"a", nil}, {"a", nil}, {"b", nil}}
	want := []string{`two cases are called "a"`, `there is no case "c"`, `no broken adapter shows what "b" is good for`}
	if got := gaps(cases, []Broken[int]{{"1", 1, "a"}, {"2", 2, "c"}}); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
