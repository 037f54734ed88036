// Package keys is the ring of keys that sign access tokens: made at the first start, kept in the store with the private half wrapped.
package keys

import (
	"context"
	"crypto"
	"crypto/x509"
	"errors"
	"fmt"
	"sync"
	"time"

	"fxcell.dev/cells/access/internal/domain"
	"fxcell.dev/cells/access/internal/store"
	"fxcell.dev/fxcell/auth"
	"fxcell.dev/fxcell/clock"
	"fxcell.dev/fxcell/db"
	"fxcell.dev/fxcell/secret"
)

// Options are what a ring works with.
type Options struct {
	Algorithm string        // of the key that the first start makes
	Keep      time.Duration // how long a retired key verifies: the life of a token, the skew, and how long others cache the key set
}

// Ring signs and gives the keys that verify. It asks the store each time, so that another process's rotation is seen at once; only what a key's
// id cannot change is remembered. It is safe for concurrent use.
type Ring struct {
	tx       db.Transactor
	store    store.Keys
	provider secret.KeyProvider
	clock    clock.Clock
	options  Options

	mu      sync.Mutex
	publics map[string]auth.PublicKey
	signers map[string]crypto.Signer
}

var _ auth.KeySource = (*Ring)(nil)

// NewRing returns a ring without looking at the store: Ensure does.
func NewRing(tx db.Transactor, kept store.Keys, provider secret.KeyProvider, clk clock.Clock, o Options) *Ring {
	return &Ring{
		tx: tx, store: kept, provider: provider, clock: clk, options: o,
		publics: map[string]auth.PublicKey{}, signers: map[string]crypto.Signer{},
	}
}

// Ensure makes a key when no active one is there. Of many processes that start at once, one makes it.
func (r *Ring) Ensure(ctx context.Context) error {
	if _, err := r.active(ctx); !errors.Is(err, db.ErrNotFound) {
		return err
	}
	signer, err := generate(r.options.Algorithm)
	if err != nil {
		return fmt.Errorf("keys: generate: %w", err)
	}
	key, err := r.wrap(ctx, signer)
	if err != nil {
		return err
	}
	err = r.tx.InTx(ctx, func(ctx context.Context) error { return r.store.InsertKey(ctx, key) })
	if errors.Is(err, db.ErrUnique) {
		return nil // another process was first
	}
	if err != nil {
		return fmt.Errorf("keys: store: %w", err)
	}
	return nil
}

func (r *Ring) active(ctx context.Context) (domain.SigningKey, error) {
	all, err := r.store.Keys(ctx)
	if err != nil {
		return domain.SigningKey{}, fmt.Errorf("keys: read: %w", err)
	}
	for _, k := range all {
		if k.State == domain.KeyActive {
			return k, nil
		}
	}
	return domain.SigningKey{}, fmt.Errorf("keys: no active key: %w", db.ErrNotFound)
}

// Key implements auth.KeySource.
func (r *Ring) Key(ctx context.Context, id string) (auth.PublicKey, error) {
	k, err := r.store.Key(ctx, id)
	if errors.Is(err, db.ErrNotFound) {
		return auth.PublicKey{}, auth.ErrUnknownKey
	}
	if err != nil {
		return auth.PublicKey{}, fmt.Errorf("keys: read: %w", err)
	}
	if !k.Verifies(r.clock.Now(), r.options.Keep) {
		return auth.PublicKey{}, auth.ErrUnknownKey
	}
	return r.public(k)
}

// Keys implements auth.KeySource.
func (r *Ring) Keys(ctx context.Context) ([]auth.PublicKey, error) {
	all, err := r.store.Keys(ctx)
	if err != nil {
		return nil, fmt.Errorf("keys: read: %w", err)
	}
	now := r.clock.Now()
	var out []auth.PublicKey
	for _, k := range all {
		if !k.Verifies(now, r.options.Keep) {
			continue
		}
		p, err := r.public(k)
		if err != nil {
			return nil, err
		}
		out = append(out, p)
	}
	return out, nil
}

// public reads a stored public key, and refuses one that is weak or not what its id names.
func (r *Ring) public(k domain.SigningKey) (auth.PublicKey, error) {
	r.mu.Lock()
	known, ok := r.publics[k.ID]
	r.mu.Unlock()
	if ok && known.Algorithm == k.Algorithm {
		return known, nil
	}
	key, err := x509.ParsePKIXPublicKey(k.Public)
	if err != nil {
		return auth.PublicKey{}, fmt.Errorf("keys: key %s: %w", k.ID, err)
	}
	if err := verifyID(k, key); err != nil {
		return auth.PublicKey{}, fmt.Errorf("keys: key %s: %w", k.ID, err)
	}
	p := auth.PublicKey{ID: k.ID, Algorithm: k.Algorithm, Key: key}
	r.mu.Lock()
	r.publics[k.ID] = p
	r.mu.Unlock()
	return p, nil
}

func verifyID(k domain.SigningKey, key crypto.PublicKey) error {
	if err := check(k.Algorithm, key); err != nil {
		return err
	}
	id, err := identify(key)
	if err != nil {
		return err
	}
	if id != k.ID {
		return fmt.Errorf("%w: it has another thumbprint", ErrKey)
	}
	return nil
}

func identify(key crypto.PublicKey) (string, error) {
	members, err := NewJWK(key)
	if err != nil {
		return "", err
	}
	return members.Thumbprint()
}
