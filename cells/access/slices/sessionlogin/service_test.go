package sessionlogin_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/go-cmp/cmp"

	"fxcell.dev/cells/access/accessapi"
	"fxcell.dev/cells/access/internal/accesstest"
	"fxcell.dev/cells/access/internal/attempts"
	"fxcell.dev/cells/access/internal/domain"
	"fxcell.dev/cells/access/internal/password"
	"fxcell.dev/cells/access/internal/settings"
	"fxcell.dev/cells/access/slices/sessionlogin"
	"fxcell.dev/fxcell/auth"
	"fxcell.dev/fxcell/db"
	"fxcell.dev/fxcell/problem"
	"fxcell.dev/fxcell/secret"
)

type fixture struct {
	*accesstest.Fixture

	service *sessionlogin.Service
	events  *accesstest.Events[accessapi.SessionCreated]
}

func setup(tb testing.TB) fixture {
	tb.Helper()
	f := fixture{Fixture: accesstest.New(tb), events: &accesstest.Events[accessapi.SessionCreated]{}}
	f.service = sessionlogin.New(f.Tx, f.Store, f.Guard, f.Hasher, f.Issuer, f.events.Publisher())
	return f
}

func request(username, plain string) accessapi.LoginRequest {
	return accessapi.LoginRequest{Username: username, Password: secret.NewText(plain)}
}

func TestLoginOpensASession(t *testing.T) {
	t.Parallel()
	f := setup(t)
	ada := f.Add(t, "ada", func(u *domain.User) { u.Roles, u.Epoch = []string{"auditor"}, 4 })
	got, err := f.service.Login(t.Context(), request("ADA", accesstest.Password))
	if err != nil {
		t.Fatal(err)
	}
	session, err := f.Store.Session(t.Context(), got.SessionID)
	if err != nil || session.User != ada.ID || !session.Stands(f.Clock.Now()) || session.EndsAt.Sub(session.StartedAt) != 12*time.Hour {
		t.Errorf("stored %+v, %v", session, err)
	}
	if got.PasswordResetRequired || time.Until(got.ExpiresAt) > 10*time.Minute || time.Until(got.ExpiresAt) < 9*time.Minute {
		t.Errorf("got %+v", got)
	}
	claims := jwt.MapClaims{}
	if _, _, err := jwt.NewParser().ParseUnverified(got.AccessToken, claims); err != nil {
		t.Fatal(err)
	}
	if claims["sub"] != ada.ID || claims["sid"] != got.SessionID || claims["epoch"] != 4.0 || !cmp.Equal(claims["roles"], []any{"auditor"}) {
		t.Errorf("claims %v", claims)
	}
	want := accesstest.Event[accessapi.SessionCreated]{
		Actor:   auth.Actor{Kind: auth.User, ID: ada.ID, Session: auth.HashSession(got.SessionID)},
		Payload: accessapi.SessionCreated{SessionID: got.SessionID, UserID: ada.ID},
	}
	if events := f.events.All(); !slices.Equal(events, []accesstest.Event[accessapi.SessionCreated]{want}) {
		t.Errorf("published %+v, want %+v", events, want)
	}
}

func TestLoginSaysThatThePasswordMustBeChanged(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.Add(t, "ada", func(u *domain.User) { u.ResetRequired, u.Roles = true, []string{"admin"} })
	got, err := f.service.Login(t.Context(), request("ada", accesstest.Password))
	if err != nil || !got.PasswordResetRequired {
		t.Fatalf("got %+v, %v", got, err)
	}
	claims := jwt.MapClaims{}
	if _, _, err := jwt.NewParser().ParseUnverified(got.AccessToken, claims); err != nil || !cmp.Equal(claims["roles"], []any{}) {
		t.Errorf("claims %v, %v", claims, err)
	}
}

// refusals are all the ways in which a login can fail that a caller must not tell apart.
var refusals = []struct{ name, username, plain string }{
	{"wrong password", "ada", "wrong horse battery staple"},
	{"empty password", "ada", ""},
	{"password of one letter", "ada", "x"},
	{"password with a space behind", "ada", accesstest.Password + " "},
	{"password with a space before", "ada", " " + accesstest.Password},
	{"password in capitals", "ada", strings.ToUpper(accesstest.Password)},
	{"password with a NUL behind", "ada", accesstest.Password + "\x00"},
	{"over-long password", "ada", strings.Repeat("x", password.MaxBytes+1)},
	{"password of a megabyte", "ada", strings.Repeat("x", 1<<20)},
	{"unknown user", "nobody", accesstest.Password},
	{"unknown user, empty password", "nobody", ""},
	{"unknown user, over-long password", "nobody", strings.Repeat("x", 1<<20)},
	{"no username", "", accesstest.Password},
	{"neither", "", ""},
	{"username that is none", "a b\x00", accesstest.Password},
	{"username of a megabyte", strings.Repeat("a", 1<<20), accesstest.Password},
	{"username in look-alikes", "аdа", accesstest.Password},
	{"user without a password", "sso", accesstest.Password},
	{"user without a password, empty password", "sso", ""},
	{"suspended user, right password", "suspended", accesstest.Password},
	{"suspended user, wrong password", "suspended", "wrong horse battery staple"},
	{"locked user, right password", "locked", accesstest.Password},
	{"locked user, wrong password", "locked", "wrong horse battery staple"},
}

func (f fixture) addAll(tb testing.TB) {
	tb.Helper()
	f.Add(tb, "ada", nil)
	f.Add(tb, "sso", func(u *domain.User) { u.Password = secret.Text{} })
	f.Add(tb, "suspended", func(u *domain.User) { u.Status = domain.Suspended })
	f.Add(tb, "locked", func(u *domain.User) { u.Status = domain.Locked })
}

func TestRefusedLoginsCannotBeToldApart(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.addAll(t)
	guard := f.Guarded(t, settings.Config{LoginFree: 100, SourceFailures: 100})
	service := sessionlogin.New(f.Tx, f.Store, guard, f.Hasher, f.Issuer, f.events.Publisher())
	ctx := auth.WithAddress(t.Context(), "192.0.2.1")
	want := problem.DocumentOf(problem.New(accessapi.ErrInvalidCredentials, "Check username and password."), "")
	for _, c := range refusals {
		hashes, reads, counts := f.Hashes.Count(), f.Store.Reads(), f.Limits.Allowed()
		_, err := service.Login(ctx, request(c.username, c.plain))
		if diff := cmp.Diff(want, problem.DocumentOf(problem.From(err), "")); diff != "" {
			t.Errorf("%s: answer (-want +got):\n%s", c.name, diff)
		}
		if p := problem.From(err); p.RetryAfter != 0 {
			t.Errorf("%s: says when to try again", c.name)
		}
		hashes, reads, counts = f.Hashes.Count()-hashes, f.Store.Reads()-reads, f.Limits.Allowed()-counts
		if hashes != 1 || reads != 1 || counts != 3 {
			t.Errorf("%s: %d hashes, %d reads and counted %d times, want 1, 1 and 3", c.name, hashes, reads, counts)
		}
		if text := fmt.Sprint(err); len(c.plain) > 3 && strings.Contains(text, c.plain) || len(c.username) > 3 && strings.Contains(text, c.username) {
			t.Errorf("%s: the error quotes what was sent", c.name)
		}
	}
	if n := len(f.events.All()); n != 0 {
		t.Errorf("%d sessions were opened", n)
	}
}

func TestGrantedLoginDoesTheSameWork(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.addAll(t)
	hashes, reads := f.Hashes.Count(), f.Store.Reads()
	if _, err := f.service.Login(t.Context(), request("ada", accesstest.Password)); err != nil {
		t.Fatal(err)
	}
	if hashes, reads := f.Hashes.Count()-hashes, f.Store.Reads()-reads; hashes != 1 || reads != 1 {
		t.Errorf("%d hashes and %d reads, want one each", hashes, reads)
	}
}

func TestLoginByAnotherNormalForm(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.Add(t, "josé", nil)
	if _, err := f.service.Login(t.Context(), request("JOSE\u0301", accesstest.Password)); err != nil {
		t.Errorf("got %v", err)
	}
}

func TestBusyLoginAnswersEverybodyAlike(t *testing.T) {
	t.Parallel()
	for _, c := range refusals[:12] {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				f := setup(t)
				f.addAll(t)
				release := make(chan struct{})
				hasher, err := password.NewHasher(password.Options{
					Params: password.Params{Memory: 8, Time: 1, Threads: 1}, Concurrency: 1, Queue: 1, Wait: 2 * time.Second,
					Derive: func(_, _ []byte, _ password.Params, size uint32) []byte {
						<-release
						return make([]byte, size)
					},
				})
				if err != nil {
					t.Fatal(err)
				}
				s := sessionlogin.New(f.Tx, f.Store, f.Guard, hasher, f.Issuer, f.events.Publisher())
				go func() { _, _ = s.Login(t.Context(), request("ada", accesstest.Password)) }()
				synctest.Wait()
				_, err = s.Login(t.Context(), request(c.username, c.plain))
				if p := problem.From(err); p.Code != problem.Unavailable || p.RetryAfter != 2*time.Second {
					t.Errorf("got %v", err)
				}
				close(release)
			})
		})
	}
}

func TestLoginThatCannotPublishOpensNothing(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.Add(t, "ada", nil)
	failure := errors.New("no room")
	s := sessionlogin.New(f.Tx, f.Store, f.Guard, f.Hasher, f.Issuer, accesstest.Failing[accessapi.SessionCreated](failure))
	got, err := s.Login(t.Context(), request("ada", accesstest.Password))
	if !errors.Is(err, failure) || got != (accessapi.LoginResponse{}) {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestStoreThatFailsIsNoRefusal(t *testing.T) {
	t.Parallel()
	f := setup(t)
	failure := errors.New("gone")
	s := sessionlogin.New(f.Tx, failing{f.Store, failure}, f.Guard, f.Hasher, f.Issuer, f.events.Publisher())
	if _, err := s.Login(t.Context(), request("ada", accesstest.Password)); !errors.Is(err, failure) || problem.From(err).Code != problem.Internal {
		t.Errorf("got %v", err)
	}
}

type failing struct {
	*accesstest.Store

	err error
}

func (f failing) UserByUsername(context.Context, string) (domain.User, error) {
	return domain.User{}, f.err
}

func TestLoginsClearEndedSessionsAway(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := setup(t)
		f.Add(t, "ada", nil)
		login := func() string {
			got, err := f.service.Login(t.Context(), request("ada", accesstest.Password))
			if err != nil {
				t.Fatal(err)
			}
			return got.SessionID
		}
		first, second := login(), login()
		<-time.After(12*time.Hour - time.Second)
		third := login()
		for _, id := range []string{first, second, third} {
			if _, err := f.Store.Session(t.Context(), id); err != nil {
				t.Errorf("before its end: %v", err)
			}
		}
		<-time.After(time.Second)
		login()
		for _, id := range []string{first, second} {
			if _, err := f.Store.Session(t.Context(), id); !errors.Is(err, db.ErrNotFound) {
				t.Errorf("after its end: %v", err)
			}
		}
		if _, err := f.Store.Session(t.Context(), third); err != nil {
			t.Errorf("the open one: %v", err)
		}
	})
}

func BenchmarkLogin(b *testing.B) {
	f := setup(b)
	hasher, err := password.NewHasher(password.Options{Params: password.Current(), Concurrency: 1, Wait: time.Second})
	if err != nil {
		b.Fatal(err)
	}
	hash, err := hasher.Hash(b.Context(), secret.NewText(accesstest.Password))
	if err != nil {
		b.Fatal(err)
	}
	f.Add(b, "ada", func(u *domain.User) { u.Password = hash })
	for _, c := range []struct{ name, username string }{{"granted", "ada"}, {"refused", "nobody"}} {
		b.Run(c.name, func(b *testing.B) {
			for b.Loop() {
				guard, err := attempts.New(accesstest.NewLimiter(), settings.Config{}) // one that has counted nothing
				if err != nil {
					b.Fatal(err)
				}
				s := sessionlogin.New(f.Tx, f.Store, guard, hasher, f.Issuer, f.events.Publisher())
				if _, err := s.Login(b.Context(), request(c.username, accesstest.Password)); (err == nil) != (c.name == "granted") {
					b.Fatal(err)
				}
			}
		})
	}
}
