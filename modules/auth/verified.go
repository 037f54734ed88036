package auth

import (
	"context"
	"crypto"
	"crypto/sha256"
	"errors"
	"fmt"
	"sync"

	port "fxcell.dev/fxcell/auth"
)

// generation is how many tokens are remembered at least, where so many are in use, and half of those that are remembered at most. One takes about
// half a KiB.
const generation = 4096

// verified remembers tokens whose signature was right, since to tell that takes longer than all else together. It knows them by their hash, so that
// it holds no credentials. What can change is held against a token each time it is sent, remembered or not: its key, the time, its session.
//
// A nil one remembers nothing. It is safe for concurrent use.
type verified struct {
	mu         sync.Mutex
	young, old map[tokenHash]signed // when the young are a generation, they become the old, and the old are forgotten
}

type tokenHash [sha256.Size]byte

// signed is what a token says, and the key that signed it.
type signed struct {
	claims claims
	header header
	key    crypto.PublicKey
}

func newVerified() *verified { return &verified{young: map[tokenHash]signed{}} }

func (v *verified) find(token string) (signed, bool) {
	if v == nil || len(token) > maxToken {
		return signed{}, false
	}
	hash := tokenHash(sha256.Sum256([]byte(token)))
	v.mu.Lock()
	defer v.mu.Unlock()
	s, ok := v.young[hash]
	if ok {
		return s, true
	}
	if s, ok = v.old[hash]; ok {
		v.add(hash, s) // it is in use
	}
	return s, ok
}

func (v *verified) remember(token string, s signed) {
	if v == nil {
		return
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	v.add(sha256.Sum256([]byte(token)), s)
}

func (v *verified) add(hash tokenHash, s signed) {
	if len(v.young) >= generation {
		v.young, v.old = map[tokenHash]signed{}, v.young
	}
	v.young[hash] = s
}

func (v *verified) forget(token string) {
	if v == nil {
		return
	}
	hash := tokenHash(sha256.Sum256([]byte(token)))
	v.mu.Lock()
	defer v.mu.Unlock()
	delete(v.young, hash)
	delete(v.old, hash)
}

// holds reports whether the source still gives the very key that has signed. Its error is that of a key that is gone, or of the source.
func (s signed) holds(ctx context.Context, keys port.KeySource) (bool, error) {
	now, err := keys.Key(ctx, s.header.kid)
	switch {
	case errors.Is(err, port.ErrUnknownKey):
		return false, errUnknownKey
	case err != nil:
		return false, fmt.Errorf("modules/auth: %w", &sourceError{err})
	}
	key, ok := s.key.(interface {
		Equal(other crypto.PublicKey) bool
	})
	return ok && now.ID == s.header.kid && now.Algorithm == s.header.alg && key.Equal(now.Key), nil
}
