package keys

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math/bits"
	"time"
)

// MaxAge is how long others may keep the published key set.
const MaxAge = 5 * time.Minute

// JWK holds the members that a public key needs (RFC 7517), in the order in which its thumbprint takes them. It has no place for a private one.
type JWK struct {
	Crv string `json:"crv,omitempty"`
	E   string `json:"e,omitempty"`
	Kty string `json:"kty"`
	N   string `json:"n,omitempty"`
	X   string `json:"x,omitempty"`
	Y   string `json:"y,omitempty"`
}

// NewJWK returns the members of a public key.
func NewJWK(key crypto.PublicKey) (JWK, error) {
	switch k := key.(type) {
	case *rsa.PublicKey:
		return JWK{Kty: "RSA", N: encode(k.N.Bytes()), E: encode(exponent(k.E))}, nil
	case *ecdsa.PublicKey:
		point, err := k.Bytes() // 4, x, y
		if err != nil {
			return JWK{}, fmt.Errorf("keys: encode: %w", err)
		}
		size := (len(point) - 1) / 2
		return JWK{Kty: "EC", Crv: k.Params().Name, X: encode(point[1 : 1+size]), Y: encode(point[1+size:])}, nil
	case ed25519.PublicKey:
		return JWK{Kty: "OKP", Crv: "Ed25519", X: encode(k)}, nil
	default:
		return JWK{}, fmt.Errorf("keys: encode: %w: %T", ErrKey, key)
	}
}

// Thumbprint returns the id that RFC 7638 gives the key: two keys never share one.
func (j JWK) Thumbprint() (string, error) {
	members, err := json.Marshal(j)
	if err != nil {
		return "", fmt.Errorf("keys: thumbprint: %w", err)
	}
	sum := sha256.Sum256(members)
	return encode(sum[:]), nil
}

func encode(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// exponent returns e as bytes without leading zeros.
func exponent(e int) []byte {
	b := binary.BigEndian.AppendUint64(nil, uint64(e))
	return b[bits.LeadingZeros64(uint64(e))/8:]
}
