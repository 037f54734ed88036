package keys

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"fmt"
)

// The JWS algorithms of the ring.
const (
	RS256 = "RS256"
	ES256 = "ES256"
	EdDSA = "EdDSA"
)

const (
	rsaBits     = 2048 // Go has a fast path for it, and a cliff above
	maxRSABits  = 8192
	rsaExponent = 65537
)

// ErrKey is the fault of a key that is too weak, of another type than its algorithm, or not the one that its id names.
var ErrKey = errors.New("the key is not fit to sign")

func generate(algorithm string) (crypto.Signer, error) {
	switch algorithm {
	case RS256:
		return rsa.GenerateKey(rand.Reader, rsaBits)
	case ES256:
		return ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	case EdDSA:
		_, key, err := ed25519.GenerateKey(rand.Reader)
		return key, err
	default:
		return nil, fmt.Errorf("%w: algorithm %q is none of %s, %s, %s", ErrKey, algorithm, RS256, ES256, EdDSA)
	}
}

// check holds a public key against the algorithm that it is for.
func check(algorithm string, key crypto.PublicKey) error {
	ok := false
	switch k := key.(type) {
	case *rsa.PublicKey:
		bits := k.N.BitLen()
		ok = algorithm == RS256 && bits >= rsaBits && bits <= maxRSABits && k.E == rsaExponent
	case *ecdsa.PublicKey:
		ok = algorithm == ES256 && k.Curve == elliptic.P256()
	case ed25519.PublicKey:
		ok = algorithm == EdDSA
	}
	if !ok {
		return fmt.Errorf("%w: %T for %s", ErrKey, key, algorithm)
	}
	return nil
}
