package auth

import (
	"fmt"

	port "fxcell.dev/fxcell/auth"
)

// Why credentials are refused. None of the texts holds anything that was sent, so they may stand in a log; a caller is told nothing but that.
var (
	errHeaders = reject("more than one Authorization header")
	errEmpty   = reject("no token after the scheme")

	errLength   = reject("the token is longer than 8 KiB")
	errSegments = reject("the token does not have three segments")
	errAlphabet = reject("the token has characters other than those of base64url")
	errEncoding = reject("a segment is not canonical base64url")

	errHeader = reject("the token's header is not one JSON object of strings alg, kid and typ")

	errKeyID      = reject("the token names no key")
	errUnknownKey = reject("the token names a key that does not exist")
	errAlgorithm  = reject("the token's algorithm is not that of its key")

	errType = reject("the token is no access token")

	errSignature  = reject("the signature is wrong")
	errClaims     = reject("the claims are not one JSON object with each member once")
	errKind       = reject("a claim has the wrong kind of value")
	errIncomplete = reject("a required claim is missing or empty")
	errIssuer     = reject("the token has another issuer")
	errAudience   = reject("the token is for another audience")
	errLifetime   = reject("the token's lifetime is too long, or it ends before it begins")

	errExpired = reject("the token has expired")
	errFuture  = reject("the token was issued in the future")
	errEarly   = reject("the token is not valid yet")

	errSession = reject("the session has ended, or its user may not act")
)

func reject(why string) error { return fmt.Errorf("modules/auth: %w: %s", port.ErrRejected, why) }
