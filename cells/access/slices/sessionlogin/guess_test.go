package sessionlogin_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"fxcell.dev/cells/access/accessapi"
	"fxcell.dev/cells/access/internal/accesstest"
	"fxcell.dev/cells/access/slices/sessionlogin"
	"fxcell.dev/fxcell/auth"
	"fxcell.dev/fxcell/problem"
	"fxcell.dev/fxcell/ratelimit"
)

func from(tb testing.TB, address string) context.Context {
	tb.Helper()
	return auth.WithAddress(tb.Context(), address)
}

// Whoever guesses at whatever name gets the same answers at the same times: who waits, and how long, tells nothing of who exists.
func TestGuessingIsAnsweredAlikeForEveryName(t *testing.T) {
	t.Parallel()
	type answer struct {
		Document problem.Document
		Wait     time.Duration
	}
	guess := func(t *testing.T, username, plain string) (answers []answer) {
		t.Helper()
		synctest.Test(t, func(t *testing.T) {
			f := setup(t)
			f.addAll(t)
			for range 12 {
				hashes, reads := f.Hashes.Count(), f.Store.Reads()
				_, err := f.service.Login(from(t, "192.0.2.1"), request(username, plain))
				p := problem.From(err)
				answers = append(answers, answer{problem.DocumentOf(p, ""), p.RetryAfter})
				if hashed := f.Hashes.Count() != hashes; hashed == (p.Code == problem.TooMany) || hashed != (f.Store.Reads() != reads) {
					t.Errorf("%s: %s, hashed: %v", username, p.Code.Name, hashed)
				}
				<-time.After(time.Second / 2)
			}
		})
		return answers
	}
	want := guess(t, "ada", "wrong horse battery staple")
	if n := len(want); want[4].Wait != 0 || want[5].Wait != time.Second/2 || want[n-1].Document.Code != problem.TooMany.Name {
		t.Fatalf("got %+v", want)
	}
	for _, c := range refusals {
		if diff := cmp.Diff(want, guess(t, c.username, c.plain)); diff != "" {
			t.Errorf("%s (-wrong password +it):\n%s", c.name, diff)
		}
	}
}

func TestRightPasswordHelpsNobodyWhoShouldBeWaiting(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := setup(t)
		f.Add(t, "ada", nil)
		right, wrong := request("ada", accesstest.Password), request("ADA", "wrong horse battery staple")
		for range 5 {
			if _, err := f.service.Login(from(t, "192.0.2.1"), wrong); !problem.Has(err, accessapi.ErrInvalidCredentials) {
				t.Fatalf("got %v", err)
			}
		}
		if _, err := f.service.Login(from(t, "192.0.2.1"), right); problem.From(err).Code != problem.TooMany {
			t.Errorf("too early: got %v", err)
		}
		if _, err := f.service.Login(from(t, "192.0.2.2"), right); err != nil {
			t.Errorf("from elsewhere: got %v", err)
		}
		<-time.After(time.Second)
		if _, err := f.service.Login(from(t, "192.0.2.1"), right); err != nil {
			t.Errorf("in time: got %v", err)
		}
		for range 5 {
			if _, err := f.service.Login(from(t, "192.0.2.1"), wrong); !problem.Has(err, accessapi.ErrInvalidCredentials) {
				t.Errorf("afterwards: got %v", err)
			}
		}
	})
}

func TestLoginThatNobodyJudgedIsNotCounted(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.Add(t, "ada", nil)
	failure := errors.New("gone")
	broken := sessionlogin.New(f.Tx, failing{f.Store, failure}, f.Guard, f.Hasher, f.Issuer, f.events.Publisher())
	for range 30 {
		if _, err := broken.Login(from(t, "192.0.2.1"), request("ada", accesstest.Password)); !errors.Is(err, failure) {
			t.Fatalf("got %v", err)
		}
	}
	if counted := f.Limits.Counted(); len(counted) != 0 {
		t.Errorf("counted %v", counted)
	}
}

func TestNobodyLogsInWhileNobodyCounts(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.Add(t, "ada", nil)
	f.Limits.Fail(ratelimit.ErrUnavailable)
	for _, username := range []string{"ada", "nobody"} {
		got, err := f.service.Login(from(t, "192.0.2.1"), request(username, accesstest.Password))
		if p := problem.From(err); p.Code != problem.Unavailable || p.RetryAfter == 0 || got != (accessapi.LoginResponse{}) {
			t.Errorf("%s: got %+v, %v", username, got, err)
		}
	}
	if f.Hashes.Count() != 1 || len(f.events.All()) != 0 { // the one of the user that was added
		t.Errorf("%d hashes, %d sessions", f.Hashes.Count(), len(f.events.All()))
	}
}
