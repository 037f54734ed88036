package keys

import (
	"context"
	"crypto"
	"crypto/x509"
	"fmt"

	"fxcell.dev/cells/access/internal/domain"
)

// Signing is the key that signs now.
type Signing struct {
	ID        string
	Algorithm string
	Key       crypto.Signer
}

// Signing returns the active key, or an error when the ring has none.
func (r *Ring) Signing(ctx context.Context) (Signing, error) {
	k, err := r.active(ctx)
	if err != nil {
		return Signing{}, err
	}
	r.mu.Lock()
	signer, ok := r.signers[k.ID]
	r.mu.Unlock()
	if !ok {
		if signer, err = r.unwrap(ctx, k); err != nil {
			return Signing{}, err
		}
		r.mu.Lock()
		clear(r.signers) // only the active key is held in the clear
		r.signers[k.ID] = signer
		r.mu.Unlock()
	}
	return Signing{ID: k.ID, Algorithm: k.Algorithm, Key: signer}, nil
}

// purpose binds a wrapped key to its place: a wrapped key that is moved to another row does not open.
func purpose(id string) string { return "access/signing/" + id }

// wrap returns the key as it is stored.
func (r *Ring) wrap(ctx context.Context, signer crypto.Signer, state domain.KeyState) (domain.SigningKey, error) {
	id, err := identify(signer.Public())
	if err != nil {
		return domain.SigningKey{}, err
	}
	public, err := x509.MarshalPKIXPublicKey(signer.Public())
	if err != nil {
		return domain.SigningKey{}, fmt.Errorf("keys: encode: %w", err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(signer)
	if err != nil {
		return domain.SigningKey{}, fmt.Errorf("keys: encode: %w", err)
	}
	defer clear(private)
	wrapped, err := r.provider.Wrap(ctx, purpose(id), private)
	if err != nil {
		return domain.SigningKey{}, fmt.Errorf("keys: wrap: %w", err)
	}
	now := r.clock.Now().Truncate(domain.TimeGrain)
	k := domain.SigningKey{ID: id, Algorithm: r.options.Algorithm, Public: public, Private: wrapped, State: state, CreatedAt: now}
	if state == domain.KeyActive {
		k.ActiveAt = now
	}
	return k, nil
}

func (r *Ring) unwrap(ctx context.Context, k domain.SigningKey) (crypto.Signer, error) {
	private, err := r.provider.Unwrap(ctx, purpose(k.ID), k.Private)
	if err != nil {
		return nil, fmt.Errorf("keys: key %s: %w", k.ID, err)
	}
	defer clear(private)
	parsed, err := x509.ParsePKCS8PrivateKey(private)
	if err != nil {
		return nil, fmt.Errorf("keys: key %s: %w: it is no PKCS #8", k.ID, ErrKey) // the parser's own error may speak of the key
	}
	signer, ok := parsed.(crypto.Signer)
	if !ok {
		return nil, fmt.Errorf("keys: key %s: %w: %T", k.ID, ErrKey, parsed)
	}
	if err := verifyID(k, signer.Public()); err != nil {
		return nil, fmt.Errorf("keys: key %s: %w", k.ID, err)
	}
	return signer, nil
}
