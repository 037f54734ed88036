package domain

import (
	"time"

	"fxcell.dev/fxcell/secret"
)

// KeyState is what a signing key is used for.
type KeyState string

// The states of a signing key, in their order. At most one key is next, and at most one active.
const (
	KeyNext    KeyState = "next"    // published, so that everybody knows it before it signs
	KeyActive  KeyState = "active"  // signs and verifies
	KeyRetired KeyState = "retired" // verifies what it signed before
)

// SigningKey is one key of the ring.
type SigningKey struct {
	ID        string         // RFC 7638 thumbprint, the kid of tokens
	Algorithm string         // of JWS: RS256, ES256 or EdDSA
	Public    []byte         // PKIX, DER
	Private   secret.Wrapped // empty once retired
	State     KeyState
	CreatedAt time.Time
	ActiveAt  time.Time // since when it signs, zero while next
	RetiredAt time.Time // since when it signs no more, zero before
}

// Verifies reports whether the key may have signed a token that counts, or will: keep is how long that is after its retirement.
func (k SigningKey) Verifies(now time.Time, keep time.Duration) bool {
	return k.State == KeyNext || k.State == KeyActive || now.Before(k.RetiredAt.Add(keep))
}
