package sessionlogin

import (
	"context"
	"errors"
	"fmt"

	"fxcell.dev/cells/access/accessapi"
	"fxcell.dev/cells/access/internal/attempts"
	"fxcell.dev/cells/access/internal/domain"
	"fxcell.dev/cells/access/internal/password"
	"fxcell.dev/cells/access/internal/store"
	"fxcell.dev/cells/access/internal/token"
	"fxcell.dev/fxcell/auth"
	"fxcell.dev/fxcell/contract"
	"fxcell.dev/fxcell/db"
	"fxcell.dev/fxcell/problem"
	"fxcell.dev/fxcell/secret"
)

// purgeAtOnce is how many ended sessions a login clears away: more than it adds, so that they never pile up.
const purgeAtOnce = 4

// Service opens sessions. It is safe for concurrent use.
type Service struct {
	tx      db.Transactor
	store   store.Store
	guard   *attempts.Guard
	hasher  *password.Hasher
	issuer  *token.Issuer
	created contract.Publisher[accessapi.SessionCreated]
}

// New returns a service.
func New(
	tx db.Transactor, kept store.Store, guard *attempts.Guard, hasher *password.Hasher, issuer *token.Issuer,
	created contract.Publisher[accessapi.SessionCreated],
) *Service {
	return &Service{tx: tx, store: kept, guard: guard, hasher: hasher, issuer: issuer, created: created}
}

// Login serves accessapi.LoginV1. Every refusal is the same answer after the same work, which is counting, one read and one hash, so that nobody learns
// which names exist. Who has failed too often is told so before that, whoever it is: the right password helps nobody who should be waiting.
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

func (s *Service) authenticate(ctx context.Context, req accessapi.LoginRequest) (domain.User, error) {
	username, _ := domain.ParseUsername(req.Username) // what is no username is nobody's: it is counted and looked up like the others, as ""
	attempt, err := s.guard.Login(ctx, username.Text)
	if err != nil {
		return domain.User{}, fmt.Errorf("sessionlogin: %w", err)
	}
	user, right, err := s.judge(ctx, username.Text, req.Password)
	switch {
	case err != nil:
		return domain.User{}, fmt.Errorf("sessionlogin: %w", errors.Join(err, attempt.GiveBack(ctx)))
	case !right:
		return domain.User{}, problem.New(accessapi.ErrInvalidCredentials, "Check username and password.")
	}
	if err := attempt.Succeed(ctx); err != nil {
		return domain.User{}, fmt.Errorf("sessionlogin: %w", err)
	}
	return user, nil
}

// judge has no early return between the read and the verdict.
func (s *Service) judge(ctx context.Context, username string, plain secret.Text) (user domain.User, right bool, err error) {
	user, err = s.store.UserByUsername(ctx, username)
	if err != nil && !errors.Is(err, db.ErrNotFound) {
		return domain.User{}, false, fmt.Errorf("read: %w", err)
	}
	right, err = s.hasher.Verify(ctx, user.Password, plain)
	if err != nil {
		return domain.User{}, false, err
	}
	return user, right && user.MayAct(), nil
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
