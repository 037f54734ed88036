package promise

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
)

// Complaints runs one case in a bubble against the subject that open makes, and returns what the case reported instead of failing t: nothing when
// the promise was kept. A panic fails t: it shows nothing.
func Complaints[S any](t *testing.T, c Case[S], open func(t *T) S) (complaints []string) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		r := &recorder{TB: t}
		ended := make(chan struct{})
		go func() { // a case that is given up ends its goroutine
			defer close(ended)
			defer func() {
				if p := recover(); p != nil {
					t.Errorf("panic: %v\n%s", p, debug.Stack())
				}
			}()
			c.Keep(open(newT(r, Waits{})))
		}()
		<-ended
		complaints = r.complaints
	})
	return complaints
}

// Broken is an adapter that breaks a promise, and the name of the case that notices.
type Broken[A any] struct {
	Name     string
	Break    A // what makes the adapter break it
	CaughtBy string
}

// Catch fails t for each case that keeps silent about an adapter that it should catch, that complains about the sound one, the zero A, or that
// catches none.
func Catch[S, A any](t *testing.T, cases []Case[S], broken []Broken[A], open func(t *T, b A) S) {
	t.Helper()
	for _, gap := range gaps(cases, broken) {
		t.Error(gap)
	}
	for _, c := range cases {
		t.Run("sound/"+c.Name, func(t *testing.T) {
			t.Parallel()
			var sound A
			for _, complaint := range Complaints(t, c, func(t *T) S { return open(t, sound) }) {
				t.Errorf("a sound adapter fails: %s", complaint)
			}
		})
		for _, b := range broken {
			if b.CaughtBy != c.Name {
				continue
			}
			t.Run(b.Name, func(t *testing.T) {
				t.Parallel()
				complaints := Complaints(t, c, func(t *T) S { return open(t, b.Break) })
				if len(complaints) == 0 {
					t.Errorf("%q does not notice an adapter that %s", c.Name, b.Name)
				}
				for _, complaint := range complaints {
					t.Log(complaint)
				}
			})
		}
	}
}

// gaps says which cases catch nothing, and which broken adapters name no case.
func gaps[S, A any](cases []Case[S], broken []Broken[A]) (out []string) {
	names, used := map[string]bool{}, map[string]bool{}
	for _, c := range cases {
		if names[c.Name] {
			out = append(out, fmt.Sprintf("two cases are called %q", c.Name))
		}
		names[c.Name] = true
	}
	for _, b := range broken {
		if used[b.CaughtBy] = true; !names[b.CaughtBy] {
			out = append(out, fmt.Sprintf("there is no case %q", b.CaughtBy))
		}
	}
	for _, c := range cases {
		if !used[c.Name] {
			out = append(out, fmt.Sprintf("no broken adapter shows what %q is good for", c.Name))
		}
	}
	return out
}

// recorder is a testing.TB that keeps what is reported instead of failing its test.
type recorder struct {
	testing.TB

	mu         sync.Mutex
	complaints []string
}

func (r *recorder) keep(complaint string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.complaints = append(r.complaints, strings.TrimSuffix(complaint, "\n"))
}

func (r *recorder) Fail()                             { r.keep("failed") }
func (r *recorder) Error(args ...any)                 { r.keep(fmt.Sprintln(args...)) }
func (r *recorder) Errorf(format string, args ...any) { r.keep(fmt.Sprintf(format, args...)) }

func (r *recorder) FailNow() {
	r.Fail()
	runtime.Goexit()
}

func (r *recorder) Fatal(args ...any) {
	r.Error(args...)
	runtime.Goexit()
}

func (r *recorder) Fatalf(format string, args ...any) {
	r.Errorf(format, args...)
	runtime.Goexit()
}

func (r *recorder) Failed() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.complaints) > 0
}
