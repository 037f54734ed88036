// Package token opens sessions and issues the access tokens that act for them (RFC 9068).
package token

import (
	"context"
	"crypto/rand"
	"fmt"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/uuid"

	"fxcell.dev/cells/access/internal/domain"
	"fxcell.dev/cells/access/internal/keys"
	"fxcell.dev/cells/access/internal/settings"
	"fxcell.dev/fxcell/auth"
	"fxcell.dev/fxcell/clock"
	"fxcell.dev/fxcell/secret"
)

// Type is the typ of an access token: a token of another purpose has another one.
const Type = "at+jwt"

// Client is the client_id of tokens that were asked for without naming a client.
const Client = "fxcell"

// maxSize bounds a token, in bytes: proxies and cookies have limits.
const maxSize = 4096

// Signer gives the key that signs now.
type Signer interface {
	Signing(ctx context.Context) (keys.Signing, error)
}

// Issuer opens sessions and issues tokens. It is safe for concurrent use.
type Issuer struct {
	identity   auth.Config
	ttl        time.Duration
	sessionTTL time.Duration
	signer     Signer
	clock      clock.Clock
}

// NewIssuer fills and validates both sections.
func NewIssuer(identity auth.Config, cfg settings.Config, signer Signer, clk clock.Clock) (*Issuer, error) {
	identity, cfg = identity.WithDefaults(), cfg.WithDefaults()
	if err := identity.Validate(); err != nil {
		return nil, fmt.Errorf("cells/access: %w", err)
	}
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	if cfg.TokenTTL > identity.MaxLifetime {
		return nil, fmt.Errorf("cells/access: access.token_ttl is %v: nobody accepts a token that lives longer than auth.max_lifetime, %v", cfg.TokenTTL, identity.MaxLifetime)
	}
	return &Issuer{identity: identity, ttl: cfg.TokenTTL, sessionTTL: cfg.SessionTTL, signer: signer, clock: clk}, nil
}

// Open returns a new session of the user, which nothing keeps yet.
func (i *Issuer) Open(user domain.User) domain.Session {
	now := i.clock.Now().Truncate(domain.TimeGrain)
	return domain.Session{ID: uuid.NewString(), User: user.ID, StartedAt: now, EndsAt: now.Add(i.sessionTTL)}
}

// Token is an issued token.
type Token struct {
	Text      secret.Text
	ExpiresAt time.Time
}

// Issue signs a token by which the user acts in the session. It ends with the session at the latest.
func (i *Issuer) Issue(ctx context.Context, user domain.User, session domain.Session) (Token, error) {
	signing, err := i.signer.Signing(ctx)
	if err != nil {
		return Token{}, fmt.Errorf("token: %w", err)
	}
	method := jwt.GetSigningMethod(signing.Algorithm)
	if method == nil {
		return Token{}, fmt.Errorf("token: no signing method %s", signing.Algorithm)
	}
	issued := i.clock.Now().Truncate(time.Second)
	expires := issued.Add(i.ttl)
	if expires.After(session.EndsAt) {
		expires = session.EndsAt.Truncate(time.Second)
	}
	t := jwt.NewWithClaims(method, jwt.MapClaims{
		"iss": i.identity.Issuer, "aud": i.identity.Audience, "sub": user.ID,
		"iat": issued.Unix(), "exp": expires.Unix(), "jti": rand.Text(), "client_id": Client,
		"sid": session.ID, "epoch": user.Epoch, "roles": user.TokenRoles(),
		"auth_time": session.StartedAt.Unix(), "amr": []string{"pwd"},
	})
	t.Header["typ"], t.Header["kid"] = Type, signing.ID
	text, err := t.SignedString(signing.Key)
	if err != nil {
		return Token{}, fmt.Errorf("token: sign: %w", err)
	}
	if len(text) > maxSize {
		return Token{}, fmt.Errorf("token: %d bytes are more than the %d that a token may have", len(text), maxSize)
	}
	return Token{Text: secret.NewText(text), ExpiresAt: expires.UTC()}, nil
}
