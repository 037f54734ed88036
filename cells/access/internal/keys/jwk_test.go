package keys_test

import (
	"crypto/ed25519"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"errors"
	"math/big"
	"testing"

	"fxcell.dev/cells/access/internal/keys"
)

func decode(t *testing.T, text string) []byte {
	t.Helper()
	b, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// The keys and thumbprints of RFC 7638 section 3.1 and RFC 8037 appendix A.
func TestThumbprintIsThatOfTheRFC(t *testing.T) {
	t.Parallel()
	n := "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw"
	for _, c := range []struct {
		name, want string
		key        any
	}{
		{"RSA", "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs", &rsa.PublicKey{N: new(big.Int).SetBytes(decode(t, n)), E: 65537}},
		{"Ed25519", "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k", ed25519.PublicKey(decode(t, "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"))},
	} {
		members, err := keys.NewJWK(c.key)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := members.Thumbprint(); err != nil || got != c.want {
			t.Errorf("%s: got %s, %v, want %s", c.name, got, err, c.want)
		}
	}
}

func TestJWKHasOnlyPublicMembers(t *testing.T) {
	t.Parallel()
	public := map[string]bool{"kty": true, "n": true, "e": true, "crv": true, "x": true, "y": true}
	for _, algorithm := range []string{keys.RS256, keys.ES256, keys.EdDSA} {
		f := setup()
		r := f.ring(algorithm)
		if err := r.Ensure(t.Context()); err != nil {
			t.Fatal(err)
		}
		signing, err := r.Signing(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		members, err := keys.NewJWK(signing.Key.Public())
		if err != nil {
			t.Fatal(err)
		}
		text, err := json.Marshal(members)
		if err != nil {
			t.Fatal(err)
		}
		var got map[string]string
		if err := json.Unmarshal(text, &got); err != nil {
			t.Fatal(err)
		}
		for name, value := range got {
			if !public[name] || value == "" {
				t.Errorf("%s: member %s is %q", algorithm, name, value)
			}
		}
		if _, err := keys.NewJWK(signing.Key); !errors.Is(err, keys.ErrKey) {
			t.Errorf("%s: a private key was encoded: %v", algorithm, err)
		}
	}
}
