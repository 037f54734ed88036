package keyrotate

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"go.uber.org/zap"

	"fxcell.dev/cells/access/internal/keys"
)

const (
	// settle is how long a start is left alone: making a key takes a processor for a while, and the app is to be ready first.
	settle = 10 * time.Second
	// spread is added to it, at random, so that processes that start together do not all make a key.
	spread = 5 * time.Second
	// every is how often the ring is looked at.
	every = 15 * time.Minute
)

// Service rotates the keys.
type Service struct {
	ring *keys.Ring
	log  *zap.Logger
}

// New returns a service.
func New(ring *keys.Ring, log *zap.Logger) *Service { return &Service{ring: ring, log: log} }

// Run rotates until ctx ends: for the first time a while after the start, and then every quarter of an hour.
func (s *Service) Run(ctx context.Context) error {
	wait := time.NewTimer(settle + rand.N(spread)) //nolint:gosec // nothing secret: it only keeps processes apart
	defer wait.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-wait.C:
		}
		round, err := s.ring.Rotate(ctx)
		s.tell(round)
		if err != nil {
			return fmt.Errorf("keyrotate: %w", err)
		}
		wait.Reset(every)
	}
}

// tell logs what a round changed. The id of a key is as public as its public half.
func (s *Service) tell(round keys.Round) {
	if round.Made != "" {
		s.log.Info("made the next signing key", zap.String("kid", round.Made))
	}
	if round.Promoted != "" {
		s.log.Info("rotated the signing key", zap.String("kid", round.Promoted), zap.String("retired", round.Retired))
	}
	if round.Purged > 0 {
		s.log.Info("forgot retired signing keys", zap.Int("keys", round.Purged))
	}
}
