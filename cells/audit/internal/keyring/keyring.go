// Package keyring makes, wraps and opens the MAC keys of the audit trail.
package keyring

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"fxcell.dev/cells/audit/internal/domain"
	"fxcell.dev/cells/audit/internal/store"
	"fxcell.dev/fxcell/secret"
)

// Ring is the keys of the trail, which lie wrapped in its store. It is safe for concurrent use.
type Ring struct {
	store    store.Store
	provider secret.KeyProvider

	mu     sync.Mutex
	opened map[int64]opened
}

// opened is a key that was unwrapped before, and what it was unwrapped from: a stored key that changed is never answered from here.
type opened struct {
	wrapped secret.Wrapped
	secret  []byte
}

// New returns the keys that lie in a store.
func New(s store.Store, p secret.KeyProvider) *Ring {
	return &Ring{store: s, provider: p, opened: map[int64]opened{}}
}

// Set is the keys as they were when they were loaded. It is used by one goroutine.
type Set struct {
	ring *Ring
	keys []store.Key
}

// Load reads which keys there are. Nothing is unwrapped yet.
func (r *Ring) Load(ctx context.Context) (*Set, error) {
	keys, err := r.store.Keys(ctx)
	if err != nil {
		return nil, fmt.Errorf("audit: load keys: %w", err)
	}
	return &Set{r, keys}, nil
}

// Empty reports whether no key was ever made.
func (s *Set) Empty() bool { return len(s.keys) == 0 }

// Get returns the key with the id. One that does not exist or cannot be unwrapped, for whatever reason, is domain.ErrNoKey: nothing that was
// signed with it may pass for checked.
func (s *Set) Get(ctx context.Context, id string) (*domain.Key, error) {
	for _, k := range s.keys {
		if domain.KeyID(k.Number) != id {
			continue
		}
		key, err := s.ring.open(ctx, k)
		if err != nil && ctx.Err() == nil {
			return nil, fmt.Errorf("%w: %w", domain.ErrNoKey, err)
		}
		return key, err
	}
	return nil, domain.ErrNoKey
}

// Newest returns the key that signs, and when it was made. There is none in an Empty set: domain.ErrNoKey.
func (s *Set) Newest(ctx context.Context) (*domain.Key, time.Time, error) {
	if s.Empty() {
		return nil, time.Time{}, domain.ErrNoKey
	}
	k := s.keys[len(s.keys)-1]
	key, err := s.ring.open(ctx, k)
	return key, k.CreatedAt, err
}

// Add makes the next key, in the transaction of ctx. From its commit on it is the newest.
func (s *Set) Add(ctx context.Context, now time.Time) (*domain.Key, error) {
	k := store.Key{Number: 1, CreatedAt: now}
	if !s.Empty() {
		k.Number = s.keys[len(s.keys)-1].Number + 1
	}
	material := domain.NewSecret()
	wrapped, err := s.ring.provider.Wrap(ctx, domain.KeyID(k.Number), material)
	if err != nil {
		return nil, fmt.Errorf("audit: wrap key %d: %w", k.Number, err)
	}
	k.Wrapped = wrapped
	if err := s.ring.store.AddKey(ctx, k); err != nil {
		return nil, err
	}
	s.keys = append(s.keys, k)
	return domain.NewKey(k.Number, material)
}

func (r *Ring) open(ctx context.Context, k store.Key) (*domain.Key, error) {
	r.mu.Lock()
	known, ok := r.opened[k.Number]
	r.mu.Unlock()
	if ok && known.wrapped.KeyID == k.Wrapped.KeyID && bytes.Equal(known.wrapped.Data, k.Wrapped.Data) {
		return domain.NewKey(k.Number, known.secret)
	}
	material, err := r.provider.Unwrap(ctx, domain.KeyID(k.Number), k.Wrapped)
	if err != nil {
		return nil, fmt.Errorf("audit: unwrap key %d: %w", k.Number, err)
	}
	key, err := domain.NewKey(k.Number, material)
	if err != nil {
		return nil, errors.Join(err, secret.ErrUnwrap)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.opened[k.Number] = opened{secret.Wrapped{KeyID: k.Wrapped.KeyID, Data: bytes.Clone(k.Wrapped.Data)}, material}
	return key, nil
}
