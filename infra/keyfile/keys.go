package keyfile

import (
	"context"
	"errors"
	"sync/atomic"

	"fxcell.dev/fxcell/durability"
	"fxcell.dev/fxcell/health"
	"fxcell.dev/fxcell/secret"
	"fxcell.dev/fxcell/secret/keyring"
)

// errNotStarted says that somebody asks before the app has started, or of one that is only looked at.
var errNotStarted = errors.New(module + ": the file of keys is read at the start, which has not come yet")

// keys wraps under the first key of a ring, and unwraps under any.
type keys struct {
	config Config
	ring   atomic.Pointer[keyring.Ring] // nil until the start when it comes from a file
}

var _ secret.KeyProvider = (*keys)(nil)

// newKeys touches no file: open does.
func newKeys(cfg Config) (*keys, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	k := &keys{config: cfg}
	if cfg.File == "" {
		return k, k.open(context.Background())
	}
	return k, nil
}

// open reads the ring.
func (k *keys) open(context.Context) error {
	ring, err := k.config.ring()
	if err != nil {
		return err
	}
	k.ring.Store(ring)
	return nil
}

// Durability is Persistent: whoever has the file unwraps, also after a restart.
func (*keys) Durability() durability.Grade { return durability.Persistent }

// Wrap implements secret.KeyProvider.
func (k *keys) Wrap(_ context.Context, purpose string, key []byte) (secret.Wrapped, error) {
	ring := k.ring.Load()
	if ring == nil {
		return secret.Wrapped{}, errNotStarted
	}
	return ring.Wrap(purpose, key), nil
}

// Unwrap implements secret.KeyProvider. Another process may use a key already that was added since the file was read.
func (k *keys) Unwrap(ctx context.Context, purpose string, w secret.Wrapped) ([]byte, error) {
	ring := k.ring.Load()
	if ring == nil {
		return nil, errNotStarted
	}
	key, err := ring.Unwrap(purpose, w)
	if k.config.File == "" || !errors.Is(err, secret.ErrUnknownKey) {
		return key, err
	}
	if readErr := k.open(ctx); readErr != nil {
		return nil, errors.Join(err, readErr)
	}
	return k.ring.Load().Unwrap(purpose, w)
}

func (k *keys) check() health.Check {
	return health.Check{Name: module, Critical: true, Probe: func(context.Context) error {
		ring := k.ring.Load()
		if ring == nil {
			return errNotStarted
		}
		return ring.Check()
	}}
}
