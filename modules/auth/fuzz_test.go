package auth

import (
	"encoding/base64"
	"errors"
	"strings"
	"testing"

	"github.com/golang-jwt/jwt/v5"
	"pgregory.net/rapid"

	port "fxcell.dev/fxcell/auth"
)

// FuzzToken holds what our parsers let through against golang-jwt, which must read the same out of it: two readings of one token are an attack.
func FuzzToken(f *testing.F) {
	good := sign(goodHeader(), goodClaims())
	f.Add(good)
	f.Add(good + "=")
	f.Add("a.b.c")
	f.Add("..")
	f.Add(strings.ReplaceAll(good, "A", "_"))
	fix := setup(f)
	for _, group := range [][]attack{headerAttacks(fix), claimAttacks(fix)} {
		for _, a := range group {
			f.Add(a.token)
		}
	}
	f.Fuzz(func(t *testing.T, token string) {
		parsed, err := scan(token)
		if err != nil {
			return
		}
		if again := recode(parsed); again != token {
			t.Fatalf("the token has two spellings: %q and %q", token, again)
		}
		h, headerErr := parseHeader(parsed.header)
		c, claimsErr := parseClaims(parsed.claims)
		if headerErr != nil || claimsErr != nil {
			return
		}
		theirs := jwt.MapClaims{}
		other, _, err := jwt.NewParser(jwt.WithStrictDecoding(), jwt.WithJSONNumber()).ParseUnverified(token, theirs)
		if errors.Is(err, jwt.ErrTokenUnverifiable) { // an algorithm that it does not have
			return
		}
		if err != nil {
			t.Fatalf("we read what golang-jwt does not: %v", err)
		}
		subject, _ := theirs["sub"].(string)
		kid, _ := other.Header["kid"].(string)
		if other.Header["alg"] != h.alg || kid != h.kid || subject != c.subject {
			t.Fatalf("golang-jwt reads %v and %v, we read %+v and %+v", other.Header, theirs, h, c)
		}
	})
}

func recode(t compact) string {
	e := base64.RawURLEncoding
	return e.EncodeToString(t.header) + "." + e.EncodeToString(t.claims) + "." + e.EncodeToString(t.signature)
}

func TestAnyOtherByteMakesTheTokenWorthless(t *testing.T) {
	t.Parallel()
	f := setup(t)
	tokens := []string{
		sign(goodHeader(), goodClaims()),
		signWith(jwt.SigningMethodES256, ecKey(), f.with(goodHeader(), object{"alg": "ES256", "kid": "ec"}), goodClaims()),
		signWith(jwt.SigningMethodEdDSA, edKey(), f.with(goodHeader(), object{"alg": "EdDSA", "kid": "ed"}), goodClaims()),
	}
	rapid.Check(t, func(r *rapid.T) {
		token := rapid.SampledFrom(tokens).Draw(r, "token")
		at := rapid.IntRange(0, len(token)-1).Draw(r, "at")
		b := rapid.ByteRange(0, 255).Filter(func(b byte) bool { return b != token[at] }).Draw(r, "byte")
		changed := token[:at] + string([]byte{b}) + token[at+1:]
		_, err := f.auth.verify(t.Context(), changed)
		if !errors.Is(err, port.ErrRejected) {
			r.Fatalf("byte %d of %q as %q: got error %v, want %v", at, token, b, err, port.ErrRejected)
		}
	})
}
