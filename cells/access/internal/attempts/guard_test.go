package attempts_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"fxcell.dev/cells/access/internal/accesstest"
	"fxcell.dev/cells/access/internal/attempts"
	"fxcell.dev/cells/access/internal/settings"
	"fxcell.dev/fxcell/auth"
	"fxcell.dev/fxcell/problem"
	"fxcell.dev/fxcell/ratelimit"
)

func newGuard(tb testing.TB, limits ratelimit.Limiter, cfg settings.Config) *attempts.Guard {
	tb.Helper()
	g, err := attempts.New(limits, cfg)
	if err != nil {
		tb.Fatal(err)
	}
	return g
}

func from(tb testing.TB, address string) context.Context {
	tb.Helper()
	return auth.WithAddress(tb.Context(), address)
}

// wantPass makes an attempt that has to be let through, and leaves it a failure unless the caller does something with it.
func wantPass(tb testing.TB, g *attempts.Guard, address, username string) *attempts.Attempt {
	tb.Helper()
	a, err := g.Login(from(tb, address), username)
	if err != nil {
		tb.Fatalf("%s: got %v", username, err)
	}
	return a
}

func wantSuccess(tb testing.TB, g *attempts.Guard, address, username string) {
	tb.Helper()
	if err := wantPass(tb, g, address, username).Succeed(tb.Context()); err != nil {
		tb.Fatalf("%s: got %v", username, err)
	}
}

// wantWait makes an attempt that has to be told to wait.
func wantWait(tb testing.TB, g *attempts.Guard, address, username string, wait time.Duration) {
	tb.Helper()
	a, err := g.Login(from(tb, address), username)
	p := problem.From(err)
	if a != nil || p.Code != problem.TooMany || p.RetryAfter != wait {
		tb.Fatalf("%s: got %v, want a wait of %v", username, err, wait)
	}
}

func TestPausesOfAnAccountGrow(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := newGuard(t, accesstest.NewLimiter(), settings.Config{})
		const address = "192.0.2.1"
		for range 4 {
			wantPass(t, g, address, "ada")
		}
		for _, seconds := range []int{1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900} {
			pause := time.Duration(seconds) * time.Second
			wantPass(t, g, address, "ada")
			wantWait(t, g, address, "ada", pause)
			<-time.After(pause)
		}
		wantSuccess(t, g, address, "ada")
		for range 5 {
			wantPass(t, g, address, "ada")
		}
		wantWait(t, g, address, "ada", time.Second)
		<-time.After(24 * time.Hour)
		for range 5 {
			wantPass(t, g, address, "ada")
		}
	})
}

func TestManyGuessesAtOncePassNoMoreThanOneAfterTheOther(t *testing.T) {
	t.Parallel()
	g := newGuard(t, accesstest.NewLimiter(), settings.Config{LoginPause: time.Minute})
	const address = "192.0.2.1"
	var passed atomic.Int64
	var all sync.WaitGroup
	for range 64 {
		all.Go(func() {
			_, err := g.Login(from(t, address), "ada")
			if _, ok := errors.AsType[*ratelimit.LimitedError](err); err == nil {
				passed.Add(1)
			} else if !ok {
				t.Errorf("got %v", err)
			}
		})
	}
	all.Wait()
	if n := passed.Load(); n > 5 || n == 0 {
		t.Errorf("%d passed, want at most 5", n)
	}
}

func TestWhoGuessesKeepsTheOwnerOutOfNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := newGuard(t, accesstest.NewLimiter(), settings.Config{})
		for range 5 {
			wantPass(t, g, "192.0.2.1", "ada")
		}
		wantWait(t, g, "192.0.2.1", "ada", time.Second)
		wantSuccess(t, g, "192.0.2.2", "ada")
		wantPass(t, g, "192.0.2.1", "bob")
		wantWait(t, g, "192.0.2.1", "ada", time.Second) // the owner's success is none of the guesser's
	})
}

func TestManySourcesTogetherStopAtAHundred(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := newGuard(t, accesstest.NewLimiter(), settings.Config{})
		source := func(i int) string { return fmt.Sprintf("192.0.2.%d", i) }
		for i := range 99 {
			wantPass(t, g, source(i), "ada")
		}
		wantSuccess(t, g, source(99), "ada")
		<-time.After(time.Hour)
		for i := range 100 {
			wantPass(t, g, source(i), "ada")
		}
		<-time.After(time.Hour)
		wantWait(t, g, source(200), "ada", 23*time.Hour)
		wantPass(t, g, source(200), "bob")
		<-time.After(23 * time.Hour)
		wantPass(t, g, source(200), "ada")
	})
}

func TestSourceIsAnAddressOrTheNetworkThatItIsPickedFrom(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		address, same, other string
	}{
		"IPv4":         {"192.0.2.1", "192.0.2.1", "192.0.2.2"},
		"IPv4 in IPv6": {"::ffff:192.0.2.1", "192.0.2.1", "::ffff:192.0.2.2"},
		"IPv6":         {"2001:db8:0:1::1", "2001:db8:0:1:ffff:ffff:ffff:ffff", "2001:db8:0:2::1"},
		"IPv6 zone":    {"fe80::1%eth0", "fe80::2%eth1", "fe80:0:0:1::1%eth0"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				g := newGuard(t, accesstest.NewLimiter(), settings.Config{})
				for i := range 19 {
					wantPass(t, g, c.address, fmt.Sprint("user", i))
				}
				wantPass(t, g, c.same, "user19")
				<-time.After(time.Minute)
				wantWait(t, g, c.address, "user20", 4*time.Minute)
				wantWait(t, g, c.same, "user20", 4*time.Minute)
				wantPass(t, g, c.other, "user20")
				<-time.After(4 * time.Minute)
				wantPass(t, g, c.address, "user20")
			})
		})
	}
}

func TestSuccessDoesNotPayForFailuresWithOtherAccounts(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := newGuard(t, accesstest.NewLimiter(), settings.Config{})
		const address = "192.0.2.1"
		for range 100 {
			wantSuccess(t, g, address, "ada")
		}
		for i := range 19 {
			wantPass(t, g, address, fmt.Sprint("user", i))
		}
		wantSuccess(t, g, address, "ada")
		if err := g.Failed(from(t, address)); err != nil {
			t.Errorf("the twentieth failure: %v", err)
		}
		wantWait(t, g, address, "ada", 5*time.Minute)
		if err := g.Failed(from(t, address)); problem.From(err).Code != problem.TooMany {
			t.Errorf("the twenty-first: got %v", err)
		}
	})
}

func TestSourceThatIsNotKnownOrNotLimitedHasNoBudget(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		address string
		cfg     settings.Config
	}{
		"no address": {"", settings.Config{}}, "no IP address": {"@", settings.Config{}}, "not limited": {"192.0.2.1", settings.Config{SourceFailures: -1}},
	} {
		g := newGuard(t, accesstest.NewLimiter(), c.cfg)
		for i := range 50 {
			wantPass(t, g, c.address, fmt.Sprint("user", i))
			if err := g.Failed(from(t, c.address)); err != nil {
				t.Errorf("%s: got %v", name, err)
			}
		}
		for range 4 {
			wantPass(t, g, c.address, "user0")
		}
		if _, err := g.Login(from(t, c.address), "user0"); problem.From(err).Code != problem.TooMany {
			t.Errorf("%s: the account: got %v", name, err)
		}
	}
}

func TestAttemptThatIsRefusedOrGivenBackIsNotCounted(t *testing.T) {
	t.Parallel()
	limits := accesstest.NewLimiter()
	g := newGuard(t, limits, settings.Config{LoginPause: time.Minute})
	const address = "192.0.2.1"
	for range 5 {
		wantPass(t, g, address, "ada")
	}
	before := limits.Counted()
	if len(before) != 3 {
		t.Fatalf("counted by %v, want three counters", before)
	}
	for range 30 {
		if _, err := g.Login(from(t, address), "ada"); problem.From(err).Code != problem.TooMany {
			t.Fatalf("got %v", err)
		}
		if err := wantPass(t, g, address, "bob").GiveBack(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(before, limits.Counted()); diff != "" {
		t.Errorf("counted (-before +after):\n%s", diff)
	}
}

func TestNobodyPassesWhileNobodyCounts(t *testing.T) {
	t.Parallel()
	limits := accesstest.NewLimiter()
	g := newGuard(t, limits, settings.Config{})
	a := wantPass(t, g, "192.0.2.1", "ada")
	limits.Fail(ratelimit.ErrUnavailable)
	_, login := g.Login(from(t, "192.0.2.1"), "ada")
	for what, err := range map[string]error{
		"Login": login, "Failed": g.Failed(from(t, "192.0.2.1")), "Succeed": a.Succeed(t.Context()), "GiveBack": a.GiveBack(t.Context()),
	} {
		if p := problem.From(err); !errors.Is(err, ratelimit.ErrUnavailable) || p.Code != problem.Unavailable || p.RetryAfter == 0 {
			t.Errorf("%s: got %v", what, err)
		}
	}
}

func TestSectionThatIsWrongMakesNoGuard(t *testing.T) {
	t.Parallel()
	if g, err := attempts.New(accesstest.NewLimiter(), settings.Config{LoginStop: 101}); g != nil || err == nil {
		t.Errorf("got %v, %v", g, err)
	}
}
