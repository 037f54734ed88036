package auth

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/golang-jwt/jwt/v5"
)

// BenchmarkVerify measures an accepted token against what golang-jwt does with it when it is told the key, in the same run.
func BenchmarkVerify(b *testing.B) {
	f := setup(b)
	for alg, token := range map[string]string{
		"RS256": sign(goodHeader(), goodClaims()),
		"ES256": signWith(jwt.SigningMethodES256, ecKey(), f.with(goodHeader(), object{"alg": "ES256", "kid": "ec"}), goodClaims()),
		"EdDSA": signWith(jwt.SigningMethodEdDSA, edKey(), f.with(goodHeader(), object{"alg": "EdDSA", "kid": "ed"}), goodClaims()),
	} {
		public := map[string]any{"RS256": rsaKey().Public(), "ES256": ecKey().Public(), "EdDSA": edKey().Public()}[alg]
		b.Run(alg+"/ours", func(b *testing.B) {
			r := httptest.NewRequestWithContext(b.Context(), http.MethodGet, "/", http.NoBody)
			r.Header.Set("Authorization", "Bearer "+token)
			quiet := *f.auth
			quiet.sessions = &standing{} // it notes each session that it is asked for: a slice, not work of ours
			b.ReportAllocs()
			quiet.verified = nil // each time as if it were the first
			for b.Loop() {
				if _, err := quiet.Authenticate(r); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(alg+"/again", func(b *testing.B) {
			r := httptest.NewRequestWithContext(b.Context(), http.MethodGet, "/", http.NoBody)
			r.Header.Set("Authorization", "Bearer "+token)
			quiet := *f.auth
			quiet.sessions = &standing{}
			b.ReportAllocs()
			for b.Loop() {
				if _, err := quiet.Authenticate(r); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(alg+"/golang-jwt", func(b *testing.B) {
			parser := jwt.NewParser(jwt.WithValidMethods([]string{alg}), jwt.WithTimeFunc(now), jwt.WithIssuer("https://id.example"), jwt.WithAudience("shop"))
			key := func(*jwt.Token) (any, error) { return public, nil }
			b.ReportAllocs()
			for b.Loop() {
				if _, err := parser.Parse(token, key); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(alg+"/refused", func(b *testing.B) {
			unknown := "Bearer " + sign(f.with(goodHeader(), object{"kid": "gone"}), goodClaims())
			r := httptest.NewRequestWithContext(b.Context(), http.MethodGet, "/", http.NoBody)
			r.Header.Set("Authorization", unknown)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := f.auth.Authenticate(r); err == nil {
					b.Fatal("accepted")
				}
			}
		})
	}
}
