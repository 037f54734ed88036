package audittest

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"sync"

	"fxcell.dev/fxcell/durability"
	"fxcell.dev/fxcell/secret"
)

// Provider is a secret.KeyProvider that tests can take keys away from.
type Provider struct {
	mu       sync.Mutex
	aead     cipher.AEAD
	failure  error
	unwraps  int
	purposes []string
}

var _ secret.KeyProvider = (*Provider)(nil)

const kek = "kek-1"

// NewProvider returns a provider with one random key.
func NewProvider() *Provider {
	p := &Provider{}
	p.Forget()
	return p
}

// Forget takes the key away: what it wrapped stays closed for ever.
func (p *Provider) Forget() {
	key := make([]byte, 32)
	_, _ = rand.Read(key)
	block, err := aes.NewCipher(key)
	if err != nil {
		return // 32 bytes are a key
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return // AES has GCM
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.aead = aead
}

// Fail makes every call fail with err from now on; nil ends it.
func (p *Provider) Fail(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.failure = err
}

// Unwraps returns how many keys were unwrapped so far.
func (p *Provider) Unwraps() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.unwraps
}

// Purposes returns what keys were wrapped for, in order.
func (p *Provider) Purposes() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]string(nil), p.purposes...)
}

// Durability is Volatile: the key ends with the process.
func (*Provider) Durability() durability.Grade { return durability.Volatile }

// Wrap implements secret.KeyProvider.
func (p *Provider) Wrap(_ context.Context, purpose string, key []byte) (secret.Wrapped, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.failure != nil {
		return secret.Wrapped{}, p.failure
	}
	p.purposes = append(p.purposes, purpose)
	nonce := make([]byte, p.aead.NonceSize())
	_, _ = rand.Read(nonce)
	return secret.Wrapped{KeyID: kek, Data: p.aead.Seal(nonce, nonce, key, []byte(purpose))}, nil
}

// Unwrap implements secret.KeyProvider.
func (p *Provider) Unwrap(_ context.Context, purpose string, w secret.Wrapped) ([]byte, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.failure != nil:
		return nil, p.failure
	case w.KeyID != kek:
		return nil, secret.ErrUnknownKey
	case len(w.Data) < p.aead.NonceSize():
		return nil, secret.ErrUnwrap
	}
	p.unwraps++
	key, err := p.aead.Open(nil, w.Data[:p.aead.NonceSize()], w.Data[p.aead.NonceSize():], []byte(purpose))
	if err != nil {
		return nil, secret.ErrUnwrap
	}
	return key, nil
}
