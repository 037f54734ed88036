package domain

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"time"
)

// SetupLife is how long a setup token is accepted.
const SetupLife = 24 * time.Hour

// setupTokenBytes is 256 bits.
const setupTokenBytes = 32

// Setup is the one record of the first-run setup.
type Setup struct {
	TokenHash   [sha256.Size]byte
	ExpiresAt   time.Time
	CompletedAt time.Time // zero while no administrator was ever created
}

// NewSetup makes a setup and its token, which nothing keeps.
func NewSetup(now time.Time) (s Setup, token string) {
	var random [setupTokenBytes]byte
	_, _ = rand.Read(random[:]) // never fails: the process ends instead
	token = base64.RawURLEncoding.EncodeToString(random[:])
	return Setup{TokenHash: sha256.Sum256([]byte(token)), ExpiresAt: now.Add(SetupLife).Truncate(TimeGrain)}, token
}

// Completed reports whether an administrator was created.
func (s Setup) Completed() bool { return !s.CompletedAt.IsZero() }

// Open reports whether the setup still waits for its token.
func (s Setup) Open(now time.Time) bool { return !s.Completed() && now.Before(s.ExpiresAt) }

// Accepts reports whether token is the setup's and in time. How long it takes tells nothing about the token.
func (s Setup) Accepts(token string, now time.Time) bool {
	hash := sha256.Sum256([]byte(token))
	same := subtle.ConstantTimeCompare(hash[:], s.TokenHash[:]) == 1
	return same && s.Open(now)
}
