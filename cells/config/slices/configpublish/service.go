package configpublish

import (
	"context"
	"errors"
	"fmt"

	"fxcell.dev/cells/config/configapi"
	"fxcell.dev/cells/config/internal/domain"
	"fxcell.dev/cells/config/internal/store"
	"fxcell.dev/fxcell/clock"
	"fxcell.dev/fxcell/contract"
	"fxcell.dev/fxcell/db"
	"fxcell.dev/fxcell/problem"
)

// Service publishes versions of settings and takes earlier ones up again. Each change is one transaction with one event.
type Service struct {
	tx         db.Transactor
	settings   store.Store
	clock      clock.Clock
	changed    contract.Publisher[configapi.Changed]
	rolledBack contract.Publisher[configapi.RolledBack]
}

// New returns the service.
func New(
	tx db.Transactor, settings store.Store, clk clock.Clock,
	changed contract.Publisher[configapi.Changed], rolledBack contract.Publisher[configapi.RolledBack],
) *Service {
	return &Service{tx: tx, settings: settings, clock: clk, changed: changed, rolledBack: rolledBack}
}

// Publish publishes the current version of a setting. A version that is published already keeps its publication: the answer to a repeated
// request is the same, and nothing happens a second time.
func (s *Service) Publish(ctx context.Context, req configapi.PublishRequest) (configapi.PublishResponse, error) {
	match, err := domain.ParseMatch(req.IfMatch)
	if err != nil {
		return configapi.PublishResponse{}, fail("publish", err)
	}
	var publication domain.Publication
	err = s.tx.InTx(ctx, func(ctx context.Context) error {
		entry, err := store.Matching(ctx, s.settings, req.Key, match)
		if err != nil {
			return err
		}
		publication, err = s.settings.Publication(ctx, req.Key)
		switch {
		case err == nil && publication.Version == entry.Version:
			return nil
		case err != nil && !errors.Is(err, db.ErrNotFound):
			return err
		}
		if publication, err = entry.Publish(s.clock.Now()); err != nil {
			return err
		}
		if publication, err = s.settings.Publish(ctx, publication); err != nil {
			return err
		}
		return s.changed.Publish(ctx, publication.Published())
	})
	if err != nil {
		return configapi.PublishResponse{}, fail("publish", err)
	}
	return publication.Shown(), nil
}

// Rollback makes the next version of a setting with the value of an earlier one.
func (s *Service) Rollback(ctx context.Context, req configapi.RollbackRequest) (configapi.RollbackResponse, error) {
	match, err := domain.ParseMatch(req.IfMatch)
	if err != nil {
		return configapi.RollbackResponse{}, fail("roll back", err)
	}
	var entry domain.Entry
	err = s.tx.InTx(ctx, func(ctx context.Context) error {
		was, err := store.Matching(ctx, s.settings, req.Key, match)
		if err != nil {
			return err
		}
		target, err := s.settings.Version(ctx, req.Key, req.Version)
		if errors.Is(err, db.ErrNotFound) {
			return problem.New(configapi.ErrVersionNotFound, "The setting has no such version, or keeps it no longer.").Wrap(err)
		}
		if err != nil {
			return err
		}
		if entry, err = was.RollBack(target, s.clock.Now()); err != nil {
			return err
		}
		if err := s.settings.Update(ctx, entry); err != nil {
			return err
		}
		return s.rolledBack.Publish(ctx, entry.RolledBack())
	})
	if err != nil {
		return configapi.RollbackResponse{}, fail("roll back", err)
	}
	return configapi.RollbackResponse{ETag: domain.ETag(entry.Version), Entry: entry.Shown()}, nil
}

func fail(doing string, err error) error {
	return fmt.Errorf("configpublish: %s: %w", doing, domain.ProblemOf(err))
}
