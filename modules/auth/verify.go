package auth

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"github.com/MicahParks/jwkset"
	"github.com/MicahParks/keyfunc/v3"
	"github.com/golang-jwt/jwt/v5"

	port "fxcell.dev/fxcell/auth"
	"fxcell.dev/fxcell/clock"
)

// maxKeyID bounds what a key source is asked for, in bytes.
const maxKeyID = 256

// Authenticator verifies bearer tokens. It is safe for concurrent use.
type Authenticator struct {
	config   port.Config
	source   port.KeySource
	keys     keyfunc.Keyfunc // over source
	sessions port.Sessions
	clock    clock.Clock
	verified *verified
}

var _ port.Authenticator = (*Authenticator)(nil)

// New returns an authenticator. Zero fields of c take their defaults; a c that is wrong is refused.
func New(c port.Config, keys port.KeySource, sessions port.Sessions, clk clock.Clock) (*Authenticator, error) {
	c = c.WithDefaults()
	if err := c.Validate(); err != nil {
		return nil, err // it names the module itself: each of its faults is a line
	}
	k, err := keyfunc.New(keyfunc.Options{Storage: storage{keys}, UseWhitelist: []jwkset.USE{jwkset.UseSig}})
	if err != nil {
		return nil, fmt.Errorf("modules/auth: %w", err)
	}
	return &Authenticator{config: c, source: keys, keys: k, sessions: sessions, clock: clk, verified: newVerified()}, nil
}

// Authenticate returns the user whose bearer token r carries. Its error is auth.ErrNoCredentials, wraps auth.ErrRejected with a reason that holds
// nothing of the token, or is that of the key source or the sessions, which could not tell.
func (a *Authenticator) Authenticate(r *http.Request) (port.Principal, error) {
	token, err := bearer(r.Header)
	if err != nil {
		return port.Principal{}, err
	}
	return a.verify(r.Context(), token)
}

// verify holds a token against the accept rules, in their order: nothing costs work before the cheaper rules are met, and no claim is looked at
// before the signature.
func (a *Authenticator) verify(ctx context.Context, token string) (port.Principal, error) {
	s, remembered, err := a.signed(ctx, token) // rules 1 to 5
	if err != nil {
		return port.Principal{}, err
	}
	if err := s.claims.check(a.config, a.clock.Now()); err != nil { // rules 5 and 6
		a.verified.forget(token)
		return port.Principal{}, err
	}
	if !remembered {
		a.verified.remember(token, s)
	}
	return a.principal(ctx, s.claims)
}

// signed returns what a token says that is signed by one of our keys.
func (a *Authenticator) signed(ctx context.Context, token string) (s signed, remembered bool, err error) {
	if s, remembered = a.verified.find(token); remembered {
		if holds, err := s.holds(ctx, a.source); holds || err != nil {
			return s, true, err
		}
	}
	t, err := scan(token) // rule 1
	if err != nil {
		return signed{}, false, err
	}
	if s.header, err = parseHeader(t.header); err != nil { // rule 2
		return signed{}, false, err
	}
	if s.key, err = a.key(ctx, s.header); err != nil { // rule 3
		return signed{}, false, err
	}
	if !s.header.isAccessToken() { // rule 4
		return signed{}, false, errType
	}
	if algorithms[s.header.alg].method.Verify(t.signed, t.signature, s.key) != nil { // rule 5
		return signed{}, false, errSignature
	}
	s.claims, err = parseClaims(t.claims)
	return s, false, err
}

// key is rule 3: the key that the token names, whose algorithm is the token's.
func (a *Authenticator) key(ctx context.Context, h header) (any, error) {
	if h.kid == "" || len(h.kid) > maxKeyID {
		return nil, errKeyID
	}
	key, err := a.keys.KeyfuncCtx(ctx)(&jwt.Token{Header: map[string]any{"alg": h.alg, jwkset.HeaderKID: h.kid}})
	failed, ours := errors.AsType[*sourceError](err)
	switch {
	case err == nil:
		return key, nil
	case ours:
		return nil, fmt.Errorf("modules/auth: %w", failed)
	case errors.Is(err, port.ErrUnknownKey):
		return nil, errUnknownKey
	default: // its text quotes the token; the use of our keys is always right
		return nil, errAlgorithm
	}
}

// principal is rule 7: a token is worth no more than its session.
func (a *Authenticator) principal(ctx context.Context, c claims) (port.Principal, error) {
	err := a.sessions.Check(ctx, port.Session{ID: c.session, User: c.subject, Epoch: *c.epoch})
	switch {
	case errors.Is(err, port.ErrRejected):
		return port.Principal{}, errSession
	case err != nil:
		return port.Principal{}, fmt.Errorf("modules/auth: the session cannot be checked: %w", err)
	}
	return port.Principal{Kind: port.User, ID: c.subject, Roles: slices.Clone(c.roles), Session: c.session, Client: c.client, Token: c.id}, nil
}
