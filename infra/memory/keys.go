package memory

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/hex"
	"fmt"

	"fxcell.dev/fxcell/durability"
	"fxcell.dev/fxcell/health"
	"fxcell.dev/fxcell/secret"
)

// keys wraps keys under a key-encryption key of this process, by AES-256-GCM with a random nonce in front of what it encrypts.
type keys struct {
	id   string
	aead cipher.AEAD
}

var _ secret.KeyProvider = (*keys)(nil)

func newKeys() (*keys, error) {
	random := make([]byte, 32+8)
	if _, err := rand.Read(random); err != nil {
		return nil, fmt.Errorf("memory: make a key-encryption key: %w", err)
	}
	block, err := aes.NewCipher(random[:32])
	if err != nil {
		return nil, fmt.Errorf("memory: make a key-encryption key: %w", err)
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return nil, fmt.Errorf("memory: make a key-encryption key: %w", err)
	}
	return &keys{"memory/" + hex.EncodeToString(random[32:]), aead}, nil
}

// Durability is Volatile: what was wrapped cannot be unwrapped by another process.
func (*keys) Durability() durability.Grade { return durability.Volatile }

// Wrap implements secret.KeyProvider.
func (k *keys) Wrap(_ context.Context, purpose string, key []byte) (secret.Wrapped, error) {
	return secret.Wrapped{KeyID: k.id, Data: k.aead.Seal(nil, nil, key, k.bound(purpose))}, nil
}

// Unwrap implements secret.KeyProvider.
func (k *keys) Unwrap(_ context.Context, purpose string, w secret.Wrapped) ([]byte, error) {
	if w.KeyID != k.id {
		return nil, secret.ErrUnknownKey
	}
	key, err := k.aead.Open(nil, nil, w.Data, k.bound(purpose))
	if err != nil {
		return nil, secret.ErrUnwrap
	}
	return key, nil
}

// bound is what a wrapped key is bound to beside the key-encryption key itself. The id has a fixed length, so no two pairs look alike.
func (k *keys) bound(purpose string) []byte { return []byte(k.id + purpose) }

func (k *keys) check() health.Check {
	return health.Check{Name: module + "/keys", Critical: true, Probe: func(ctx context.Context) error {
		w, err := k.Wrap(ctx, "check", []byte("check"))
		if err != nil {
			return err
		}
		_, err = k.Unwrap(ctx, "check", w)
		return err
	}}
}
