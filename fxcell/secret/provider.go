package secret

import (
	"context"
	"errors"

	"fxcell.dev/fxcell/durability"
)

// KeyProvider wraps the keys that cells make (signing keys, MAC keys) under a key-encryption key that never leaves it. It is safe for
// concurrent use.
type KeyProvider interface {
	durability.Stated
	// Wrap encrypts key for one purpose, e.g. "audit/mac/3". Wrapping the same key twice gives different results.
	Wrap(ctx context.Context, purpose string, key []byte) (Wrapped, error)
	// Unwrap returns the key. It answers ErrUnknownKey when w was wrapped under a key that the provider does not hold, and ErrUnwrap when w
	// was altered or wrapped for another purpose.
	Unwrap(ctx context.Context, purpose string, w Wrapped) ([]byte, error)
}

// Wrapped is a key that only its KeyProvider can read. It may be stored anywhere.
type Wrapped struct {
	KeyID string // which key-encryption key wrapped it
	Data  []byte
}

// Errors of a KeyProvider.
var (
	ErrUnknownKey = errors.New("secret: wrapped under a key that this provider does not hold")
	ErrUnwrap     = errors.New("secret: the wrapped key was altered, or wrapped for another purpose")
)

// Port describes KeyProvider to assemblies.
func Port() durability.Port { return durability.NewPort[KeyProvider]("infra/keyfile.Module") }
