package keys_test

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"errors"
	"sync"
	"testing"
	"time"

	"fxcell.dev/cells/access/internal/accesstest"
	"fxcell.dev/cells/access/internal/domain"
	"fxcell.dev/cells/access/internal/keys"
	"fxcell.dev/cells/access/internal/store"
	"fxcell.dev/fxcell/auth"
	"fxcell.dev/fxcell/clock"
	"fxcell.dev/fxcell/db"
	"fxcell.dev/fxcell/db/memdb"
	"fxcell.dev/fxcell/secret"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

type fixture struct {
	tx       db.Transactor
	store    store.Store
	provider secret.KeyProvider
	clock    *clock.Manual
}

func setup() *fixture {
	tx := memdb.NewEngine()
	return &fixture{tx: tx, store: store.NewMemory(tx), provider: accesstest.NewKeyProvider(), clock: clock.NewManual(noon)}
}

// ring is another process's ring on the same store.
func (f *fixture) ring(algorithm string) *keys.Ring {
	return keys.NewRing(f.tx, f.store, f.provider, f.clock, keys.Options{Algorithm: algorithm, Keep: time.Hour})
}

func (f *fixture) insert(t *testing.T, k domain.SigningKey) {
	t.Helper()
	if err := f.tx.InTx(t.Context(), func(ctx context.Context) error { return f.store.InsertKey(ctx, k) }); err != nil {
		t.Fatal(err)
	}
}

// stored returns a key as the ring stores one.
func stored(t *testing.T, algorithm string, public crypto.PublicKey) domain.SigningKey {
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
	return domain.SigningKey{ID: id, Algorithm: algorithm, Public: der, State: domain.KeyActive, CreatedAt: noon}
}

func edKey(t *testing.T) ed25519.PublicKey {
	t.Helper()
	public, _, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return public
}

func TestFirstStartMakesOneKeyForAllProcesses(t *testing.T) {
	t.Parallel()
	f := setup()
	rings := make([]*keys.Ring, 8)
	var all sync.WaitGroup
	for i := range rings {
		rings[i] = f.ring(keys.EdDSA)
		all.Go(func() {
			if err := rings[i].Ensure(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	want, err := rings[0].Signing(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rings {
		if err := r.Ensure(t.Context()); err != nil {
			t.Error(err)
		}
		got, err := r.Signing(t.Context())
		if err != nil || got.ID != want.ID {
			t.Errorf("got key %s, %v, want %s", got.ID, err, want.ID)
		}
		if public, err := r.Keys(t.Context()); err != nil || len(public) != 1 {
			t.Errorf("got %d keys, %v, want 1", len(public), err)
		}
	}
}

func TestKeyIsStoredWrappedForItsOwnPlace(t *testing.T) {
	t.Parallel()
	f := setup()
	if err := f.ring(keys.RS256).Ensure(t.Context()); err != nil {
		t.Fatal(err)
	}
	all, err := f.store.Keys(t.Context())
	if err != nil || len(all) != 1 {
		t.Fatalf("got %d keys, %v", len(all), err)
	}
	k := all[0]
	if k.Algorithm != "RS256" || k.State != domain.KeyActive || !k.CreatedAt.Equal(noon) || k.Private.KeyID == "" {
		t.Errorf("got %s, %s, %v, wrapped by %q", k.Algorithm, k.State, k.CreatedAt, k.Private.KeyID)
	}
	if _, err := x509.ParsePKCS8PrivateKey(k.Private.Data); err == nil {
		t.Error("the private key is stored in the clear")
	}
	private, err := f.provider.Unwrap(t.Context(), "access/signing/"+k.ID, k.Private)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := x509.ParsePKCS8PrivateKey(private)
	key, ok := parsed.(*rsa.PrivateKey)
	if err != nil || !ok || key.N.BitLen() != 2048 || key.E != 65537 {
		t.Errorf("got %T, %v, want RSA of 2048 bits", parsed, err)
	}
}

func TestRetiredKeyVerifiesForAWhileAndNeverSigns(t *testing.T) {
	t.Parallel()
	f := setup()
	r := f.ring(keys.EdDSA)
	old := stored(t, keys.EdDSA, edKey(t))
	old.State, old.RetiredAt = domain.KeyRetired, noon
	f.insert(t, old)
	if err := r.Ensure(t.Context()); err != nil {
		t.Fatal(err)
	}
	signing, err := r.Signing(t.Context())
	if err != nil || signing.ID == old.ID {
		t.Errorf("signs with %s, %v", signing.ID, err)
	}
	f.clock.Advance(time.Hour - time.Nanosecond)
	if got, err := r.Key(t.Context(), old.ID); err != nil || got.ID != old.ID || got.Algorithm != keys.EdDSA {
		t.Errorf("in time: got %+v, %v", got, err)
	}
	if all, err := r.Keys(t.Context()); err != nil || len(all) != 2 {
		t.Errorf("in time: got %d keys, %v", len(all), err)
	}
	f.clock.Advance(time.Nanosecond)
	if _, err := r.Key(t.Context(), old.ID); !errors.Is(err, auth.ErrUnknownKey) {
		t.Errorf("too late: got %v", err)
	}
	if all, err := r.Keys(t.Context()); err != nil || len(all) != 1 || all[0].ID != signing.ID {
		t.Errorf("too late: got %d keys, %v", len(all), err)
	}
}

func TestKeyThatWasRotatedInIsSeenAtOnce(t *testing.T) {
	t.Parallel()
	f := setup()
	r := f.ring(keys.EdDSA)
	k := stored(t, keys.EdDSA, edKey(t))
	if _, err := r.Key(t.Context(), k.ID); !errors.Is(err, auth.ErrUnknownKey) {
		t.Errorf("before: got %v", err)
	}
	f.insert(t, k)
	if got, err := r.Key(t.Context(), k.ID); err != nil || got.ID != k.ID {
		t.Errorf("after: got %+v, %v", got, err)
	}
}

func TestUnfitKeyIsRefused(t *testing.T) {
	t.Parallel()
	weak, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	other, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	exponent := weak.PublicKey
	exponent.E = 3
	for name, make := range map[string]func(t *testing.T) domain.SigningKey{
		"RSA below 2048 bits":  func(t *testing.T) domain.SigningKey { t.Helper(); return stored(t, keys.RS256, &weak.PublicKey) },
		"RSA with exponent 3":  func(t *testing.T) domain.SigningKey { t.Helper(); return stored(t, keys.RS256, &exponent) },
		"another curve":        func(t *testing.T) domain.SigningKey { t.Helper(); return stored(t, keys.ES256, &other.PublicKey) },
		"another algorithm":    func(t *testing.T) domain.SigningKey { t.Helper(); return stored(t, keys.RS256, edKey(t)) },
		"an unknown algorithm": func(t *testing.T) domain.SigningKey { t.Helper(); return stored(t, "none", edKey(t)) },
		"swapped key": func(t *testing.T) domain.SigningKey {
			t.Helper()
			k := stored(t, keys.EdDSA, edKey(t))
			k.Public = stored(t, keys.EdDSA, edKey(t)).Public
			return k
		},
		"garbage": func(t *testing.T) domain.SigningKey {
			t.Helper()
			k := stored(t, keys.EdDSA, edKey(t))
			k.Public = []byte("garbage")
			return k
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := setup()
			k := make(t)
			f.insert(t, k)
			r := f.ring(keys.EdDSA)
			if _, err := r.Key(t.Context(), k.ID); err == nil || name != "garbage" && !errors.Is(err, keys.ErrKey) {
				t.Errorf("Key: got %v", err)
			}
			if _, err := r.Keys(t.Context()); err == nil {
				t.Error("Keys shows it")
			}
			if _, err := r.Signing(t.Context()); err == nil {
				t.Error("it signs")
			}
		})
	}
}

func TestWrappedKeyThatWasMovedDoesNotSign(t *testing.T) {
	t.Parallel()
	f, from := setup(), setup()
	f.provider = from.provider
	if err := from.ring(keys.EdDSA).Ensure(t.Context()); err != nil {
		t.Fatal(err)
	}
	moved, err := from.store.Keys(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	k := stored(t, keys.EdDSA, edKey(t))
	k.Private = moved[0].Private
	f.insert(t, k)
	if _, err := f.ring(keys.EdDSA).Signing(t.Context()); !errors.Is(err, secret.ErrUnwrap) {
		t.Errorf("got %v", err)
	}
}

func TestRingWithoutItsKeyProviderDoesNotSign(t *testing.T) {
	t.Parallel()
	f := setup()
	if err := f.ring(keys.EdDSA).Ensure(t.Context()); err != nil {
		t.Fatal(err)
	}
	f.provider = accesstest.NewKeyProvider()
	if _, err := f.ring(keys.EdDSA).Signing(t.Context()); !errors.Is(err, secret.ErrUnwrap) {
		t.Errorf("got %v", err)
	}
}

func TestUnknownAlgorithmEndsTheStart(t *testing.T) {
	t.Parallel()
	if err := setup().ring("HS256").Ensure(t.Context()); !errors.Is(err, keys.ErrKey) {
		t.Errorf("got %v", err)
	}
}
