package setup

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.uber.org/zap"

	"fxcell.dev/cells/access/internal/domain"
	"fxcell.dev/cells/access/internal/tokenfile"
	"fxcell.dev/fxcell/db"
	"fxcell.dev/fxcell/secret"
)

// offerAttempts is how often a start looks again after another process was faster. Each time that one got something done.
const offerAttempts = 5

// keeping is how the token of a setup that outlives the process reaches its administrator.
type keeping struct {
	file  *tokenfile.File
	renew bool // replaces an offer whose token the file does not hold
	log   *zap.Logger
}

// KeepIn makes Start write the token into the file, instead of keeping it for Token. With renew it also replaces an offer that is still good, unless
// the file holds its token. It is called before Start.
func (s *Service) KeepIn(file *tokenfile.File, renew bool, log *zap.Logger) {
	s.kept = &keeping{file: file, renew: renew, log: log}
}

// Start makes a token when no administrator was ever created and none is waiting for its token. Only a hash of it is stored. Of many processes that
// start at once, one makes it.
func (s *Service) Start(ctx context.Context) error {
	err := db.ErrStale
	for range offerAttempts {
		if err = s.offer(ctx); !errors.Is(err, db.ErrStale) {
			break
		}
	}
	if err != nil {
		return fmt.Errorf("setup: offer: %w", err)
	}
	return nil
}

// offer returns db.ErrStale when another process changed the setup meanwhile.
func (s *Service) offer(ctx context.Context) error {
	before, err := s.store.Setup(ctx)
	if err != nil && !errors.Is(err, db.ErrNotFound) {
		return err
	}
	now := s.clock.Now()
	switch {
	case before.Completed():
		s.done(before)
		return nil
	case before.Open(now) && !s.replaces(before):
		s.waits(before, "")
		return nil
	}
	offered, token := domain.NewSetup(now)
	err = s.tx.InTx(ctx, func(ctx context.Context) error {
		if err := s.store.OfferSetup(ctx, offered, before); err != nil {
			return err
		}
		if s.kept == nil {
			return nil
		}
		// Now that no other process can offer, and before this offer counts: whatever ends this process, no offer counts whose token nobody can
		// read. A token without its offer is worth nothing, and the next start writes over it.
		return s.kept.write(token)
	})
	if err != nil {
		return err
	}
	s.waits(offered, token)
	return nil
}

// replaces reports whether an offer that is still good is to be replaced.
func (s *Service) replaces(before domain.Setup) bool {
	return s.kept != nil && s.kept.renew && !s.kept.file.Holds(before.TokenHash)
}

// waits notes that the setup waits for its token, which is empty when another process made it.
func (s *Service) waits(offered domain.Setup, token string) {
	if s.kept != nil {
		s.kept.tell(offered)
		token = ""
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.setup, s.token = offered, secret.NewText(token)
}

// done notes that the setup is completed, and forgets the token.
func (s *Service) done(completed domain.Setup) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.setup.Completed() {
		return
	}
	s.setup, s.token = completed, secret.Text{}
	if s.kept != nil {
		s.kept.remove(completed)
	}
}

// Token returns whether the setup waits for its token, and the token when this process made and shows it: for the start-up notice, and nothing else.
func (s *Service) Token() (token string, open bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.setup.Open(s.clock.Now()) {
		return "", false
	}
	return s.token.Reveal(), true
}

func (k *keeping) write(token string) error {
	if err := k.file.Write(token); err != nil {
		return fmt.Errorf("write the setup token: %w: set access.setup_token_file, in the file or FXCELL_ACCESS__SETUP_TOKEN_FILE, to where this process may write", err)
	}
	return nil
}

// tell logs where the token is.
func (k *keeping) tell(offered domain.Setup) {
	at := []zap.Field{ // a day away: the date belongs to it, which a console leaves out of times
		zap.String("file", k.file.Path()), zap.String("expires_at", offered.ExpiresAt.Format(time.RFC3339)),
	}
	if k.file.Holds(offered.TokenHash) {
		k.log.Info("the first administrator is to be set up with the token in the file", at...)
		return
	}
	k.log.Info("the first administrator is to be set up with a token that another process wrote; "+
		"if it is lost, start one process once with access.setup_renew, or start one after the token has expired", at...)
}

// remove clears away a token that is worth nothing any more.
func (k *keeping) remove(completed domain.Setup) {
	if err := k.file.Remove(completed.TokenHash); err != nil {
		k.log.Warn("the setup is done, but the file of its token is still there", zap.String("file", k.file.Path()), zap.Error(err))
	}
}
