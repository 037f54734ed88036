package auditverify

import (
	"context"
	"errors"
	"fmt"

	"go.uber.org/zap"

	"fxcell.dev/cells/audit/auditapi"
	"fxcell.dev/cells/audit/internal/domain"
	"fxcell.dev/cells/audit/internal/keyring"
	"fxcell.dev/cells/audit/internal/store"
	"fxcell.dev/fxcell/contract"
	"fxcell.dev/fxcell/db"
	"fxcell.dev/fxcell/log"
	"fxcell.dev/fxcell/secret"
)

// Service checks the trail.
type Service struct {
	tx       db.Transactor
	store    store.Store
	ring     *keyring.Ring
	verified contract.Publisher[auditapi.IntegrityVerified]
	log      *zap.Logger
}

// New returns a service that checks what a store holds with keys that the provider unwraps.
func New(tx db.Transactor, s store.Store, keys secret.KeyProvider, verified contract.Publisher[auditapi.IntegrityVerified], l *zap.Logger) *Service {
	return &Service{tx, s, keyring.New(s, keys), verified, l}
}

// Integrity checks every entry and the head record. The trail as it was when the call came is read outside of any transaction, which others need
// to go on; what was appended meanwhile, and the end, in the one that tells that there was a check.
func (s *Service) Integrity(ctx context.Context, _ auditapi.IntegrityRequest) (auditapi.IntegrityResponse, error) {
	v := domain.NewVerifier(s.key)
	if err := s.walk(ctx, v); err != nil {
		return auditapi.IntegrityResponse{}, err
	}
	var result domain.Result
	err := s.tx.InTx(ctx, func(ctx context.Context) error {
		var err error
		if result, err = s.finish(ctx, v); err != nil {
			return err
		}
		return s.verified.Publish(ctx, auditapi.IntegrityVerified{
			Chain: domain.ChainID, Valid: result.Valid, FirstInvalidSeq: result.Seq, EntriesChecked: result.Checked, Kind: string(result.Kind),
		})
	})
	if err != nil {
		return auditapi.IntegrityResponse{}, err
	}
	if !result.Valid {
		log.For(ctx, s.log).Error("the audit trail is not intact", zap.Int64("seq", result.Seq), zap.String("kind", string(result.Kind)))
	}
	return auditapi.IntegrityResponse{
		Valid: result.Valid, EntriesChecked: result.Checked, FirstInvalidSeq: result.Seq, Kind: string(result.Kind),
	}, nil
}

// errDone ends a walk early.
var errDone = errors.New("audit: nothing more to check")

func (s *Service) walk(ctx context.Context, v *domain.Verifier) error {
	err := s.store.Walk(ctx, v.Next(), func(r domain.Row) error {
		if v.Done() {
			return errDone
		}
		return v.Check(ctx, r)
	})
	if err != nil && !errors.Is(err, errDone) {
		return fmt.Errorf("audit: check: %w", err)
	}
	return nil
}

// finish reads the head record, which keeps others from appending, and then what is left before it.
func (s *Service) finish(ctx context.Context, v *domain.Verifier) (domain.Result, error) {
	head, found, err := s.store.Head(ctx)
	if err != nil {
		return domain.Result{}, fmt.Errorf("audit: check: %w", err)
	}
	if err := s.walk(ctx, v); err != nil {
		return domain.Result{}, err
	}
	keys, err := s.ring.Load(ctx)
	if err != nil {
		return domain.Result{}, err
	}
	return v.Finish(ctx, domain.End{Head: head, Found: found, Begun: !keys.Empty()})
}

// key opens the key with an id. Why one cannot be had is for the log alone.
func (s *Service) key(ctx context.Context, id string) (*domain.Key, error) {
	keys, err := s.ring.Load(ctx)
	if err != nil {
		return nil, err
	}
	key, err := keys.Get(ctx, id)
	if errors.Is(err, domain.ErrNoKey) {
		log.For(ctx, s.log).Error("a MAC key of the audit trail cannot be had", zap.Error(err))
	}
	return key, err
}
