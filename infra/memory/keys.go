package memory

import (
	"context"
	"crypto/rand"
	"fmt"

	"fxcell.dev/fxcell/durability"
	"fxcell.dev/fxcell/health"
	"fxcell.dev/fxcell/secret"
	"fxcell.dev/fxcell/secret/keyring"
)

// keys wraps keys under a key-encryption key of this process.
type keys struct{ ring *keyring.Ring }

var _ secret.KeyProvider = (*keys)(nil)

func newKeys() (*keys, error) {
	ring, err := keyring.New(keyring.Generate("memory/" + rand.Text()))
	if err != nil {
		return nil, fmt.Errorf("memory: make a key-encryption key: %w", err)
	}
	return &keys{ring}, nil
}

// Durability is Volatile: what was wrapped cannot be unwrapped by another process.
func (*keys) Durability() durability.Grade { return durability.Volatile }

// Wrap implements secret.KeyProvider.
func (k *keys) Wrap(_ context.Context, purpose string, key []byte) (secret.Wrapped, error) {
	return k.ring.Wrap(purpose, key), nil
}

// Unwrap implements secret.KeyProvider.
func (k *keys) Unwrap(_ context.Context, purpose string, w secret.Wrapped) ([]byte, error) {
	return k.ring.Unwrap(purpose, w)
}

func (k *keys) check() health.Check {
	return health.Check{Name: module + "/keys", Critical: true, Probe: func(context.Context) error { return k.ring.Check() }}
}
