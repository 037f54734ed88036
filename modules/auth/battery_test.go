package auth

import (
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	port "fxcell.dev/fxcell/auth"
)

// attack is one token that must not be accepted, and the rule that has to refuse it.
type attack struct {
	name  string
	token string
	want  error
}

func TestBattery(t *testing.T) {
	t.Parallel()
	f := setup(t)
	kinds := 0
	for _, group := range [][]attack{textAttacks(f), headerAttacks(f), keyAttacks(f), claimAttacks(f)} {
		for _, a := range group {
			kinds++
			got, err := f.send(t, a.token)
			if !errors.Is(err, a.want) || !errors.Is(err, port.ErrRejected) {
				t.Errorf("%s: got %+v, error %v, want error %v", a.name, got, err, a.want)
			}
			if err != nil && revealing(err.Error(), a.token) {
				t.Errorf("%s: the error shows a piece of the token: %v", a.name, err)
			}
		}
	}
	if kinds < 90 {
		t.Errorf("the battery has %d kinds of tokens, want all of them", kinds)
	}
	if n := len(f.auth.verified.young) + len(f.auth.verified.old); n > 0 {
		t.Errorf("%d bad tokens are remembered", n)
	}
	if len(f.sessions.asked) > 0 {
		t.Errorf("sessions were asked for %v, want never for a bad token", f.sessions.asked)
	}
}

// revealing reports whether message holds a segment of the token or what one says.
func revealing(message, token string) bool {
	for segment := range strings.SplitSeq(token, ".") {
		decoded, _ := base64.RawURLEncoding.DecodeString(segment)
		for _, piece := range []string{segment, string(decoded)} {
			if len(piece) > 8 && strings.Contains(message, piece) {
				return true
			}
		}
	}
	return strings.Contains(message, "u-1") || strings.Contains(message, "s-1") || strings.Contains(message, "evil")
}

// textAttacks are for rule 1.
func textAttacks(f fixture) []attack {
	good := sign(goodHeader(), goodClaims())
	parts := strings.Split(good, ".")
	header, body, signature := parts[0], parts[1], parts[2]
	return []attack{
		{"no dots", "token", errSegments},
		{"one dot", header + "." + body, errSegments},
		{"three dots", good + ".", errSegments},
		{"five segments, as of a JWE", header + "..x.y." + signature, errSegments},
		{"100,000 dots", strings.Repeat(".", 100_000), errLength},
		{"8,192 dots", strings.Repeat(".", maxToken), errSegments},
		{"1 MiB of claims", sign(goodHeader(), f.with(goodClaims(), object{"x": strings.Repeat("x", 1<<20)})), errLength},
		{"a byte too long", good + strings.Repeat("A", maxToken+1-len(good)), errLength},
		{"signature stripped", header + "." + body + ".", errEncoding},
		{"signature cut", header + "." + body + "." + signature[:40], errSignature},
		{"claims empty", header + ".." + signature, errEncoding},
		{"header empty", "." + body + "." + signature, errEncoding},
		{"padded header", header + "=." + body + "." + signature, errAlphabet},
		{"padded signature", good + "==", errAlphabet},
		{"newline in the signature", header + "." + body + "." + signature[:10] + "\n" + signature[10:], errAlphabet},
		{"carriage return in the claims", header + "." + body[:8] + "\r" + body[8:] + "." + signature, errAlphabet},
		{"standard alphabet", header + "." + body + "." + "+/" + signature[2:], errAlphabet},
		{"space inside", header + " ." + body + "." + signature, errAlphabet},
		{"NUL inside", header + "\x00." + body + "." + signature, errAlphabet},
		{"full-width letter", header + "." + body + "." + signature + "Ａ", errAlphabet},
		{"percent-encoded dot", header + "%2E" + body + "." + signature + ".", errAlphabet},
		{"non-canonical trailing bits", header + "." + body + "." + otherSpelling(signature), errEncoding},
		{"impossible length of a segment", header + "." + body + "." + signature + "AAA", errEncoding},
	}
}

// otherSpelling changes the bits of the last character that no byte needs: a lenient decoder reads the same bytes.
func otherSpelling(segment string) string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	last := strings.IndexByte(alphabet, segment[len(segment)-1])
	return segment[:len(segment)-1] + string(alphabet[last^1])
}

// headerAttacks are for rules 2, 3 and 4.
func headerAttacks(f fixture) []attack {
	out := []attack{}
	for name, value := range map[string]any{
		"crit": []string{"exp"}, "jku": "https://evil.example/jwks", "jwk": object{"kty": "oct", "k": "AAAA"}, "x5u": "https://evil.example/x",
		"x5c": []string{"MIIB"}, "x5t": "AAAA", "b64": false, "zip": "DEF", "cty": "JWT", "enc": "A256GCM", "Alg": "none", "KID": "rsa", "": "x",
	} {
		out = append(out, attack{"header member " + name, sign(f.with(goodHeader(), object{name: value}), goodClaims()), errHeader})
	}
	for name, header := range map[string]string{
		"alg twice":            `{"alg":"RS256","alg":"RS256","kid":"rsa","typ":"at+jwt"}`,
		"alg twice by escape":  `{"alg":"RS256","al\u0067":"none","kid":"rsa","typ":"at+jwt"}`,
		"kid twice":            `{"alg":"RS256","kid":"rsa","kid":"ec","typ":"at+jwt"}`,
		"trailing data":        `{"alg":"RS256","kid":"rsa","typ":"at+jwt"}{}`,
		"trailing garbage":     `{"alg":"RS256","kid":"rsa","typ":"at+jwt"}x`,
		"array":                `["RS256","rsa"]`,
		"string":               `"RS256"`,
		"null":                 `null`,
		"cut":                  `{"alg":"RS256"`,
		"nested deeply":        `{"alg":` + strings.Repeat("[", 2000) + strings.Repeat("]", 2000) + `}`,
		"alg as array":         `{"alg":["RS256"],"kid":"rsa","typ":"at+jwt"}`,
		"kid as number":        `{"alg":"RS256","kid":1,"typ":"at+jwt"}`,
		"kid null":             `{"alg":"RS256","kid":null,"typ":"at+jwt"}`,
		"invalid UTF-8":        "{\"alg\":\"RS256\",\"kid\":\"rs\xff\",\"typ\":\"at+jwt\"}",
		"lone surrogate":       `{"alg":"RS256","kid":"\ud800","typ":"at+jwt"}`,
		"byte order mark":      "\ufeff" + `{"alg":"RS256","kid":"rsa","typ":"at+jwt"}`,
		"comma behind":         `{"alg":"RS256","kid":"rsa","typ":"at+jwt",}`,
		"no JSON":              `alg=RS256`,
		"name without a value": `{"alg"}`,
	} {
		out = append(out, attack{"header: " + name, sign(header, goodClaims()), errHeader})
	}
	for name, typ := range map[string]any{
		"missing": absent, "empty": "", "JWT": "JWT", "of setup": "setup+jwt", "of an ID token": "id+jwt", "of a logout token": "logout+jwt",
		"with a space": "at+jwt ", "of another media type": "text/at+jwt",
	} {
		out = append(out, attack{"typ " + name, sign(f.with(goodHeader(), object{"typ": typ}), goodClaims()), errType})
	}
	return out
}

// keyAttacks are for rules 3 and 5: key confusion and signatures by what is not the key.
func keyAttacks(f fixture) []attack {
	der := must(x509.MarshalPKIXPublicKey(rsaKey().Public()))
	text := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
	hmac := func(key []byte) string {
		return signWith(jwt.SigningMethodHS256, key, f.with(goodHeader(), object{"alg": "HS256"}), goodClaims())
	}
	header := func(members object) object { return f.with(goodHeader(), members) }
	good := strings.Split(sign(goodHeader(), goodClaims()), ".")
	out := []attack{
		{"HS256 by the public key as PEM", hmac(text), errAlgorithm},
		{"HS256 by the public key as DER", hmac(der), errAlgorithm},
		{"HS256 by nothing", hmac([]byte{}), errAlgorithm},
		{"RS512 by an RS256 key", signWith(jwt.SigningMethodRS512, rsaKey(), header(object{"alg": "RS512"}), goodClaims()), errAlgorithm},
		{"RS512 that says RS256", signWith(jwt.SigningMethodRS512, rsaKey(), goodHeader(), goodClaims()), errSignature},
		{"PS256 by an RS256 key", signWith(jwt.SigningMethodPS256, rsaKey(), header(object{"alg": "PS256"}), goodClaims()), errAlgorithm},
		{"PS256 that says RS256", signWith(jwt.SigningMethodPS256, rsaKey(), goodHeader(), goodClaims()), errSignature},
		{"ES256 for the RSA key's id", signWith(jwt.SigningMethodES256, ecKey(), header(object{"alg": "ES256"}), goodClaims()), errAlgorithm},
		{"RS256 for the EC key's id", sign(header(object{"kid": "ec"}), goodClaims()), errAlgorithm},
		{"alg missing", sign(header(object{"alg": absent}), goodClaims()), errAlgorithm},
		{"alg empty", sign(header(object{"alg": ""}), goodClaims()), errAlgorithm},
		{"alg in lower case", sign(header(object{"alg": "rs256"}), goodClaims()), errAlgorithm},
		{"kid missing", sign(header(object{"kid": absent}), goodClaims()), errKeyID},
		{"kid empty", sign(header(object{"kid": ""}), goodClaims()), errKeyID},
		{"kid too long", sign(header(object{"kid": strings.Repeat("k", 300)}), goodClaims()), errKeyID},
		{"another key, same kid", signWith(jwt.SigningMethodRS256, otherKey(), goodHeader(), goodClaims()), errSignature},
		{"signature of another token", good[0] + "." + encode(f.with(goodClaims(), object{"sub": "evil"})) + "." + good[2], errSignature},
		{"header of another token", encode(header(object{"typ": "AT+JWT"})) + "." + good[1] + "." + good[2], errSignature},
		{"ES256 signature of zeros", psychic(header(object{"alg": "ES256", "kid": "ec"})), errSignature},
		{"EdDSA signature of zeros", psychic(header(object{"alg": "EdDSA", "kid": "ed"})), errSignature},
	}
	for _, none := range []string{"none", "None", "NONE", "nOnE"} {
		token := encode(header(object{"alg": none})) + "." + encode(goodClaims()) + "."
		out = append(out, attack{"alg " + none + " without a signature", token, errEncoding}, attack{"alg " + none, token + "AAAA", errAlgorithm})
	}
	for _, kid := range []string{"../../../dev/null", "' OR 1=1 --", "rsa\x00", "RSA", "https://evil.example/key"} {
		out = append(out, attack{"kid " + kid, sign(header(object{"kid": kid}), goodClaims()), errUnknownKey})
	}
	return out
}

func psychic(header object) string {
	return encode(header) + "." + encode(goodClaims()) + "." + base64.RawURLEncoding.EncodeToString(make([]byte, 64))
}

// claimAttacks are for rules 5 and 6, correctly signed.
func claimAttacks(f fixture) []attack {
	out := []attack{}
	add := func(want error, name string, value any) {
		out = append(out, attack{"claim " + name, sign(goodHeader(), f.with(goodClaims(), object{name: value})), want})
	}
	for _, name := range []string{"exp", "iat", "sub", "jti", "client_id", "sid", "epoch"} {
		add(errIncomplete, name, absent)
		add(errKind, name, nil)
		add(errKind, name, []any{1})
		add(errKind, name, true)
	}
	for _, name := range []string{"sub", "jti", "client_id", "sid"} {
		add(errIncomplete, name, "")
		add(errKind, name, 1)
	}
	for _, name := range []string{"exp", "iat", "nbf", "epoch"} {
		add(errKind, name, "1900000000")
		add(errKind, name, -1)
		add(errKind, name, 1.5)
		add(errKind, name, jsonNumber("1e300"))
		add(errKind, name, jsonNumber("1e400"))
		add(errKind, name, jsonNumber("19e8"))
		add(errKind, name, jsonNumber("99999999999999999999"))
	}
	for _, iss := range []any{absent, "", "https://id.example/", "https://ID.example", "id.example", "https://evil.example"} {
		add(errIssuer, "iss", iss)
	}
	add(errKind, "iss", []string{"https://id.example"})
	for _, aud := range []any{absent, "", "sho", "shop2", "SHOP", []string{}, []string{"other"}, []string{"shop", "other"}, []string{"shop", ""}} {
		add(errAudience, "aud", aud)
	}
	for _, aud := range []any{nil, 1, object{"shop": true}, []any{"shop", 1}, []any{[]string{"shop"}}} {
		add(errKind, "aud", aud)
	}
	for _, roles := range []any{"admin", []any{1}, object{}, nil} {
		add(errKind, "roles", roles)
	}
	second := now().Unix()
	past := f.with(goodClaims(), object{"iat": second - 120, "exp": second - 30})
	out = append(out, attack{"claim exp in the past", sign(goodHeader(), past), errExpired})
	add(errLifetime, "exp", second)
	add(errLifetime, "exp", second+int64(time.Hour/time.Second)+1)
	add(errLifetime, "exp", second+100*365*24*3600)
	add(errLifetime, "exp", int64(1<<62))
	add(errLifetime, "iat", second+3600)
	add(errFuture, "iat", second+31)
	add(errEarly, "nbf", second+31)
	add(errEarly, "nbf", int64(1<<62))
	for name, claims := range map[string]string{
		"array": `[]`, "string": `"x"`, "null": `null`, "empty": ` `, "cut": `{"sub":`, "no JSON": `sub=u-1`, "trailing data": `{} {}`,
		"sub twice": `{"sub":"u-1","sub":"u-1"}`, "sub twice by escape": `{"sub":"u-1","su\u0062":"evil"}`, "twice inside": `{"a":{"b":1,"b":2}}`,
		"invalid UTF-8": "{\"sub\":\"\xff\"}", "depth": strings.Repeat(`{"a":`, 1000),
	} {
		out = append(out, attack{"claims: " + name, sign(goodHeader(), claims), errClaims})
	}
	return out
}

// jsonNumber is a number as it stands in JSON.
type jsonNumber string

// MarshalJSON implements json.Marshaler.
func (n jsonNumber) MarshalJSON() ([]byte, error) { return []byte(n), nil }
