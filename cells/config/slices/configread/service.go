package configread

import (
	"context"
	"fmt"

	"fxcell.dev/cells/config/configapi"
	"fxcell.dev/cells/config/internal/domain"
	"fxcell.dev/cells/config/internal/store"
	"fxcell.dev/fxcell/page"
)

// maxPageBytes is how much the values of a page may hold together.
const maxPageBytes = 4 << 20

// Service shows settings.
type Service struct{ settings store.Store }

// New returns the service.
func New(settings store.Store) *Service { return &Service{settings} }

// Get shows a setting.
func (s *Service) Get(ctx context.Context, req configapi.GetRequest) (configapi.GetResponse, error) {
	e, err := s.settings.Get(ctx, req.Key)
	if err != nil {
		return configapi.GetResponse{}, fail("get", err)
	}
	return configapi.GetResponse{ETag: domain.ETag(e.Version), Entry: e.Shown()}, nil
}

// List shows settings in the order of their keys.
func (s *Service) List(ctx context.Context, req configapi.ListRequest) (configapi.ListResponse, error) {
	after, err := req.After()
	if err != nil {
		return configapi.ListResponse{}, fail("list", err)
	}
	if after != "" && !domain.ValidKey(after) {
		return configapi.ListResponse{}, fail("list", page.Foreign())
	}
	size := req.Size()
	found, err := s.settings.List(ctx, store.Query{Prefix: req.Prefix, After: after, Limit: size + 1})
	if err != nil {
		return configapi.ListResponse{}, fail("list", err)
	}
	items, bytes := make([]configapi.Entry, 0, len(found)), 0
	for i, e := range found {
		items = append(items, e.Shown())
		if bytes += len(items[i].Value); bytes > maxPageBytes && i > 0 {
			size = min(size, i) // the page ends before this one
			break
		}
	}
	return configapi.ListResponse{Page: page.Of(items, size, func(e configapi.Entry) string { return e.Key })}, nil
}

func fail(doing string, err error) error {
	return fmt.Errorf("configread: %s: %w", doing, domain.ProblemOf(err))
}
