package sessionvalidate

import (
	"context"
	"errors"
	"fmt"

	"fxcell.dev/cells/access/internal/store"
	"fxcell.dev/fxcell/auth"
	"fxcell.dev/fxcell/clock"
	"fxcell.dev/fxcell/db"
)

// Service checks sessions. It asks the store each time: what ends a session ends its tokens at once. It is safe for concurrent use.
type Service struct {
	store store.Store
	clock clock.Clock
}

var _ auth.Sessions = (*Service)(nil)

// New returns a service.
func New(kept store.Store, clk clock.Clock) *Service { return &Service{store: kept, clock: clk} }

// Check implements auth.Sessions.
func (s *Service) Check(ctx context.Context, claimed auth.Session) error {
	session, err := s.store.Session(ctx, claimed.ID)
	if err != nil {
		return verdict(err)
	}
	if session.User != claimed.User || !session.Stands(s.clock.Now()) {
		return auth.ErrRejected
	}
	user, err := s.store.User(ctx, session.User)
	if err != nil {
		return verdict(err)
	}
	if !user.MayAct() || claimed.Epoch < user.Epoch {
		return auth.ErrRejected
	}
	return nil
}

// verdict tells what is not there from what cannot be told.
func verdict(err error) error {
	if errors.Is(err, db.ErrNotFound) {
		return auth.ErrRejected
	}
	return fmt.Errorf("sessionvalidate: %w", err)
}
