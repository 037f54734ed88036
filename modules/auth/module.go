// Package auth verifies the access tokens of requests (RFC 6750, RFC 9068): signed by a key of auth.KeySource, issued by us for us, young enough,
// and of a session that still stands.
//
// A signature is checked once: a token that comes again is held against its key, the time and its session.
//
// golang-jwt and keyfunc check signatures. What they accept and we do not (a missing kid, members twice, critical headers, tokens of another type,
// lifetimes of a century) is refused before and after them: the rules stand in the order of their numbers in scan.go, header.go, verify.go and claims.go.
package auth

import (
	"go.uber.org/fx"

	port "fxcell.dev/fxcell/auth"
	"fxcell.dev/fxcell/clock"
	"fxcell.dev/fxcell/config"
)

// Module provides auth.Authenticator by the section auth. The cell that keeps users provides the keys and the sessions.
var Module = fx.Module("modules/auth",
	config.Section[port.Config]("auth"),
	fx.Provide(provideAuthenticator),
)

func provideAuthenticator(c port.Config, keys port.KeySource, sessions port.Sessions, clk clock.Clock) (port.Authenticator, error) {
	return New(c, keys, sessions, clk)
}
