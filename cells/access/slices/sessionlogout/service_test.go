package sessionlogout_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"fxcell.dev/cells/access/accessapi"
	"fxcell.dev/cells/access/internal/accesstest"
	"fxcell.dev/cells/access/internal/domain"
	"fxcell.dev/cells/access/slices/sessionlogout"
	"fxcell.dev/fxcell/auth"
	"fxcell.dev/fxcell/problem"
)

type fixture struct {
	*accesstest.Fixture

	service *sessionlogout.Service
	events  *accesstest.Events[accessapi.SessionRevoked]
	ada     domain.User
	session domain.Session
}

func setup(t *testing.T) fixture {
	t.Helper()
	f := fixture{Fixture: accesstest.New(t), events: &accesstest.Events[accessapi.SessionRevoked]{}}
	f.service = sessionlogout.New(f.Tx, f.Store, f.events.Publisher(), f.Clock)
	f.ada = f.Add(t, "ada", nil)
	f.session = f.Open(t, f.ada)
	return f
}

func (f fixture) delete(ctx context.Context, caller auth.Principal, id string) error {
	_, err := f.service.Delete(auth.WithPrincipal(ctx, caller), accessapi.SessionDeleteRequest{ID: id})
	return err
}

func (f fixture) self() auth.Principal {
	return auth.Principal{Kind: auth.User, ID: f.ada.ID, Session: f.session.ID}
}

func TestUserEndsTheirOwnSessionOnce(t *testing.T) {
	t.Parallel()
	f := setup(t)
	if err := f.delete(t.Context(), f.self(), f.session.ID); err != nil {
		t.Fatal(err)
	}
	got, err := f.Store.Session(t.Context(), f.session.ID)
	if err != nil || got.Stands(f.Clock.Now()) || got.RevokedAt.IsZero() {
		t.Errorf("stored %+v, %v", got, err)
	}
	if err := f.delete(t.Context(), f.self(), f.session.ID); !problem.Has(err, accessapi.ErrSessionNotFound) {
		t.Errorf("a second time: got %v", err)
	}
	want := accesstest.Event[accessapi.SessionRevoked]{
		Actor:   auth.Actor{Kind: auth.User, ID: f.ada.ID, Session: auth.HashSession(f.session.ID)},
		Payload: accessapi.SessionRevoked{SessionID: f.session.ID, UserID: f.ada.ID},
	}
	if events := f.events.All(); !slices.Equal(events, []accesstest.Event[accessapi.SessionRevoked]{want}) {
		t.Errorf("published %+v, want %+v", events, want)
	}
}

func TestOtherSessionsOfTheUserStand(t *testing.T) {
	t.Parallel()
	f := setup(t)
	other := f.Open(t, f.ada)
	if err := f.delete(t.Context(), f.self(), other.ID); err != nil {
		t.Fatal(err)
	}
	if got, err := f.Store.Session(t.Context(), f.session.ID); err != nil || !got.Stands(f.Clock.Now()) {
		t.Errorf("stored %+v, %v", got, err)
	}
}

func TestAdministratorEndsAnySession(t *testing.T) {
	t.Parallel()
	f := setup(t)
	if err := f.delete(t.Context(), auth.Principal{Kind: auth.User, ID: "boss", Roles: []string{"admin"}}, f.session.ID); err != nil {
		t.Fatal(err)
	}
	events := f.events.All()
	if len(events) != 1 || events[0].Actor.ID != "boss" || events[0].Payload.UserID != f.ada.ID {
		t.Errorf("published %+v", events)
	}
}

func TestNobodyElseLearnsWhetherASessionExists(t *testing.T) {
	t.Parallel()
	f := setup(t)
	bob := f.Add(t, "bob", nil)
	cases := map[string]struct {
		caller auth.Principal
		id     string
	}{
		"another user":                         {auth.Principal{Kind: auth.User, ID: bob.ID}, f.session.ID},
		"another user with other roles":        {auth.Principal{Kind: auth.User, ID: bob.ID, Roles: []string{"auditor", "Admin"}}, f.session.ID},
		"a service with the id of the user":    {auth.Principal{Kind: auth.Service, ID: f.ada.ID}, f.session.ID},
		"nobody":                               {auth.Principal{}, f.session.ID},
		"a session that is not there":          {f.self(), "00000000-0000-4000-8000-000000000000"},
		"no id":                                {f.self(), ""},
		"an administrator and no such session": {auth.Principal{Kind: auth.User, ID: "boss", Roles: []string{"admin"}}, "x"},
	}
	texts := map[string]bool{}
	for name, c := range cases {
		err := f.delete(t.Context(), c.caller, c.id)
		if !problem.Has(err, accessapi.ErrSessionNotFound) {
			t.Errorf("%s: got %v", name, err)
		}
		texts[problem.From(err).Detail] = true
	}
	if len(texts) != 1 || len(f.events.All()) != 0 {
		t.Errorf("%d different answers, %d events", len(texts), len(f.events.All()))
	}
	if got, err := f.Store.Session(t.Context(), f.session.ID); err != nil || !got.Stands(f.Clock.Now()) {
		t.Errorf("stored %+v, %v", got, err)
	}
}

func TestSessionThatHasEndedIsNotThere(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := setup(t)
		<-time.After(12 * time.Hour)
		if err := f.delete(t.Context(), f.self(), f.session.ID); !problem.Has(err, accessapi.ErrSessionNotFound) || len(f.events.All()) != 0 {
			t.Errorf("got %v, %d events", err, len(f.events.All()))
		}
	})
}

func TestManyLogoutsAtOncePublishOnce(t *testing.T) {
	t.Parallel()
	f := setup(t)
	var ended atomic.Int64
	var all sync.WaitGroup
	for range 16 {
		all.Go(func() {
			if f.delete(t.Context(), f.self(), f.session.ID) == nil {
				ended.Add(1)
			}
		})
	}
	all.Wait()
	if ended.Load() != 1 || len(f.events.All()) != 1 {
		t.Errorf("%d ended it, %d events", ended.Load(), len(f.events.All()))
	}
}

func TestLogoutThatCannotPublishEndsNothing(t *testing.T) {
	t.Parallel()
	f := setup(t)
	failure := errors.New("no room")
	f.service = sessionlogout.New(f.Tx, f.Store, accesstest.Failing[accessapi.SessionRevoked](failure), f.Clock)
	if err := f.delete(t.Context(), f.self(), f.session.ID); !errors.Is(err, failure) {
		t.Errorf("got %v", err)
	}
	if got, err := f.Store.Session(t.Context(), f.session.ID); err != nil || !got.Stands(f.Clock.Now()) {
		t.Errorf("stored %+v, %v", got, err)
	}
}
