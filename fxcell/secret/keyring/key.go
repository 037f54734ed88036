// Package keyring is how key-encryption keys are made, written down and used. The adapters of secret.KeyProvider that hold such keys themselves stand
// on it.
package keyring

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"fxcell.dev/fxcell/secret"
)

// keySize is that of AES-256.
const keySize = 32

// format is what a written key begins with, and says how the rest is read.
const format = "v1"

// idPattern has nothing that separates keys or their parts.
var idPattern = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._/-]{0,127}$`)

// Key is a key-encryption key. Printing it does not show it.
type Key struct {
	id    string
	bytes secret.Text
}

// Generate makes a random key. The id must be unique among the keys that ever wrapped anything: letters, digits and . _ / -, 128 at most.
func Generate(id string) Key {
	random := make([]byte, keySize)
	_, _ = rand.Read(random) // it never fails
	return Key{id, secret.NewText(string(random))}
}

// ID is the key's name, which is no secret.
func (k Key) ID() string { return k.id }

// Written returns the key as Parse reads it: v1:ID:BASE64. Whoever sees it can open what the key has wrapped.
func (k Key) Written() secret.Text {
	return secret.NewText(strings.Join([]string{format, k.id, base64.StdEncoding.EncodeToString([]byte(k.bytes.Reveal()))}, ":"))
}

// Faults of a key that was written down. None quotes what it is about, which may be the key.
var (
	errFormat  = errors.New("has an unknown format: want v1:ID:BASE64, as the verb keygen prints it")
	errID      = errors.New("has no proper id: want letters, digits and . _ / -, 128 at most")
	errBase64  = errors.New("is not in base64")
	errUniform = errors.New("is not random: all its bytes are the same")
)

func parseKey(text string) (Key, error) {
	parts := strings.Split(text, ":")
	if len(parts) != 3 || parts[0] != format {
		return Key{}, errFormat
	}
	decoded, err := base64.StdEncoding.Strict().DecodeString(parts[2])
	if err != nil {
		return Key{}, errBase64 // the cause tells of a byte
	}
	k := Key{parts[1], secret.NewText(string(decoded))}
	return k, k.check()
}

// check refuses what no generator has made.
func (k Key) check() error {
	b := k.bytes.Reveal()
	switch {
	case !idPattern.MatchString(k.id):
		return errID
	case len(b) != keySize:
		return fmt.Errorf("has %d bytes, want %d", len(b), keySize)
	case strings.Count(b, b[:1]) == keySize:
		return errUniform
	default:
		return nil
	}
}
