package accessapi

import (
	"time"

	"fxcell.dev/fxcell/secret"
)

// User is a user as the contracts show one.
type User struct {
	ID        string    `json:"id"`
	Username  string    `json:"username"`
	Email     string    `json:"email"`
	Status    string    `json:"status"` // active, suspended or locked
	Roles     []string  `json:"roles"`
	CreatedAt time.Time `json:"createdAt"`
	UpdatedAt time.Time `json:"updatedAt"`
}

// SetupRequest asks for the first administrator.
type SetupRequest struct {
	Token    secret.Text `json:"token"`
	Username string      `json:"username"`
	Email    string      `json:"email"`
	Password secret.Text `json:"password"`
}

// SetupResponse is the administrator.
type SetupResponse struct {
	User
}

// UserCreateRequest asks for a user.
type UserCreateRequest struct {
	Username             string      `json:"username"`
	Email                string      `json:"email"`
	Password             secret.Text `json:"password"`
	RequirePasswordReset bool        `json:"requirePasswordReset,omitzero"`
	Roles                []string    `json:"roles,omitzero"`
}

// UserCreateResponse is the new user.
type UserCreateResponse struct {
	User
}

// UserGetRequest names a user.
type UserGetRequest struct {
	ID string `json:"-" path:"id"`
}

// UserGetResponse is the user.
type UserGetResponse struct {
	User
}

// LoginRequest asks for a session.
type LoginRequest struct {
	Username string      `json:"username"`
	Password secret.Text `json:"password"`
}

// LoginResponse is a session and the token that acts for it.
type LoginResponse struct {
	AccessToken           string    `json:"accessToken"`
	ExpiresAt             time.Time `json:"expiresAt"` // of the token
	SessionID             string    `json:"sessionId"`
	PasswordResetRequired bool      `json:"passwordResetRequired"`
}

// SessionDeleteRequest names a session.
type SessionDeleteRequest struct {
	ID string `json:"-" path:"id"`
}

// SessionDeleteResponse is empty.
type SessionDeleteResponse struct{}

// JWKSRequest is empty.
type JWKSRequest struct{}

// JWKSResponse is a key set (RFC 7517).
type JWKSResponse struct {
	CacheControl string `json:"-" header:"Cache-Control"`
	ETag         string `json:"-" header:"ETag"`
	Keys         []JWK  `json:"keys"`
}

// JWK is one public key. Which members it has besides the first four says its type.
type JWK struct {
	Kty string `json:"kty"`
	Kid string `json:"kid"`
	Use string `json:"use"`
	Alg string `json:"alg"`
	N   string `json:"n,omitzero"`
	E   string `json:"e,omitzero"`
	Crv string `json:"crv,omitzero"`
	X   string `json:"x,omitzero"`
	Y   string `json:"y,omitzero"`
}

// UserCreated says that a user was created.
type UserCreated struct {
	UserID   string `json:"userId"`
	Username string `json:"username"`
}

// SessionCreated says that a user logged in.
type SessionCreated struct {
	SessionID string `json:"sessionId"`
	UserID    string `json:"userId"`
}

// SessionRevoked says that a session was ended before its time.
type SessionRevoked struct {
	SessionID string `json:"sessionId"`
	UserID    string `json:"userId"`
}
