package sessionlogout

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"fxcell.dev/cells/access/accessapi"
	"fxcell.dev/cells/access/internal/domain"
	"fxcell.dev/cells/access/internal/store"
	"fxcell.dev/fxcell/auth"
	"fxcell.dev/fxcell/clock"
	"fxcell.dev/fxcell/contract"
	"fxcell.dev/fxcell/db"
	"fxcell.dev/fxcell/problem"
)

// Service ends sessions. It is safe for concurrent use.
type Service struct {
	tx      db.Transactor
	store   store.Store
	revoked contract.Publisher[accessapi.SessionRevoked]
	clock   clock.Clock
}

// New returns a service.
func New(tx db.Transactor, kept store.Store, revoked contract.Publisher[accessapi.SessionRevoked], clk clock.Clock) *Service {
	return &Service{tx: tx, store: kept, revoked: revoked, clock: clk}
}

// Delete serves accessapi.SessionDeleteV1. A session that is not the caller's is answered like one that does not exist or has ended.
func (s *Service) Delete(ctx context.Context, req accessapi.SessionDeleteRequest) (accessapi.SessionDeleteResponse, error) {
	caller, _ := auth.PrincipalOf(ctx)
	err := s.tx.InTx(ctx, func(ctx context.Context) error {
		session, err := s.store.Session(ctx, req.ID)
		if err != nil {
			return err
		}
		now := s.clock.Now().Truncate(domain.TimeGrain)
		if !mayEnd(caller, session) || !session.Stands(now) {
			return db.ErrNotFound
		}
		if err := s.store.RevokeSession(ctx, session.ID, now); err != nil {
			return err
		}
		return s.revoked.Publish(ctx, accessapi.SessionRevoked{SessionID: session.ID, UserID: session.User})
	})
	if errors.Is(err, db.ErrNotFound) {
		return accessapi.SessionDeleteResponse{}, problem.New(accessapi.ErrSessionNotFound, "You have no open session with this id.")
	}
	if err != nil {
		return accessapi.SessionDeleteResponse{}, fmt.Errorf("sessionlogout: %w", err)
	}
	return accessapi.SessionDeleteResponse{}, nil
}

func mayEnd(caller auth.Principal, session domain.Session) bool {
	own := caller.Kind == auth.User && caller.ID == session.User
	return own || slices.Contains(caller.Roles, domain.RoleAdmin)
}
