package keyring

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"

	"fxcell.dev/fxcell/secret"
)

// ErrNoKey says that a ring was to be made of nothing.
var ErrNoKey = errors.New("keyring: there is no key")

// Ring is some keys, of which the first one wraps and each unwraps what it has wrapped: by AES-256-GCM with a random nonce in front of what it
// encrypts. It does not change and is safe for concurrent use. Printing it shows no key.
type Ring struct {
	primary string
	ciphers map[string]cipher.AEAD // by the key's id
}

// New returns the ring of the keys. The first one wraps.
func New(keys ...Key) (*Ring, error) {
	if len(keys) == 0 {
		return nil, ErrNoKey
	}
	r := &Ring{primary: keys[0].id, ciphers: make(map[string]cipher.AEAD, len(keys))}
	for i, k := range keys {
		if err := k.check(); err != nil {
			return nil, fmt.Errorf("keyring: key %d %w", i+1, err)
		}
		for j, other := range keys[:i] {
			switch {
			case other.id == k.id:
				return nil, fmt.Errorf("keyring: key %d has the id of key %d", i+1, j+1)
			case other.bytes.Equal(k.bytes):
				return nil, fmt.Errorf("keyring: key %d is the same as key %d", i+1, j+1)
			}
		}
		block, err := aes.NewCipher([]byte(k.bytes.Reveal()))
		if err != nil {
			return nil, fmt.Errorf("keyring: key %d: %w", i+1, err)
		}
		if r.ciphers[k.id], err = cipher.NewGCMWithRandomNonce(block); err != nil {
			return nil, fmt.Errorf("keyring: key %d: %w", i+1, err)
		}
	}
	return r, nil
}

// Parse returns the ring of the keys in a text: of a file, or of a variable of the environment. White space and commas part them, a line that begins
// with # is a comment. No error shows anything of the text.
func Parse(text string) (*Ring, error) {
	var keys []Key
	for line := range strings.Lines(text) {
		if strings.HasPrefix(strings.TrimSpace(line), "#") {
			continue
		}
		for _, written := range strings.FieldsFunc(line, separates) {
			k, err := parseKey(written)
			if err != nil {
				return nil, fmt.Errorf("keyring: key %d %w", len(keys)+1, err)
			}
			keys = append(keys, k)
		}
	}
	return New(keys...)
}

func separates(r rune) bool { return strings.ContainsRune(" \t\r\n,", r) }

// Primary is the id of the key that wraps.
func (r *Ring) Primary() string { return r.primary }

// Wrap encrypts key for a purpose, under the first key.
func (r *Ring) Wrap(purpose string, key []byte) secret.Wrapped {
	return secret.Wrapped{KeyID: r.primary, Data: r.ciphers[r.primary].Seal(nil, nil, key, bound(r.primary, purpose))}
}

// Unwrap returns what Wrap was given, secret.ErrUnknownKey when w was wrapped under a key of another ring, and secret.ErrUnwrap when it was altered or
// wrapped for another purpose.
func (r *Ring) Unwrap(purpose string, w secret.Wrapped) ([]byte, error) {
	aead, ok := r.ciphers[w.KeyID]
	if !ok {
		return nil, secret.ErrUnknownKey
	}
	key, err := aead.Open(nil, nil, w.Data, bound(w.KeyID, purpose))
	if err != nil {
		return nil, secret.ErrUnwrap
	}
	return key, nil
}

// bound is what a wrapped key is bound to beside the key-encryption key itself. The id's length stands in front, so no two pairs look alike.
func bound(id, purpose string) []byte {
	out := binary.AppendUvarint([]byte("fxcell/keyring/"+format+"/"), uint64(len(id)))
	return append(append(out, id...), purpose...)
}

// Check reports whether the ring unwraps what it wraps.
func (r *Ring) Check() error {
	key := []byte("check")
	got, err := r.Unwrap("check", r.Wrap("check", key))
	if err == nil && !bytes.Equal(got, key) {
		return secret.ErrUnwrap
	}
	return err
}
