package accesstest

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"

	"fxcell.dev/fxcell/durability"
	"fxcell.dev/fxcell/secret"
)

// KeyProvider wraps keys under a key of its own.
type KeyProvider struct{ aead cipher.AEAD }

var _ secret.KeyProvider = (*KeyProvider)(nil)

// NewKeyProvider returns a provider with a new key.
func NewKeyProvider() *KeyProvider {
	key := make([]byte, 32)
	_, _ = rand.Read(key) // never fails
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return nil
	}
	return &KeyProvider{aead}
}

// Durability implements durability.Stated.
func (*KeyProvider) Durability() durability.Grade { return durability.Volatile }

// Wrap implements secret.KeyProvider.
func (p *KeyProvider) Wrap(_ context.Context, purpose string, key []byte) (secret.Wrapped, error) {
	return secret.Wrapped{KeyID: "test", Data: p.aead.Seal(nil, nil, key, []byte(purpose))}, nil
}

// Unwrap implements secret.KeyProvider.
func (p *KeyProvider) Unwrap(_ context.Context, purpose string, w secret.Wrapped) ([]byte, error) {
	if w.KeyID != "test" {
		return nil, secret.ErrUnknownKey
	}
	key, err := p.aead.Open(nil, nil, w.Data, []byte(purpose))
	if err != nil {
		return nil, secret.ErrUnwrap
	}
	return key, nil
}
