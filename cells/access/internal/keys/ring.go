// Package keys is the ring of keys that sign access tokens: the first made at the first start, the further ones ahead of their time, all kept in the
// store with the private half wrapped.
package keys

import (
	"context"
	"crypto"
	"crypto/x509"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"fxcell.dev/cells/access/internal/domain"
	"fxcell.dev/cells/access/internal/store"
	"fxcell.dev/fxcell/auth"
	"fxcell.dev/fxcell/clock"
	"fxcell.dev/fxcell/db"
	"fxcell.dev/fxcell/secret"
)

// ReloadEvery is how long a ring goes by what it read: another process's rotation is seen by then.
const ReloadEvery = 30 * time.Second

// How many keys that the ring does not know make it look again before ReloadEvery: forged tokens name as many as they like.
const (
	lookBurst = 5
	lookEvery = time.Second
)

// Options are what a ring works with.
type Options struct {
	Algorithm   string        // of the keys that the ring makes
	Keep        time.Duration // how long a retired key verifies: the longest life of a token, the skew, and how long others cache the key set
	RotateEvery time.Duration // how long a key signs
	Ahead       time.Duration // how long a key is published before it signs, at least
}

// Ring signs, and gives the keys that verify. What verifies it keeps for ReloadEvery; what signs it asks the store each time. It is safe for
// concurrent use.
type Ring struct {
	tx       db.Transactor
	store    store.Keys
	provider secret.KeyProvider
	clock    clock.Clock
	options  Options
	look     *rate.Limiter
	turn     chan struct{} // held by the one call that reads

	mu      sync.Mutex
	read    snapshot
	fault   readFault
	signers map[string]crypto.Signer
}

var _ auth.KeySource = (*Ring)(nil)

// NewRing returns a ring without looking at the store: Ensure does.
func NewRing(tx db.Transactor, kept store.Keys, provider secret.KeyProvider, clk clock.Clock, o Options) *Ring {
	return &Ring{
		tx: tx, store: kept, provider: provider, clock: clk, options: o,
		look: rate.NewLimiter(rate.Every(lookEvery), lookBurst), turn: make(chan struct{}, 1),
		signers: map[string]crypto.Signer{},
	}
}

// Ensure makes a key when no active one is there. Of many processes that start at once, one makes it.
func (r *Ring) Ensure(ctx context.Context) error {
	key, err := r.active(ctx)
	if errors.Is(err, db.ErrNotFound) {
		_, err := r.add(ctx, domain.KeyActive)
		return err
	}
	if err != nil {
		return err
	}
	if _, err := r.unwrap(ctx, key); err != nil {
		return fmt.Errorf("%w: start with the key-encryption keys under which it was wrapped, or restore them", err)
	}
	return nil
}

// add makes a key and stores it in the state. It returns no id when another process was first.
func (r *Ring) add(ctx context.Context, state domain.KeyState) (id string, err error) {
	signer, err := generate(r.options.Algorithm)
	if err != nil {
		return "", fmt.Errorf("keys: generate: %w", err)
	}
	key, err := r.wrap(ctx, signer, state)
	if err != nil {
		return "", err
	}
	err = r.tx.InTx(ctx, func(ctx context.Context) error { return r.store.InsertKey(ctx, key) })
	switch {
	case errors.Is(err, db.ErrUnique):
		return "", nil
	case err != nil:
		return "", fmt.Errorf("keys: store: %w", err)
	default:
		return key.ID, nil
	}
}

func (r *Ring) active(ctx context.Context) (domain.SigningKey, error) {
	all, err := r.store.Keys(ctx)
	if err != nil {
		return domain.SigningKey{}, fmt.Errorf("keys: read: %w", err)
	}
	if k, ok := keyIn(all, domain.KeyActive); ok {
		return k, nil
	}
	return domain.SigningKey{}, fmt.Errorf("keys: no active key: %w", db.ErrNotFound)
}

func keyIn(all []domain.SigningKey, state domain.KeyState) (domain.SigningKey, bool) {
	i := slices.IndexFunc(all, func(k domain.SigningKey) bool { return k.State == state })
	if i < 0 {
		return domain.SigningKey{}, false
	}
	return all[i], true
}

// Key implements auth.KeySource. A key that the ring does not know makes it look at the store, so often and no oftener.
func (r *Ring) Key(ctx context.Context, id string) (auth.PublicKey, error) {
	read, err := r.known(ctx)
	if err != nil {
		return auth.PublicKey{}, err
	}
	if _, ok := read.keys[id]; !ok && r.look.AllowN(r.clock.Now(), 1) {
		if read, err = r.reload(ctx, read.number); err != nil {
			return auth.PublicKey{}, err
		}
	}
	k, ok := read.keys[id]
	if !ok || !k.stored.Verifies(r.clock.Now(), r.options.Keep) {
		return auth.PublicKey{}, auth.ErrUnknownKey
	}
	return k.public, k.fault
}

// Keys implements auth.KeySource. The next key is among them, so that whoever caches them knows it before it signs.
func (r *Ring) Keys(ctx context.Context) ([]auth.PublicKey, error) {
	read, err := r.known(ctx)
	if err != nil {
		return nil, err
	}
	var out []auth.PublicKey
	for _, id := range read.order {
		k := read.keys[id]
		if !k.stored.Verifies(r.clock.Now(), r.options.Keep) {
			continue
		}
		if k.fault != nil {
			return nil, k.fault
		}
		out = append(out, k.public)
	}
	return out, nil
}

// public reads a stored public key, and refuses one that is weak or not what its id names.
func public(k domain.SigningKey) (auth.PublicKey, error) {
	key, err := x509.ParsePKIXPublicKey(k.Public)
	if err != nil {
		return auth.PublicKey{}, fmt.Errorf("keys: key %s: %w", k.ID, err)
	}
	if err := verifyID(k, key); err != nil {
		return auth.PublicKey{}, fmt.Errorf("keys: key %s: %w", k.ID, err)
	}
	return auth.PublicKey{ID: k.ID, Algorithm: k.Algorithm, Key: key}, nil
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
