package domain

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"strconv"
)

// KeySize is the size of a MAC key, in bytes.
const KeySize = 32

// MAC is one link of the chain.
type MAC [sha256.Size]byte

// ErrKeySize is what a key is refused with that is not KeySize bytes long.
var ErrKeySize = errors.New("audit: a MAC key has 32 bytes")

// NewSecret returns a new MAC key's bytes.
func NewSecret() []byte {
	secret := make([]byte, KeySize)
	_, _ = rand.Read(secret) // never fails: the runtime ends the process first
	return secret
}

// Key makes MACs. It is used by one goroutine at a time; nothing shows its bytes.
type Key struct {
	number int64
	mac    hash.Hash
}

// NewKey returns the key with the number, which counts from 1: a later key has a higher one.
func NewKey(number int64, secret []byte) (*Key, error) {
	if len(secret) != KeySize {
		return nil, ErrKeySize
	}
	return &Key{number, hmac.New(sha256.New, secret)}, nil
}

// KeyID is the id of the key with a number, as entries name it: audit/mac/3. It is the purpose that the key is wrapped for, too.
func KeyID(number int64) string { return "audit/mac/" + strconv.FormatInt(number, 10) }

// ID returns the key's id.
func (k *Key) ID() string { return KeyID(k.number) }

// Number returns the key's place among the keys.
func (k *Key) Number() int64 { return k.number }

// Format writes the key's id for every verb.
func (k *Key) Format(s fmt.State, _ rune) { _, _ = s.Write([]byte(k.ID())) }

// Sum returns the MAC of message.
func (k *Key) Sum(message []byte) MAC {
	k.mac.Reset()
	_, _ = k.mac.Write(message) // a hash never fails
	return MAC(k.mac.Sum(nil))
}

// Verify reports whether mac is the MAC of message, in a time that does not tell how much of it fits.
func (k *Key) Verify(message, mac []byte) bool {
	want := k.Sum(message)
	return hmac.Equal(want[:], mac)
}
