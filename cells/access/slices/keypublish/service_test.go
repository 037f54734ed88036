package keypublish_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"regexp"
	"testing"
	"time"

	"fxcell.dev/cells/access/accessapi"
	"fxcell.dev/cells/access/internal/accesstest"
	"fxcell.dev/cells/access/internal/domain"
	"fxcell.dev/cells/access/internal/keys"
	"fxcell.dev/cells/access/slices/keypublish"
)

// retire adds a retired key to the ring.
func retire(t *testing.T, f *accesstest.Fixture, algorithm string, public any) {
	t.Helper()
	members, err := keys.NewJWK(public)
	if err != nil {
		t.Fatal(err)
	}
	id, err := members.Thumbprint()
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		t.Fatal(err)
	}
	k := domain.SigningKey{ID: id, Algorithm: algorithm, Public: der, State: domain.KeyRetired, RetiredAt: f.Clock.Now(), CreatedAt: time.Unix(1, 0)}
	if err := f.Tx.InTx(t.Context(), func(ctx context.Context) error { return f.Store.InsertKey(ctx, k) }); err != nil {
		t.Fatal(err)
	}
	if err := f.Ring.Reload(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func get(t *testing.T, s *keypublish.Service) accessapi.JWKSResponse {
	t.Helper()
	got, err := s.Keys(t.Context(), accessapi.JWKSRequest{})
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func TestKeySetHoldsEveryKeyThatVerifies(t *testing.T) {
	t.Parallel()
	f := accesstest.New(t)
	r, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	e, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	retire(t, f, keys.RS256, &r.PublicKey)
	retire(t, f, keys.ES256, &e.PublicKey)
	got := get(t, keypublish.New(f.Ring))
	seen := map[string]accessapi.JWK{}
	for _, k := range got.Keys {
		seen[k.Kty] = k
		if k.Use != "sig" || len(k.Kid) != 43 {
			t.Errorf("got %+v", k)
		}
	}
	if k := seen["RSA"]; k.Alg != "RS256" || k.N == "" || k.E != "AQAB" || k.Crv+k.X+k.Y != "" {
		t.Errorf("RSA: got %+v", k)
	}
	if k := seen["EC"]; k.Alg != "ES256" || k.Crv != "P-256" || len(k.X) != 43 || len(k.Y) != 43 || k.N+k.E != "" {
		t.Errorf("EC: got %+v", k)
	}
	if k := seen["OKP"]; k.Alg != "EdDSA" || k.Crv != "Ed25519" || len(k.X) != 43 || k.N+k.E+k.Y != "" {
		t.Errorf("OKP: got %+v", k)
	}
	if len(got.Keys) != 3 {
		t.Errorf("got %d keys", len(got.Keys))
	}
}

func TestKeySetMayBeKeptFiveMinutesAndSaysWhenItChanged(t *testing.T) {
	t.Parallel()
	f := accesstest.New(t)
	s := keypublish.New(f.Ring)
	before := get(t, s)
	if before.CacheControl != "public, max-age=300" || !regexp.MustCompile(`^"[A-Za-z0-9_-]{43}"$`).MatchString(before.ETag) {
		t.Errorf("got %q, %q", before.CacheControl, before.ETag)
	}
	if again := get(t, s); again.ETag != before.ETag {
		t.Error("the tag changes without the keys")
	}
	e, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	retire(t, f, keys.ES256, &e.PublicKey)
	if after := get(t, s); after.ETag == before.ETag || len(after.Keys) != 2 {
		t.Errorf("after another key: %d keys, the same tag: %v", len(after.Keys), after.ETag == before.ETag)
	}
}

func TestKeySetThatCannotBeShownWholeIsNotShown(t *testing.T) {
	t.Parallel()
	f := accesstest.New(t)
	weak, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	retire(t, f, keys.RS256, &weak.PublicKey)
	if got, err := keypublish.New(f.Ring).Keys(t.Context(), accessapi.JWKSRequest{}); err == nil || got.Keys != nil {
		t.Errorf("got %+v, %v", got, err)
	}
}
