package auth

import (
	"context"
	"crypto"
	"errors"
	"net/http"
)

// Errors of authentication.
var (
	// ErrNoCredentials means that a request carries none.
	ErrNoCredentials = errors.New("auth: no credentials")
	// ErrRejected means that the credentials are not accepted, for whatever reason.
	ErrRejected = errors.New("auth: credentials rejected")
	// ErrUnknownKey means that no key has the id.
	ErrUnknownKey = errors.New("auth: unknown key")
)

// PublicKey verifies what was signed with its private half.
type PublicKey struct {
	ID        string // kid
	Algorithm string // JWS algorithm, e.g. RS256; a token with another one is refused
	Key       crypto.PublicKey
}

// KeySource gives the keys that verify tokens. It is safe for concurrent use, and a key that was rotated in is seen at once.
type KeySource interface {
	// Key returns the key with the id, or ErrUnknownKey.
	Key(ctx context.Context, id string) (PublicKey, error)
	// Keys returns every key that may have signed a token that is still valid.
	Keys(ctx context.Context) ([]PublicKey, error)
}

// Session is what a token says of the session that it belongs to.
type Session struct {
	ID    string
	User  string
	Epoch int64 // the user's epoch when the token was issued
}

// Sessions tells whether a token's session still stands. It is safe for concurrent use.
type Sessions interface {
	// Check returns nil, ErrRejected when the session was revoked or has ended, the user may not act or the epoch is past, or another error
	// when it cannot tell.
	Check(ctx context.Context, s Session) error
}

// Authenticator finds out who makes a request. It is safe for concurrent use.
type Authenticator interface {
	// Authenticate returns the caller, ErrNoCredentials, ErrRejected, or another error when it cannot tell.
	Authenticate(r *http.Request) (Principal, error)
}
