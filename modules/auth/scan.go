package auth

import (
	"encoding/base64"
	"net/http"
	"strings"

	port "fxcell.dev/fxcell/auth"
)

// maxToken bounds a token, in bytes.
const maxToken = 8 << 10

// bearer returns the token of the Authorization header. Credentials of another scheme are none of ours.
func bearer(h http.Header) (string, error) {
	sent := h.Values("Authorization")
	switch len(sent) {
	case 0:
		return "", port.ErrNoCredentials
	case 1:
	default:
		return "", errHeaders
	}
	scheme, token, _ := strings.Cut(sent[0], " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return "", port.ErrNoCredentials
	}
	token = strings.TrimLeft(token, " ")
	if token == "" {
		return "", errEmpty
	}
	return token, nil
}

// compact is a token in its parts.
type compact struct {
	signed                    string // header and claims as they were sent
	header, claims, signature []byte
}

// scan is rule 1: a short text of three segments in canonical base64url. It looks at no content.
func scan(token string) (compact, error) {
	if len(token) > maxToken {
		return compact{}, errLength
	}
	if strings.Count(token, ".") != 2 {
		return compact{}, errSegments
	}
	for i := range len(token) {
		if token[i] != '.' && !isBase64URL(token[i]) {
			return compact{}, errAlphabet
		}
	}
	end := strings.LastIndexByte(token, '.')
	header, claims, _ := strings.Cut(token[:end], ".")
	t := compact{signed: token[:end]}
	var err error
	if t.header, err = decodeSegment(header); err != nil {
		return compact{}, err
	}
	if t.claims, err = decodeSegment(claims); err != nil {
		return compact{}, err
	}
	if t.signature, err = decodeSegment(token[end+1:]); err != nil {
		return compact{}, err
	}
	return t, nil
}

// decodeSegment refuses a second spelling of the same bytes: a token has one text.
func decodeSegment(segment string) ([]byte, error) {
	decoded, err := base64.RawURLEncoding.Strict().DecodeString(segment)
	if err != nil || len(decoded) == 0 {
		return nil, errEncoding
	}
	return decoded, nil
}

func isBase64URL(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '-' || c == '_'
}
