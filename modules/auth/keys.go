package auth

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"errors"

	"github.com/MicahParks/jwkset"
	"github.com/golang-jwt/jwt/v5"

	port "fxcell.dev/fxcell/auth"
)

var (
	errUnfit    = errors.New("it gave a key that is too weak, or does not fit its id or algorithm")
	errReadOnly = errors.New("keys are written by their source only")
)

// sourceError is a fault of the key source, never of a caller.
type sourceError struct{ cause error }

func (e *sourceError) Error() string { return "the key source fails: " + e.cause.Error() }

func (e *sourceError) Unwrap() error { return e.cause }

// algorithm is one signature algorithm and the keys that may be used with it.
type algorithm struct {
	method jwt.SigningMethod
	fits   func(key crypto.PublicKey) bool
}

// algorithms are those that a key may have. None of them is symmetric: a public key is no shared secret.
var algorithms = map[string]algorithm{
	"RS256": {jwt.SigningMethodRS256, isStrongRSA},
	"ES256": {jwt.SigningMethodES256, isP256},
	"EdDSA": {jwt.SigningMethodEdDSA, isEd25519},
}

const (
	minRSA      = 2048 // bits
	rsaExponent = 65537
)

func isStrongRSA(key crypto.PublicKey) bool {
	k, ok := key.(*rsa.PublicKey)
	return ok && k != nil && k.N != nil && k.N.BitLen() >= minRSA && k.E == rsaExponent
}

func isP256(key crypto.PublicKey) bool {
	k, ok := key.(*ecdsa.PublicKey)
	return ok && k != nil && k.Curve == elliptic.P256()
}

func isEd25519(key crypto.PublicKey) bool {
	k, ok := key.(ed25519.PublicKey)
	return ok && len(k) == ed25519.PublicKeySize
}

// storage shows a key source to keyfunc. It keeps nothing, so a key that was rotated in or out is so at once, and a key that does not exist
// costs one look at the source.
type storage struct{ source port.KeySource }

var _ jwkset.Storage = storage{}

// KeyRead returns the key with the id. Its error wraps auth.ErrUnknownKey, or is a *sourceError.
func (s storage) KeyRead(ctx context.Context, id string) (jwkset.JWK, error) {
	key, err := s.source.Key(ctx, id)
	switch {
	case errors.Is(err, port.ErrUnknownKey):
		return jwkset.JWK{}, errors.Join(jwkset.ErrKeyNotFound, port.ErrUnknownKey)
	case err != nil:
		return jwkset.JWK{}, &sourceError{err}
	case key.ID != id:
		return jwkset.JWK{}, &sourceError{errUnfit}
	default:
		return asJWK(key)
	}
}

// KeyReadAll returns every key of the source.
func (s storage) KeyReadAll(ctx context.Context) ([]jwkset.JWK, error) {
	keys, err := s.source.Keys(ctx)
	if err != nil {
		return nil, &sourceError{err}
	}
	out := make([]jwkset.JWK, 0, len(keys))
	for _, key := range keys {
		jwk, err := asJWK(key)
		if err != nil {
			return nil, err
		}
		out = append(out, jwk)
	}
	return out, nil
}

func asJWK(key port.PublicKey) (jwkset.JWK, error) {
	a, ok := algorithms[key.Algorithm]
	if !ok || !a.fits(key.Key) {
		return jwkset.JWK{}, &sourceError{errUnfit}
	}
	jwk, err := jwkset.NewJWKFromKey(key.Key, jwkset.JWKOptions{
		Metadata: jwkset.JWKMetadataOptions{ALG: jwkset.ALG(key.Algorithm), KID: key.ID, USE: jwkset.UseSig},
		Validate: jwkset.JWKValidateOptions{SkipAll: true}, // it holds what was just made against itself
	})
	if err != nil {
		return jwkset.JWK{}, &sourceError{err}
	}
	return jwk, nil
}

// KeyDelete is refused.
func (storage) KeyDelete(context.Context, string) (bool, error) { return false, errReadOnly }

// KeyReplaceAll is refused.
func (storage) KeyReplaceAll(context.Context, []jwkset.JWK) error { return errReadOnly }

// KeyWrite is refused.
func (storage) KeyWrite(context.Context, jwkset.JWK) error { return errReadOnly }

// snapshot copies the keys of the moment: the rest of the interface writes them down in some form.
func (s storage) snapshot(ctx context.Context) (*jwkset.MemoryJWKSet, error) {
	keys, err := s.KeyReadAll(ctx)
	if err != nil {
		return nil, err
	}
	set := jwkset.NewMemoryStorage()
	return set, set.KeyReplaceAll(ctx, keys)
}
