package domain

import (
	"time"

	"fxcell.dev/fxcell/secret"
)

// KeyState is what a signing key is used for.
type KeyState string

// The states of a signing key. At most one is active.
const (
	KeyActive  KeyState = "active"  // signs and verifies
	KeyRetired KeyState = "retired" // verifies what it signed before
)

// SigningKey is one key of the ring.
type SigningKey struct {
	ID        string // RFC 7638 thumbprint, the kid of tokens
	Algorithm string // of JWS: RS256, ES256 or EdDSA
	Public    []byte // PKIX, DER
	Private   secret.Wrapped
	State     KeyState
	CreatedAt time.Time
	RetiredAt time.Time // zero while active
}

// Verifies reports whether the key may still have signed a token that counts; keep is how long that is after its retirement.
func (k SigningKey) Verifies(now time.Time, keep time.Duration) bool {
	return k.State == KeyActive || now.Before(k.RetiredAt.Add(keep))
}
