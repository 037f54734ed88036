package identitymanage_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"fxcell.dev/cells/access/accessapi"
	"fxcell.dev/cells/access/internal/accesstest"
	"fxcell.dev/cells/access/internal/domain"
	"fxcell.dev/cells/access/slices/identitymanage"
	"fxcell.dev/fxcell/auth"
	"fxcell.dev/fxcell/db"
	"fxcell.dev/fxcell/problem"
	"fxcell.dev/fxcell/secret"
)

type fixture struct {
	*accesstest.Fixture

	service *identitymanage.Service
	events  *accesstest.Events[accessapi.UserCreated]
}

func setup(t *testing.T) fixture {
	t.Helper()
	f := fixture{Fixture: accesstest.New(t), events: &accesstest.Events[accessapi.UserCreated]{}}
	f.service = identitymanage.New(f.Tx, f.Store, f.Maker, f.events.Publisher())
	return f
}

var admin = auth.Principal{Kind: auth.User, ID: "boss", Roles: []string{"admin", "auditor"}, Session: "s"}

func request() accessapi.UserCreateRequest {
	return accessapi.UserCreateRequest{Username: "Ada", Email: "ada@example.org", Password: secret.NewText(accesstest.Password)}
}

func TestAdministratorCreatesAUser(t *testing.T) {
	t.Parallel()
	f := setup(t)
	ctx := auth.WithPrincipal(t.Context(), admin)
	req := request()
	req.RequirePasswordReset, req.Roles = true, []string{"auditor"}
	created, err := f.service.Create(ctx, req)
	if err != nil {
		t.Fatal(err)
	}
	if created.Username != "ada" || created.Status != "active" || !slices.Equal(created.Roles, []string{"auditor"}) {
		t.Errorf("got %+v", created)
	}
	u, err := f.Store.User(ctx, created.ID)
	if err != nil || !u.ResetRequired {
		t.Errorf("stored %+v, %v", u, err)
	}
	got, err := f.service.Get(ctx, accessapi.UserGetRequest{ID: created.ID})
	if err != nil || got.Username != "ada" || got.Email != "ada@example.org" || !got.CreatedAt.Equal(created.CreatedAt) {
		t.Errorf("read %+v, %v", got, err)
	}
	want := accesstest.Event[accessapi.UserCreated]{
		Actor: auth.Actor{Kind: auth.User, ID: "boss", Session: auth.HashSession("s")}, Payload: accessapi.UserCreated{UserID: created.ID, Username: "ada"},
	}
	if events := f.events.All(); !slices.Equal(events, []accesstest.Event[accessapi.UserCreated]{want}) {
		t.Errorf("published %+v, want %+v", events, want)
	}
}

func TestUserWithoutRolesHasNone(t *testing.T) {
	t.Parallel()
	f := setup(t)
	created, err := f.service.Create(auth.WithPrincipal(t.Context(), admin), request())
	if err != nil || created.Roles == nil || len(created.Roles) != 0 {
		t.Errorf("got %+v, %v", created, err)
	}
}

func TestNobodyGrantsARoleThatTheyDoNotHold(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		caller auth.Principal
		roles  []string
	}{
		"another role":           {admin, []string{"config-editor"}},
		"one of two":             {admin, []string{"auditor", "root"}},
		"a role in another case": {admin, []string{"Admin"}},
		"the empty role":         {admin, []string{""}},
		"a caller without roles": {auth.Principal{Kind: auth.User, ID: "x"}, []string{"auditor"}},
		"nobody":                 {auth.Principal{}, []string{"admin"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := setup(t)
			req := request()
			req.Roles = c.roles
			_, err := f.service.Create(auth.WithPrincipal(t.Context(), c.caller), req)
			if !problem.Has(err, problem.Forbidden) || f.Hashes.Count() != 0 || len(f.events.All()) != 0 {
				t.Errorf("got %v, %d hashes, %d events", err, f.Hashes.Count(), len(f.events.All()))
			}
		})
	}
}

func TestTakenNamesAndAddressesAreConflicts(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change  func(*accessapi.UserCreateRequest)
		pointer string
	}{
		"same username":                {func(r *accessapi.UserCreateRequest) { r.Username = "ada" }, "/username"},
		"username in another case":     {func(r *accessapi.UserCreateRequest) { r.Username = "ADA" }, "/username"},
		"username in full width":       {func(r *accessapi.UserCreateRequest) { r.Username = "ａｄａ" }, "/username"},
		"username in look-alikes":      {func(r *accessapi.UserCreateRequest) { r.Username = "аdа" }, "/username"},
		"same e-mail address":          {func(r *accessapi.UserCreateRequest) { r.Username = "bob" }, "/email"},
		"e-mail address in other case": {func(r *accessapi.UserCreateRequest) { r.Username, r.Email = "bob", "ADA@EXAMPLE.ORG" }, "/email"},
		"both, of which one is enough": {func(r *accessapi.UserCreateRequest) {}, "/username"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := setup(t)
			ctx := auth.WithPrincipal(t.Context(), admin)
			if _, err := f.service.Create(ctx, request()); err != nil {
				t.Fatal(err)
			}
			req := request()
			if c.pointer == "/username" && name[:4] != "both" {
				req.Email = "other@example.org"
			}
			c.change(&req)
			_, err := f.service.Create(ctx, req)
			var p *problem.Error
			if !errors.As(err, &p) || p.Code != accessapi.ErrUserExists || len(p.Faults) != 1 || p.Faults[0].Pointer != c.pointer {
				t.Errorf("got %v", err)
			}
			if n := len(f.events.All()); n != 1 {
				t.Errorf("%d users were created", n)
			}
		})
	}
}

func TestUnfitUserIsToldWhy(t *testing.T) {
	t.Parallel()
	f := setup(t)
	req := request()
	req.Username, req.Password = "admin\u200b", secret.NewText("short")
	_, err := f.service.Create(auth.WithPrincipal(t.Context(), admin), req)
	var p *problem.Error
	if !errors.As(err, &p) || p.Code != problem.Invalid || len(p.Faults) != 2 || p.Faults[0].Pointer != "/username" || p.Faults[1].Pointer != "/password" {
		t.Errorf("got %v", err)
	}
}

func TestUserThatCannotBePublishedIsNotCreated(t *testing.T) {
	t.Parallel()
	f := setup(t)
	failure := errors.New("no room")
	s := identitymanage.New(f.Tx, f.Store, f.Maker, accesstest.Failing[accessapi.UserCreated](failure))
	if _, err := s.Create(auth.WithPrincipal(t.Context(), admin), request()); !errors.Is(err, failure) {
		t.Errorf("got %v", err)
	}
	if _, err := f.Store.UserByUsername(t.Context(), "ada"); !errors.Is(err, db.ErrNotFound) {
		t.Errorf("the user: %v", err)
	}
}

func TestUserThatIsNotThereHasACodeOfItsOwn(t *testing.T) {
	t.Parallel()
	f := setup(t)
	for _, id := range []string{"", "x", "00000000-0000-4000-8000-000000000000"} {
		if _, err := f.service.Get(t.Context(), accessapi.UserGetRequest{ID: id}); !problem.Has(err, accessapi.ErrUserNotFound) {
			t.Errorf("%q: got %v", id, err)
		}
	}
}

func TestStoreThatFailsIsNoAnswer(t *testing.T) {
	t.Parallel()
	f := setup(t)
	failure := errors.New("gone")
	s := identitymanage.New(f.Tx, failing{f.Store, failure}, f.Maker, f.events.Publisher())
	if _, err := s.Get(t.Context(), accessapi.UserGetRequest{ID: "x"}); !errors.Is(err, failure) || problem.From(err).Code != problem.Internal {
		t.Errorf("got %v", err)
	}
}

type failing struct {
	*accesstest.Store

	err error
}

func (f failing) User(context.Context, string) (domain.User, error) { return domain.User{}, f.err }
