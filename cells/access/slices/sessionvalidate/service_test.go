package sessionvalidate_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"fxcell.dev/cells/access/internal/accesstest"
	"fxcell.dev/cells/access/internal/domain"
	"fxcell.dev/cells/access/slices/sessionvalidate"
	"fxcell.dev/fxcell/auth"
)

func TestSessionOfAnActiveUserStands(t *testing.T) {
	t.Parallel()
	f := accesstest.New(t)
	ada := f.Add(t, "ada", func(u *domain.User) { u.Epoch = 3 })
	session := f.Open(t, ada)
	s := sessionvalidate.New(f.Store, f.Clock)
	for _, epoch := range []int64{3, 4} {
		if err := s.Check(t.Context(), auth.Session{ID: session.ID, User: ada.ID, Epoch: epoch}); err != nil {
			t.Errorf("epoch %d: got %v", epoch, err)
		}
	}
}

func TestSessionIsRejected(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		user    func(*domain.User)
		session func(*domain.Session)
		claim   func(*auth.Session)
	}{
		"an earlier epoch":            {claim: func(s *auth.Session) { s.Epoch-- }},
		"another user":                {claim: func(s *auth.Session) { s.User = "x" }},
		"no user":                     {claim: func(s *auth.Session) { s.User = "" }},
		"a session that is not there": {claim: func(s *auth.Session) { s.ID = "x" }},
		"no session":                  {claim: func(s *auth.Session) { s.ID = "" }},
		"a suspended user":            {user: func(u *domain.User) { u.Status = domain.Suspended }},
		"a locked user":               {user: func(u *domain.User) { u.Status = domain.Locked }},
		"a revoked session":           {session: func(s *domain.Session) { s.RevokedAt = s.StartedAt }},
		"a session past its end":      {session: func(s *domain.Session) { s.EndsAt = s.StartedAt }},
		"a user that is gone": {
			session: func(s *domain.Session) { s.User = "gone" }, claim: func(s *auth.Session) { s.User = "gone" },
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := accesstest.New(t)
			ada := f.Add(t, "ada", func(u *domain.User) {
				u.Epoch = 3
				if c.user != nil {
					c.user(u)
				}
			})
			session := f.Issuer.Open(ada)
			if c.session != nil {
				c.session(&session)
			}
			insert := func(ctx context.Context) error { return f.Store.InsertSession(ctx, session) }
			if err := f.Tx.InTx(t.Context(), insert); err != nil {
				t.Fatal(err)
			}
			claim := auth.Session{ID: session.ID, User: ada.ID, Epoch: 3}
			if c.claim != nil {
				c.claim(&claim)
			}
			if err := sessionvalidate.New(f.Store, f.Clock).Check(t.Context(), claim); !errors.Is(err, auth.ErrRejected) {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestSessionEndsAfterTwelveHours(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := accesstest.New(t)
		ada := f.Add(t, "ada", nil)
		claim := auth.Session{ID: f.Open(t, ada).ID, User: ada.ID}
		s := sessionvalidate.New(f.Store, f.Clock)
		<-time.After(12*time.Hour - time.Nanosecond)
		if err := s.Check(t.Context(), claim); err != nil {
			t.Errorf("before: got %v", err)
		}
		<-time.After(time.Nanosecond)
		if err := s.Check(t.Context(), claim); !errors.Is(err, auth.ErrRejected) {
			t.Errorf("after: got %v", err)
		}
	})
}

func TestRevocationIsSeenAtOnce(t *testing.T) {
	t.Parallel()
	f := accesstest.New(t)
	ada := f.Add(t, "ada", nil)
	session := f.Open(t, ada)
	s := sessionvalidate.New(f.Store, f.Clock)
	claim := auth.Session{ID: session.ID, User: ada.ID}
	if err := s.Check(t.Context(), claim); err != nil {
		t.Fatal(err)
	}
	revoke := func(ctx context.Context) error { return f.Store.RevokeSession(ctx, session.ID, f.Clock.Now()) }
	if err := f.Tx.InTx(t.Context(), revoke); err != nil {
		t.Fatal(err)
	}
	if err := s.Check(t.Context(), claim); !errors.Is(err, auth.ErrRejected) {
		t.Errorf("got %v", err)
	}
}

func TestStoreThatFailsIsNoVerdict(t *testing.T) {
	t.Parallel()
	f := accesstest.New(t)
	ada := f.Add(t, "ada", nil)
	session := f.Open(t, ada)
	failure := errors.New("gone")
	for name, s := range map[string]failing{
		"sessions": {Store: f.Store, session: failure},
		"users":    {Store: f.Store, user: failure},
	} {
		err := sessionvalidate.New(s, f.Clock).Check(t.Context(), auth.Session{ID: session.ID, User: ada.ID})
		if !errors.Is(err, failure) || errors.Is(err, auth.ErrRejected) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

type failing struct {
	*accesstest.Store

	session, user error
}

func (f failing) Session(ctx context.Context, id string) (domain.Session, error) {
	if f.session != nil {
		return domain.Session{}, f.session
	}
	return f.Store.Session(ctx, id)
}

func (f failing) User(context.Context, string) (domain.User, error) { return domain.User{}, f.user }
