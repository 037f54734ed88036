package setup_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"fxcell.dev/cells/access/accessapi"
	"fxcell.dev/cells/access/internal/accesstest"
	"fxcell.dev/cells/access/internal/account"
	"fxcell.dev/cells/access/internal/password"
	"fxcell.dev/cells/access/slices/setup"
	"fxcell.dev/fxcell/auth"
	"fxcell.dev/fxcell/contract"
	"fxcell.dev/fxcell/db"
	"fxcell.dev/fxcell/problem"
	"fxcell.dev/fxcell/ratelimit"
	"fxcell.dev/fxcell/secret"
)

type fixture struct {
	*accesstest.Fixture

	service *setup.Service
	events  *accesstest.Events[accessapi.UserCreated]
	token   string
}

// start returns a service after its first start.
func start(t *testing.T) *fixture {
	t.Helper()
	f := &fixture{Fixture: accesstest.New(t), events: &accesstest.Events[accessapi.UserCreated]{}}
	f.service = f.process(f.events.Publisher())
	if err := f.service.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	token, open := f.service.Token()
	if !open || token == "" {
		t.Fatalf("the first start offers %q, open: %v", token, open)
	}
	f.token = token
	return f
}

// process returns the service of another process on the same store.
func (f *fixture) process(created contract.Publisher[accessapi.UserCreated]) *setup.Service {
	return setup.New(f.Tx, f.Store, f.Guard, f.Maker, created, f.Clock)
}

func request(token string) accessapi.SetupRequest {
	return accessapi.SetupRequest{
		Token: secret.NewText(token), Username: "Root", Email: "root@example.org", Password: secret.NewText(accesstest.Password),
	}
}

func TestSetupCreatesTheFirstAdministrator(t *testing.T) {
	t.Parallel()
	f := start(t)
	got, err := f.service.Create(t.Context(), request(f.token))
	if err != nil {
		t.Fatal(err)
	}
	if got.Username != "root" || got.Email != "root@example.org" || got.Status != "active" || got.CreatedAt.IsZero() ||
		!slices.Equal(got.Roles, []string{"admin", "auditor", "config-editor"}) {
		t.Errorf("got %+v", got)
	}
	u, err := f.Store.User(t.Context(), got.ID)
	if err != nil || u.ResetRequired || !u.MayAct() {
		t.Errorf("stored %+v, %v", u, err)
	}
	if ok, err := f.Hasher.Verify(t.Context(), u.Password, secret.NewText(accesstest.Password)); !ok || err != nil {
		t.Errorf("its password: %v, %v", ok, err)
	}
	want := accesstest.Event[accessapi.UserCreated]{
		Actor: auth.Actor{Kind: auth.User, ID: got.ID}, Payload: accessapi.UserCreated{UserID: got.ID, Username: "root"},
	}
	if events := f.events.All(); !slices.Equal(events, []accesstest.Event[accessapi.UserCreated]{want}) {
		t.Errorf("published %+v, want %+v", events, want)
	}
	if token, open := f.service.Token(); open || token != "" {
		t.Errorf("still offers %q, open: %v", token, open)
	}
}

func TestSetupKeepsOnlyAHashOfItsToken(t *testing.T) {
	t.Parallel()
	f := start(t)
	kept, err := f.Store.Setup(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if kept.TokenHash != sha256.Sum256([]byte(f.token)) || strings.Contains(fmt.Sprintf("%+v %s", kept, kept.TokenHash[:]), f.token) {
		t.Errorf("kept %+v", kept)
	}
	if len(f.token) != 43 { // 256 bits in base64url
		t.Errorf("the token has %d characters", len(f.token))
	}
	if strings.Contains(fmt.Sprintf("%v %+v %#v", f.service, f.service, f.service), f.token) {
		t.Error("the printed service shows the token")
	}
}

func TestSetupIsGoneForEverOnceDone(t *testing.T) {
	t.Parallel()
	f := start(t)
	if _, err := f.service.Create(t.Context(), request(f.token)); err != nil {
		t.Fatal(err)
	}
	later := f.process(f.events.Publisher())
	if err := later.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	if token, open := later.Token(); open || token != "" {
		t.Errorf("a later start offers %q, open: %v", token, open)
	}
	for name, s := range map[string]*setup.Service{"same process": f.service, "later start": later} {
		for what, token := range map[string]string{"right token": f.token, "wrong token": "x", "no token": ""} {
			if _, err := s.Create(t.Context(), request(token)); !problem.Has(err, accessapi.ErrSetupDone) {
				t.Errorf("%s, %s: got %v", name, what, err)
			}
		}
	}
	if n := len(f.events.All()); n != 1 {
		t.Errorf("%d users were created", n)
	}
}

func TestSetupIsGoneWithoutTheAdministratorToo(t *testing.T) {
	t.Parallel()
	f := start(t)
	kept, err := f.Store.Setup(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	// what is left when somebody deletes the only user: a completed setup and nobody
	complete := func(ctx context.Context) error { return f.Store.CompleteSetup(ctx, kept, f.Clock.Now()) }
	if err := f.Tx.InTx(t.Context(), complete); err != nil {
		t.Fatal(err)
	}
	again := f.process(f.events.Publisher())
	if err := again.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, s := range []*setup.Service{f.service, again} {
		if _, err := s.Create(t.Context(), request(f.token)); !problem.Has(err, accessapi.ErrSetupDone) {
			t.Errorf("got %v", err)
		}
		if _, open := s.Token(); open {
			t.Error("the setup is open again")
		}
	}
}

func TestWrongAndLateTokenAreAnsweredAlike(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := start(t)
		_, wrong := f.service.Create(t.Context(), request("wrong"))
		_, missing := f.service.Create(t.Context(), request(""))
		_, other := f.service.Create(t.Context(), request(strings.ToUpper(f.token)))
		<-time.After(24*time.Hour - time.Second)
		if _, open := f.service.Token(); !open {
			t.Error("closed before 24 hours")
		}
		<-time.After(time.Second)
		if token, open := f.service.Token(); open || token != "" {
			t.Errorf("after 24 hours: offers %q, open: %v", token, open)
		}
		_, late := f.service.Create(t.Context(), request(f.token))
		for name, err := range map[string]error{"wrong": wrong, "missing": missing, "other case": other, "late": late} {
			if !problem.Has(err, accessapi.ErrSetupRefused) || err.Error() != wrong.Error() || strings.Contains(err.Error(), f.token) {
				t.Errorf("%s: got %v", name, err)
			}
		}
		if f.Hashes.Count() != 0 || len(f.events.All()) != 0 {
			t.Errorf("%d hashes, %d users", f.Hashes.Count(), len(f.events.All()))
		}
	})
}

func TestStartOffersANewTokenOnlyInPlaceOfALateOne(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := start(t)
		second := f.process(f.events.Publisher())
		if err := second.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		if token, open := second.Token(); token != "" || !open {
			t.Errorf("a replica offers %q, open: %v, want none of its own", token, open)
		}
		<-time.After(25 * time.Hour)
		third := f.process(f.events.Publisher())
		if err := third.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		token, open := third.Token()
		if !open || token == "" || token == f.token {
			t.Fatalf("after 25 hours: offers %q, open: %v", token, open)
		}
		if _, err := third.Create(t.Context(), request(f.token)); !problem.Has(err, accessapi.ErrSetupRefused) {
			t.Errorf("the late token: %v", err)
		}
		if _, err := second.Create(t.Context(), request(token)); err != nil {
			t.Errorf("the new token at a replica: %v", err)
		}
		if _, err := third.Create(t.Context(), request(token)); !problem.Has(err, accessapi.ErrSetupDone) {
			t.Errorf("once more: %v", err)
		}
	})
}

func TestFiftyRightCallsMakeOneAdministrator(t *testing.T) {
	t.Parallel()
	f := start(t)
	replica := f.process(f.events.Publisher())
	var mu sync.Mutex
	created, gone := 0, 0
	var all sync.WaitGroup
	for i := range 50 {
		all.Go(func() {
			req := request(f.token)
			req.Username, req.Email = fmt.Sprintf("root%d", i), fmt.Sprintf("root%d@example.org", i)
			_, err := []*setup.Service{f.service, replica}[i%2].Create(t.Context(), req)
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err == nil:
				created++
			case problem.Has(err, accessapi.ErrSetupDone):
				gone++
			default:
				t.Errorf("got %v", err)
			}
		})
	}
	all.Wait()
	if created != 1 || gone != 49 || len(f.events.All()) != 1 {
		t.Errorf("%d created, %d told that it is done, %d events, want 1, 49, 1", created, gone, len(f.events.All()))
	}
}

func TestRightCallsWaitForEachOtherInsteadOfHashing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := start(t)
		var hashes atomic.Int64
		release := make(chan struct{})
		hasher, err := password.NewHasher(password.Options{
			Params: password.Current(), Concurrency: 8, Queue: 8, Wait: time.Minute,
			Derive: func(_, _ []byte, _ password.Params, size uint32) []byte {
				hashes.Add(1)
				<-release
				return make([]byte, size)
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		s := setup.New(f.Tx, f.Store, f.Guard, account.NewMaker(hasher, f.Clock), f.events.Publisher(), f.Clock)
		results := make(chan error, 8)
		for range cap(results) {
			go func() {
				_, err := s.Create(t.Context(), request(f.token))
				results <- err
			}()
		}
		synctest.Wait()
		close(release)
		created := 0
		for range cap(results) {
			if err := <-results; err == nil {
				created++
			} else if !problem.Has(err, accessapi.ErrSetupDone) {
				t.Errorf("got %v", err)
			}
		}
		if created != 1 || hashes.Load() != 1 {
			t.Errorf("%d created, %d hashes, want one each", created, hashes.Load())
		}
	})
}

func TestSetupOfAnUnfitAdministratorCanBeTriedAgain(t *testing.T) {
	t.Parallel()
	f := start(t)
	req := request(f.token)
	req.Password = secret.NewText("too short")
	_, err := f.service.Create(t.Context(), req)
	var p *problem.Error
	if !errors.As(err, &p) || p.Code != problem.Invalid || len(p.Faults) != 1 || p.Faults[0].Pointer != "/password" || p.Faults[0].Rule != "minLength" {
		t.Errorf("got %v", err)
	}
	f.Add(t, "root", nil)
	if _, err := f.service.Create(t.Context(), request(f.token)); !problem.Has(err, accessapi.ErrUserExists) {
		t.Errorf("taken name: got %v", err)
	}
	req = request(f.token)
	req.Username, req.Email = "boss", "boss@example.org"
	if _, err := f.service.Create(t.Context(), req); err != nil {
		t.Errorf("the last try: %v", err)
	}
}

func TestSetupThatCannotPublishCreatesNobody(t *testing.T) {
	t.Parallel()
	f := start(t)
	failure := errors.New("no room")
	broken := f.process(accesstest.Failing[accessapi.UserCreated](failure))
	if _, err := broken.Create(t.Context(), request(f.token)); !errors.Is(err, failure) {
		t.Errorf("got %v", err)
	}
	if _, err := f.Store.UserByUsername(t.Context(), "root"); !errors.Is(err, db.ErrNotFound) {
		t.Errorf("the user: %v", err)
	}
	if _, err := f.service.Create(t.Context(), request(f.token)); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}

func TestWrongTokensAreLimitedAndTheRightOneIsNot(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := start(t)
		from := func(address string) context.Context { return auth.WithAddress(t.Context(), address) }
		refused, limited := 0, 0
		for range 100 {
			_, err := f.service.Create(from("192.0.2.1"), request("wrong"))
			switch p := problem.From(err); {
			case problem.Has(err, accessapi.ErrSetupRefused):
				refused++
			case p.Code == problem.TooMany && p.RetryAfter == 5*time.Minute:
				limited++
			default:
				t.Fatalf("got %v", err)
			}
		}
		if refused != 20 || limited != 80 {
			t.Errorf("%d refused, %d limited, want 20 and 80", refused, limited)
		}
		if _, err := f.service.Create(from("192.0.2.2"), request("wrong")); !problem.Has(err, accessapi.ErrSetupRefused) {
			t.Errorf("from elsewhere: %v", err)
		}
		if _, err := f.service.Create(from("192.0.2.1"), request(f.token)); err != nil {
			t.Errorf("the right token: %v", err)
		}
	})
}

func TestWrongTokenThatCannotBeCountedIsNotAnswered(t *testing.T) {
	t.Parallel()
	f := start(t)
	f.Limits.Fail(ratelimit.ErrUnavailable)
	ctx := auth.WithAddress(t.Context(), "192.0.2.1")
	if _, err := f.service.Create(ctx, request("wrong")); problem.From(err).Code != problem.Unavailable {
		t.Errorf("the wrong token: got %v", err)
	}
	if _, err := f.service.Create(ctx, request(f.token)); err != nil {
		t.Errorf("the right token: %v", err)
	}
}

func TestSetupThatWaitsGivesUpWithItsCaller(t *testing.T) {
	t.Parallel()
	f := start(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := f.service.Create(ctx, request(f.token)); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if _, err := f.service.Create(t.Context(), request(f.token)); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}

func TestSetupAcceptsNothingBeforeItsStart(t *testing.T) {
	t.Parallel()
	f := accesstest.New(t)
	s := setup.New(f.Tx, f.Store, f.Guard, f.Maker, accesstest.Failing[accessapi.UserCreated](db.ErrFull), f.Clock)
	if token, open := s.Token(); open || token != "" {
		t.Errorf("offers %q, open: %v", token, open)
	}
	if _, err := s.Create(t.Context(), request("")); !problem.Has(err, accessapi.ErrSetupRefused) {
		t.Errorf("got %v", err)
	}
	if _, err := f.Store.Setup(t.Context()); !errors.Is(err, db.ErrNotFound) {
		t.Errorf("something was offered: %v", err)
	}
}
