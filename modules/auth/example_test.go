package auth_test

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/golang-jwt/jwt/v5"

	port "fxcell.dev/fxcell/auth"
	"fxcell.dev/fxcell/clock"
	"fxcell.dev/modules/auth"
)

// oneKey is a key source of one key.
type oneKey struct{ port.PublicKey }

// Key implements auth.KeySource.
func (k oneKey) Key(_ context.Context, id string) (port.PublicKey, error) {
	if id != k.ID {
		return port.PublicKey{}, port.ErrUnknownKey
	}
	return k.PublicKey, nil
}

// Keys implements auth.KeySource.
func (k oneKey) Keys(context.Context) ([]port.PublicKey, error) {
	return []port.PublicKey{k.PublicKey}, nil
}

// open are the sessions that stand.
type open map[string]bool

// Check implements auth.Sessions.
func (o open) Check(_ context.Context, s port.Session) error {
	if !o[s.ID] {
		return port.ErrRejected
	}
	return nil
}

// A token is worth what its signature, its claims and its session are worth, each time it is sent. In an app the cell that keeps users exports keys and
// sessions, and the HTTP server asks the authenticator.
func ExampleNew() {
	private := ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize)) // anybody's: a real one is random
	keys := oneKey{port.PublicKey{ID: "k-1", Algorithm: "EdDSA", Key: private.Public()}}
	sessions, noon := open{"s-1": true}, time.Date(2030, 3, 1, 12, 0, 0, 0, time.UTC)
	now := clock.NewManual(noon)
	authenticator, err := auth.New(port.Config{Issuer: "https://id.example", Audience: "shop"}, keys, sessions, now)
	if err != nil {
		fmt.Println(err)
		return
	}
	token := jwt.NewWithClaims(jwt.SigningMethodEdDSA, jwt.MapClaims{
		"iss": "https://id.example", "aud": "shop", "sub": "u-1", "jti": "t-1", "client_id": "web", "sid": "s-1", "epoch": 0, "roles": []string{"editor"},
		"iat": noon.Unix(), "exp": noon.Add(10 * time.Minute).Unix(),
	})
	token.Header["kid"], token.Header["typ"] = "k-1", "at+jwt"
	signed, err := token.SignedString(private)
	fmt.Println(err)

	ask := func(credentials string) {
		r := httptest.NewRequest(http.MethodGet, "/", http.NoBody) //nolint:noctx // nothing ends it
		r.Header.Set("Authorization", credentials)
		caller, err := authenticator.Authenticate(r)
		fmt.Printf("%q %q %v, rejected: %t\n", caller.ID, caller.Roles, err, errors.Is(err, port.ErrRejected))
	}
	ask("Bearer " + signed)
	delete(sessions, "s-1") // a logout
	ask("Bearer " + signed)
	sessions["s-1"] = true
	now.Advance(time.Hour)
	ask("Bearer " + signed)
	ask("Basic dTpw")
	// Output:
	// <nil>
	// "u-1" ["editor"] <nil>, rejected: false
	// "" [] modules/auth: auth: credentials rejected: the session has ended, or its user may not act, rejected: true
	// "" [] modules/auth: auth: credentials rejected: the token has expired, rejected: true
	// "" [] auth: no credentials, rejected: false
}
