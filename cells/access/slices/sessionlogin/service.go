package sessionlogin

import (
	"context"
	"errors"
	"fmt"

	"fxcell.dev/cells/access/accessapi"
	"fxcell.dev/cells/access/internal/domain"
	"fxcell.dev/cells/access/internal/password"
	"fxcell.dev/cells/access/internal/store"
	"fxcell.dev/cells/access/internal/token"
	"fxcell.dev/fxcell/auth"
	"fxcell.dev/fxcell/contract"
	"fxcell.dev/fxcell/db"
	"fxcell.dev/fxcell/problem"
)

// purgeAtOnce is how many ended sessions a login clears away: more than it adds, so that they never pile up.
const purgeAtOnce = 4

// Service opens sessions. It is safe for concurrent use.
type Service struct {
	tx      db.Transactor
	store   store.Store
	hasher  *password.Hasher
	issuer  *token.Issuer
	created contract.Publisher[accessapi.SessionCreated]
}

// New returns a service.
func New(tx db.Transactor, kept store.Store, hasher *password.Hasher, issuer *token.Issuer, created contract.Publisher[accessapi.SessionCreated]) *Service {
	return &Service{tx: tx, store: kept, hasher: hasher, issuer: issuer, created: created}
}

// Login serves accessapi.LoginV1. Every refusal is the same answer after the same work, one read and one hash, so that nobody learns which names
// exist.
func (s *Service) Login(ctx context.Context, req accessapi.LoginRequest) (accessapi.LoginResponse, error) {
	user, err := s.authenticate(ctx, req)
	if err != nil {
		return accessapi.LoginResponse{}, err
	}
	session := s.issuer.Open(user)
	issued, err := s.issuer.Issue(ctx, user, session)
	if err != nil {
		return accessapi.LoginResponse{}, fmt.Errorf("sessionlogin: %w", err)
	}
	if err := s.open(ctx, session); err != nil {
		return accessapi.LoginResponse{}, fmt.Errorf("sessionlogin: open: %w", err)
	}
	return accessapi.LoginResponse{
		AccessToken: issued.Text.Reveal(), ExpiresAt: issued.ExpiresAt, SessionID: session.ID, PasswordResetRequired: user.ResetRequired,
	}, nil
}

// authenticate has no early return between the read and the verdict.
func (s *Service) authenticate(ctx context.Context, req accessapi.LoginRequest) (domain.User, error) {
	username, _ := domain.ParseUsername(req.Username) // what is no username is nobody's: it is looked up like the others, as ""
	user, err := s.store.UserByUsername(ctx, username.Text)
	if err != nil && !errors.Is(err, db.ErrNotFound) {
		return domain.User{}, fmt.Errorf("sessionlogin: read: %w", err)
	}
	right, err := s.hasher.Verify(ctx, user.Password, req.Password)
	if err != nil {
		return domain.User{}, fmt.Errorf("sessionlogin: %w", err)
	}
	if !right || !user.MayAct() {
		return domain.User{}, problem.New(accessapi.ErrInvalidCredentials, "Check username and password.")
	}
	return user, nil
}

func (s *Service) open(ctx context.Context, session domain.Session) error {
	actor := auth.Actor{Kind: auth.User, ID: session.User, Session: auth.HashSession(session.ID)}
	return s.tx.InTx(auth.WithActor(ctx, actor), func(ctx context.Context) error {
		if err := s.store.PurgeSessions(ctx, session.StartedAt, purgeAtOnce); err != nil {
			return err
		}
		if err := s.store.InsertSession(ctx, session); err != nil {
			return err
		}
		return s.created.Publish(ctx, accessapi.SessionCreated{SessionID: session.ID, UserID: session.User})
	})
}
