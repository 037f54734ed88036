package setup

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"fxcell.dev/cells/access/accessapi"
	"fxcell.dev/cells/access/internal/account"
	"fxcell.dev/cells/access/internal/attempts"
	"fxcell.dev/cells/access/internal/domain"
	"fxcell.dev/cells/access/internal/store"
	"fxcell.dev/fxcell/auth"
	"fxcell.dev/fxcell/clock"
	"fxcell.dev/fxcell/contract"
	"fxcell.dev/fxcell/db"
	"fxcell.dev/fxcell/problem"
	"fxcell.dev/fxcell/secret"
)

// Service creates the first administrator. It is safe for concurrent use.
type Service struct {
	tx      db.Transactor
	store   store.Store
	maker   *account.Maker
	created contract.Publisher[accessapi.UserCreated]
	clock   clock.Clock
	guard   *attempts.Guard
	turn    chan struct{} // held by the one call that creates
	kept    *keeping      // nil where the start shows the token

	mu    sync.Mutex
	token secret.Text // the plain token while it may be needed and this process made it
	setup domain.Setup
}

// New returns a service that accepts nothing before Start.
func New(
	tx db.Transactor, kept store.Store, guard *attempts.Guard, maker *account.Maker, created contract.Publisher[accessapi.UserCreated], clk clock.Clock,
) *Service {
	return &Service{tx: tx, store: kept, guard: guard, maker: maker, created: created, clock: clk, turn: make(chan struct{}, 1)}
}

// Create serves accessapi.SetupV1.
func (s *Service) Create(ctx context.Context, req accessapi.SetupRequest) (accessapi.SetupResponse, error) {
	if _, err := s.accept(ctx, req.Token); err != nil {
		return accessapi.SetupResponse{}, err
	}
	select { // who comes second finds the work done, instead of hashing a password for nothing
	case s.turn <- struct{}{}:
		defer func() { <-s.turn }()
	case <-ctx.Done():
		return accessapi.SetupResponse{}, context.Cause(ctx)
	}
	offered, err := s.accept(ctx, req.Token)
	if err != nil {
		return accessapi.SetupResponse{}, err
	}
	admin, err := s.maker.Make(ctx, account.Draft{
		Username: req.Username, Email: req.Email, Password: req.Password,
		Roles: []string{domain.RoleAdmin, domain.RoleConfigEditor, domain.RoleAuditor},
	})
	if err != nil {
		return accessapi.SetupResponse{}, err
	}
	if err := s.complete(ctx, offered, admin); err != nil {
		return accessapi.SetupResponse{}, err
	}
	return accessapi.SetupResponse{User: account.View(admin)}, nil
}

// accept returns the setup that waits for the token.
func (s *Service) accept(ctx context.Context, token secret.Text) (domain.Setup, error) {
	offered, err := s.store.Setup(ctx)
	switch {
	case errors.Is(err, db.ErrNotFound):
		return domain.Setup{}, s.refuse(ctx)
	case err != nil:
		return domain.Setup{}, fmt.Errorf("setup: read: %w", err)
	case offered.Completed():
		s.done(offered)
		return domain.Setup{}, problem.New(accessapi.ErrSetupDone, "The first administrator exists; administrators create further users.")
	case !offered.Accepts(token.Reveal(), s.clock.Now()):
		return domain.Setup{}, s.refuse(ctx)
	default:
		return offered, nil
	}
}

// complete creates the administrator and closes the setup, both or neither: of many processes with the right token, one gets through.
func (s *Service) complete(ctx context.Context, offered domain.Setup, admin domain.User) error {
	err := s.tx.InTx(auth.WithActor(ctx, auth.Actor{Kind: auth.User, ID: admin.ID}), func(ctx context.Context) error {
		if err := s.store.CompleteSetup(ctx, offered, admin.CreatedAt); err != nil {
			return err
		}
		if err := s.store.InsertUser(ctx, admin); err != nil {
			return err
		}
		return s.created.Publish(ctx, accessapi.UserCreated{UserID: admin.ID, Username: admin.Username.Text})
	})
	switch {
	case errors.Is(err, db.ErrStale): // another process completed it, or offered another token
		return problem.New(accessapi.ErrSetupDone, "Another setup came first.").Wrap(err)
	case errors.Is(err, db.ErrUnique):
		return account.Conflict(err)
	case err != nil:
		return fmt.Errorf("setup: create: %w", err)
	}
	offered.CompletedAt = admin.CreatedAt
	s.done(offered)
	return nil
}

// refuse answers a wrong token and one that came too late alike. The right token is never kept waiting by those who guess.
func (s *Service) refuse(ctx context.Context) error {
	if err := s.guard.Failed(ctx); err != nil {
		return fmt.Errorf("setup: %w", err)
	}
	return problem.New(accessapi.ErrSetupRefused, "The setup token is wrong or too old. A new start of the service makes a new one once the old one is 24 h old.")
}
