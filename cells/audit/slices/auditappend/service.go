package auditappend

import (
	"context"
	"errors"
	"fmt"
	"time"

	"fxcell.dev/cells/audit/internal/domain"
	"fxcell.dev/cells/audit/internal/keyring"
	"fxcell.dev/cells/audit/internal/store"
	"fxcell.dev/fxcell/clock"
	"fxcell.dev/fxcell/event"
	"fxcell.dev/fxcell/secret"
)

// ErrHead is why nothing is appended: the head record is gone or is not ours, and what is written behind it would hide that. The trail's check
// says more.
var ErrHead = errors.New("audit: the head record of the trail is gone or was altered: nothing is appended")

// Service appends entries. Its caller, the one reader of the slice, is what puts them in line.
type Service struct {
	store       store.Store
	ring        *keyring.Ring
	clock       clock.Clock
	rotateAfter time.Duration
}

// New returns a service that signs with keys wrapped by the provider.
func New(s store.Store, keys secret.KeyProvider, c clock.Clock, cfg Config) (*Service, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	return &Service{s, keyring.New(s, keys), c, cfg.WithDefaults().RotateAfter}, nil
}

// Append writes an entry for each event that has none yet, in the transaction of ctx. A payload that cannot be read gets an entry, too, so what fails is
// never an event's fault: nothing is parked, and the trail waits (policy block).
func (s *Service) Append(ctx context.Context, deliveries []event.Delivery) error {
	return event.Blocked(s.append(ctx, deliveries))
}

// Check returns why nothing could be appended: the keys of the trail cannot be opened, or its head is not the chain's.
func (s *Service) Check(ctx context.Context) error {
	head, found, err := s.store.Head(ctx)
	if err != nil {
		return fmt.Errorf("audit: check: %w", err)
	}
	keys, err := s.ring.Load(ctx)
	if err != nil || keys.Empty() {
		return err
	}
	if _, _, err := keys.Newest(ctx); err != nil {
		return fmt.Errorf("%w: start with the key-encryption keys under which it was wrapped, or restore them", err)
	}
	if err := trusted(ctx, keys, head, found); err != nil && !errors.Is(err, ErrHead) { // a broken trail is told by its check, and may have to be looked at
		return err
	}
	return nil
}

func (s *Service) append(ctx context.Context, deliveries []event.Delivery) error {
	head, found, err := s.store.Head(ctx) // first: it keeps others from appending
	if err != nil {
		return fmt.Errorf("audit: append: %w", err)
	}
	entries, err := s.missing(ctx, deliveries)
	if err != nil || len(entries) == 0 {
		return err
	}
	keys, err := s.ring.Load(ctx)
	if err != nil {
		return err
	}
	if err := trusted(ctx, keys, head, found); err != nil {
		return err
	}
	chain, rows, err := s.open(ctx, keys, head)
	if err != nil {
		return err
	}
	for _, e := range entries {
		e.Time = s.clock.Now()
		row, err := chain.Add(e)
		if err != nil {
			return err
		}
		rows = append(rows, row)
	}
	return s.store.Append(ctx, rows, chain.Head())
}

// missing returns the entries of the events that the chain does not hold, each once.
func (s *Service) missing(ctx context.Context, deliveries []event.Delivery) ([]domain.Entry, error) {
	ids := make([]string, 0, len(deliveries))
	for _, d := range deliveries {
		ids = append(ids, domain.Text(d.ID))
	}
	known, err := s.store.Known(ctx, ids)
	if err != nil {
		return nil, fmt.Errorf("audit: append: %w", err)
	}
	taken := make(map[string]bool, len(ids))
	var out []domain.Entry
	for i, d := range deliveries {
		if id := ids[i]; !known[id] && !taken[id] {
			taken[id] = true
			out = append(out, entryOf(d))
		}
	}
	return out, nil
}

// trusted refuses to go on behind a head record that is not the chain's.
func trusted(ctx context.Context, keys *keyring.Set, head domain.Head, found bool) error {
	if !found {
		if keys.Empty() {
			return nil // the very first entry
		}
		return ErrHead
	}
	key, err := keys.Get(ctx, head.KeyID)
	if err != nil {
		return fmt.Errorf("audit: append: key of the head record: %w", err)
	}
	if !head.Authentic(key) {
		return ErrHead
	}
	return nil
}

// open returns the chain to go on with, signed with a key that is not too old. Changing the key is an entry of its own, the new key's first.
func (s *Service) open(ctx context.Context, keys *keyring.Set, head domain.Head) (*domain.Chain, []domain.Row, error) {
	now := s.clock.Now()
	if keys.Empty() {
		key, err := keys.Add(ctx, now)
		return domain.Extend(head, key), nil, err
	}
	old, since, err := keys.Newest(ctx)
	if err != nil {
		return nil, nil, fmt.Errorf("audit: append: %w", err)
	}
	if now.Sub(since) < s.rotateAfter {
		return domain.Extend(head, old), nil, nil
	}
	key, err := keys.Add(ctx, now)
	if err != nil {
		return nil, nil, err
	}
	chain := domain.Extend(head, key)
	row, err := chain.Add(rotation(old, key, now))
	return chain, []domain.Row{row}, err
}
