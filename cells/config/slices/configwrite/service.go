package configwrite

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
)

// Service creates, changes and deletes settings. Each change is one transaction with one event.
type Service struct {
	tx       db.Transactor
	settings store.Store
	clock    clock.Clock
	changed  contract.Publisher[configapi.Changed]
}

// New returns the service.
func New(tx db.Transactor, settings store.Store, clk clock.Clock, changed contract.Publisher[configapi.Changed]) *Service {
	return &Service{tx: tx, settings: settings, clock: clk, changed: changed}
}

// Create creates a setting.
func (s *Service) Create(ctx context.Context, req configapi.WriteRequest) (configapi.WriteResponse, error) {
	entry, err := domain.Create(domain.Draft{
		Rules: domain.Rules{Type: domain.Type(req.Type), Schema: string(req.Schema), Sensitive: req.Sensitive},
		Key:   req.Key, Value: req.Value,
	}, s.clock.Now())
	if err != nil {
		return configapi.WriteResponse{}, fail("create", err)
	}
	err = s.tx.InTx(ctx, func(ctx context.Context) error {
		var err error
		if entry, err = s.settings.Insert(ctx, entry); err != nil {
			return err
		}
		return s.changed.Publish(ctx, entry.Created())
	})
	switch {
	case errors.Is(err, db.ErrUnique) && req.IfNoneMatch != "":
		return configapi.WriteResponse{}, fail("create", domain.Stale().Wrap(err)) // RFC 9110 section 13.1.2
	case err != nil:
		return configapi.WriteResponse{}, fail("create", err)
	default:
		return configapi.WriteResponse{
			ETag: domain.ETag(entry.Version), Location: configapi.WriteV1.Path + entry.Key, Entry: entry.Shown(),
		}, nil
	}
}

// Update makes the next version of a setting.
func (s *Service) Update(ctx context.Context, req configapi.UpdateRequest) (configapi.UpdateResponse, error) {
	match, err := domain.RequireMatch(req.IfMatch)
	if err != nil {
		return configapi.UpdateResponse{}, fail("update", err)
	}
	change := domain.Change{Value: req.Value, Sensitive: req.Sensitive, Type: domain.Type(req.Type), Schema: string(req.Schema)}
	var entry domain.Entry
	err = s.tx.InTx(ctx, func(ctx context.Context) error {
		was, err := store.Matching(ctx, s.settings, req.Key, match)
		if err != nil {
			return err
		}
		if entry, err = was.Change(change, s.clock.Now()); err != nil {
			return err
		}
		if err := s.settings.Update(ctx, entry); err != nil {
			return err
		}
		return s.changed.Publish(ctx, entry.Updated())
	})
	if err != nil {
		return configapi.UpdateResponse{}, fail("update", err)
	}
	return configapi.UpdateResponse{ETag: domain.ETag(entry.Version), Entry: entry.Shown()}, nil
}

// Delete deletes a setting with its history.
func (s *Service) Delete(ctx context.Context, req configapi.DeleteRequest) (configapi.DeleteResponse, error) {
	match, err := domain.RequireMatch(req.IfMatch)
	if err != nil {
		return configapi.DeleteResponse{}, fail("delete", err)
	}
	err = s.tx.InTx(ctx, func(ctx context.Context) error {
		was, err := store.Matching(ctx, s.settings, req.Key, match)
		if err != nil {
			return err
		}
		if err := s.settings.Delete(ctx, req.Key); err != nil {
			return err
		}
		return s.changed.Publish(ctx, was.Deleted())
	})
	if err != nil {
		return configapi.DeleteResponse{}, fail("delete", err)
	}
	return configapi.DeleteResponse{}, nil
}

func fail(doing string, err error) error {
	return fmt.Errorf("configwrite: %s: %w", doing, domain.ProblemOf(err))
}
