package identitymanage

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"fxcell.dev/cells/access/accessapi"
	"fxcell.dev/cells/access/internal/account"
	"fxcell.dev/cells/access/internal/store"
	"fxcell.dev/fxcell/auth"
	"fxcell.dev/fxcell/contract"
	"fxcell.dev/fxcell/db"
	"fxcell.dev/fxcell/problem"
)

// Service manages users. It is safe for concurrent use.
type Service struct {
	tx      db.Transactor
	store   store.Store
	maker   *account.Maker
	created contract.Publisher[accessapi.UserCreated]
}

// New returns a service.
func New(tx db.Transactor, kept store.Store, maker *account.Maker, created contract.Publisher[accessapi.UserCreated]) *Service {
	return &Service{tx: tx, store: kept, maker: maker, created: created}
}

// Create serves accessapi.UserCreateV1. Nobody grants a role that they do not hold.
func (s *Service) Create(ctx context.Context, req accessapi.UserCreateRequest) (accessapi.UserCreateResponse, error) {
	caller, _ := auth.PrincipalOf(ctx)
	if slices.ContainsFunc(req.Roles, func(role string) bool { return !slices.Contains(caller.Roles, role) }) {
		return accessapi.UserCreateResponse{}, problem.New(problem.Forbidden, "You can grant only roles that you hold.")
	}
	user, err := s.maker.Make(ctx, account.Draft{
		Username: req.Username, Email: req.Email, Password: req.Password, ResetRequired: req.RequirePasswordReset, Roles: req.Roles,
	})
	if err != nil {
		return accessapi.UserCreateResponse{}, err
	}
	err = s.tx.InTx(ctx, func(ctx context.Context) error {
		if err := s.store.InsertUser(ctx, user); err != nil {
			return err
		}
		return s.created.Publish(ctx, accessapi.UserCreated{UserID: user.ID, Username: user.Username.Text})
	})
	if err != nil {
		return accessapi.UserCreateResponse{}, fmt.Errorf("identitymanage: create: %w", account.Conflict(err))
	}
	return accessapi.UserCreateResponse{User: account.View(user)}, nil
}

// Get serves accessapi.UserGetV1.
func (s *Service) Get(ctx context.Context, req accessapi.UserGetRequest) (accessapi.UserGetResponse, error) {
	user, err := s.store.User(ctx, req.ID)
	if errors.Is(err, db.ErrNotFound) {
		return accessapi.UserGetResponse{}, problem.New(accessapi.ErrUserNotFound, "No user has this id.")
	}
	if err != nil {
		return accessapi.UserGetResponse{}, fmt.Errorf("identitymanage: get: %w", err)
	}
	return accessapi.UserGetResponse{User: account.View(user)}, nil
}
