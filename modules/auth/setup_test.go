package auth

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	port "fxcell.dev/fxcell/auth"
	"fxcell.dev/fxcell/clock"
)

// now is the time of every test's clock.
func now() time.Time { return time.Date(2030, 3, 1, 12, 0, 0, 0, time.UTC) }

// The keys of all tests: making an RSA key takes long.
var (
	rsaKey   = sync.OnceValue(func() *rsa.PrivateKey { return must(rsa.GenerateKey(rand.Reader, 2048)) })
	otherKey = sync.OnceValue(func() *rsa.PrivateKey { return must(rsa.GenerateKey(rand.Reader, 2048)) })
	ecKey    = sync.OnceValue(func() *ecdsa.PrivateKey { return must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader)) })
	edKey    = sync.OnceValue(func() ed25519.PrivateKey { return ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize)) })
)

func must[T any](v T, err error) T {
	if err != nil {
		panic(err) //nolint:forbidigo // a fixture of the tests: nothing goes on without it
	}
	return v
}

// ring is a key source in memory that counts what it is asked for. Its zero value has no keys.
type ring struct {
	mu    sync.Mutex
	keys  map[string]port.PublicKey
	err   error
	asked []string
}

func newRing() *ring {
	r := &ring{keys: map[string]port.PublicKey{}}
	r.put("rsa", "RS256", rsaKey().Public())
	r.put("ec", "ES256", ecKey().Public())
	r.put("ed", "EdDSA", edKey().Public())
	return r
}

func (r *ring) put(id, alg string, key crypto.PublicKey) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.keys[id] = port.PublicKey{ID: id, Algorithm: alg, Key: key}
}

func (r *ring) drop(id string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.keys, id)
}

// Key implements auth.KeySource.
func (r *ring) Key(_ context.Context, id string) (port.PublicKey, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.asked = append(r.asked, id)
	if r.err != nil {
		return port.PublicKey{}, r.err
	}
	key, ok := r.keys[id]
	if !ok {
		return port.PublicKey{}, port.ErrUnknownKey
	}
	return key, nil
}

// Keys implements auth.KeySource.
func (r *ring) Keys(context.Context) ([]port.PublicKey, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.err != nil {
		return nil, r.err
	}
	var out []port.PublicKey
	for _, id := range []string{"rsa", "ec", "ed"} {
		if key, ok := r.keys[id]; ok {
			out = append(out, key)
		}
	}
	return out, nil
}

// standing is what the sessions of a test say, and what they were asked.
type standing struct {
	mu    sync.Mutex
	err   error
	asked []port.Session
}

// Check implements auth.Sessions.
func (s *standing) Check(_ context.Context, session port.Session) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked = append(s.asked, session)
	return s.err
}

type fixture struct {
	keys     *ring
	sessions *standing
	clock    *clock.Manual
	auth     *Authenticator
}

func setup(tb testing.TB) fixture {
	tb.Helper()
	f := fixture{keys: newRing(), sessions: &standing{}, clock: clock.NewManual(now())}
	a, err := New(port.Config{Issuer: "https://id.example", Audience: "shop"}, f.keys, f.sessions, f.clock)
	if err != nil {
		tb.Fatal(err)
	}
	f.auth = a
	return f
}

// send authenticates a request that carries token as bearer token.
func (f fixture) send(tb testing.TB, token string) (port.Principal, error) {
	tb.Helper()
	r := httptest.NewRequestWithContext(context.Background(), http.MethodGet, "/", http.NoBody)
	r.Header.Set("Authorization", "Bearer "+token)
	return f.auth.Authenticate(r)
}

type object = map[string]any

func goodHeader() object { return object{"alg": "RS256", "kid": "rsa", "typ": "at+jwt"} }

func goodClaims() object {
	return object{
		"iss": "https://id.example", "aud": "shop", "sub": "u-1", "jti": "t-1", "client_id": "web", "sid": "s-1", "epoch": 7,
		"iat": now().Unix(), "exp": now().Add(10 * time.Minute).Unix(), "roles": []string{"admin", "editor"},
		"amr": []string{"pwd"}, "auth_time": now().Unix(),
	}
}

// with returns a copy of o with members set; a value of absent removes the member.
func (f fixture) with(o object, members object) object {
	out := maps.Clone(o)
	for k, v := range members {
		if _, removed := v.(absentMember); removed {
			delete(out, k)
		} else {
			out[k] = v
		}
	}
	return out
}

type absentMember struct{}

var absent absentMember

func encode(v any) string {
	if text, ok := v.(string); ok {
		return base64.RawURLEncoding.EncodeToString([]byte(text))
	}
	return base64.RawURLEncoding.EncodeToString(must(json.Marshal(v)))
}

// sign makes a token of header and claims, each a JSON text or an object, by the RSA key.
func sign(header, claims any) string {
	return signWith(jwt.SigningMethodRS256, rsaKey(), header, claims)
}

func signWith(method jwt.SigningMethod, key, header, claims any) string {
	signed := encode(header) + "." + encode(claims)
	return signed + "." + base64.RawURLEncoding.EncodeToString(must(method.Sign(signed, key)))
}
