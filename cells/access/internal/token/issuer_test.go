package token_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/go-cmp/cmp"

	"fxcell.dev/cells/access/internal/accesstest"
	"fxcell.dev/cells/access/internal/domain"
	"fxcell.dev/cells/access/internal/keys"
	"fxcell.dev/cells/access/internal/settings"
	"fxcell.dev/cells/access/internal/store"
	"fxcell.dev/cells/access/internal/token"
	"fxcell.dev/fxcell/auth"
	"fxcell.dev/fxcell/clock"
	"fxcell.dev/fxcell/db/memdb"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 500, time.UTC)

var ada = domain.User{ID: "0198-ada", Roles: []string{"admin", "auditor"}, Status: domain.Active, Epoch: 3}

type fixture struct {
	clock  *clock.Manual
	ring   *keys.Ring
	issuer *token.Issuer
}

func setup(t *testing.T, algorithm string, cfg settings.Config) fixture {
	t.Helper()
	tx, clk := memdb.NewEngine(), clock.NewManual(noon)
	ring := keys.NewRing(tx, store.NewMemory(tx), accesstest.NewKeyProvider(), clk, keys.Options{Algorithm: algorithm, Keep: time.Hour})
	if err := ring.Ensure(t.Context()); err != nil {
		t.Fatal(err)
	}
	issuer, err := token.NewIssuer(auth.Config{Issuer: "https://id.example", Audience: "shop"}, cfg, ring, clk)
	if err != nil {
		t.Fatal(err)
	}
	return fixture{clock: clk, ring: ring, issuer: issuer}
}

func part(t *testing.T, text string, n int) map[string]any {
	t.Helper()
	raw, err := base64.RawURLEncoding.DecodeString(strings.Split(text, ".")[n])
	if err != nil {
		t.Fatal(err)
	}
	var members map[string]any
	if err := json.Unmarshal(raw, &members); err != nil {
		t.Fatal(err)
	}
	return members
}

func TestTokenSaysWhatRFC9068AsksAndNothingElse(t *testing.T) {
	t.Parallel()
	f := setup(t, keys.EdDSA, settings.Config{})
	session := f.issuer.Open(ada)
	f.clock.Advance(time.Minute)
	issued, err := f.issuer.Issue(t.Context(), ada, session)
	if err != nil {
		t.Fatal(err)
	}
	signing, err := f.ring.Signing(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	text := issued.Text.Reveal()
	if diff := cmp.Diff(map[string]any{"alg": "EdDSA", "kid": signing.ID, "typ": "at+jwt"}, part(t, text, 0)); diff != "" {
		t.Errorf("header (-want +got):\n%s", diff)
	}
	claims := part(t, text, 1)
	if jti, _ := claims["jti"].(string); len(jti) < 26 { // base32 of 128 bits
		t.Errorf("jti is %q", claims["jti"])
	}
	delete(claims, "jti")
	want := map[string]any{
		"iss": "https://id.example", "aud": "shop", "sub": ada.ID, "client_id": "fxcell", "sid": session.ID, "epoch": 3.0,
		"roles": []any{"admin", "auditor"}, "amr": []any{"pwd"}, "auth_time": float64(noon.Unix()),
		"iat": float64(noon.Unix() + 60), "exp": float64(noon.Unix() + 60 + 600),
	}
	if diff := cmp.Diff(want, claims); diff != "" {
		t.Errorf("claims (-want +got):\n%s", diff)
	}
	if want := noon.Truncate(time.Second).Add(11 * time.Minute); !issued.ExpiresAt.Equal(want) {
		t.Errorf("expires at %v, want %v", issued.ExpiresAt, want)
	}
}

func TestTokenVerifiesWithThePublishedKeyOfEachAlgorithm(t *testing.T) {
	t.Parallel()
	for _, algorithm := range []string{keys.RS256, keys.ES256, keys.EdDSA} {
		t.Run(algorithm, func(t *testing.T) {
			t.Parallel()
			f := setup(t, algorithm, settings.Config{})
			issued, err := f.issuer.Issue(t.Context(), ada, f.issuer.Open(ada))
			if err != nil {
				t.Fatal(err)
			}
			keyOf := func(tok *jwt.Token) (any, error) {
				kid, _ := tok.Header["kid"].(string)
				key, err := f.ring.Key(t.Context(), kid)
				if err != nil || key.Algorithm != tok.Method.Alg() {
					return nil, fmt.Errorf("key %+v, %w", key, errors.Join(err, auth.ErrRejected))
				}
				return key.Key, nil
			}
			strict := []jwt.ParserOption{
				jwt.WithValidMethods([]string{algorithm}), jwt.WithIssuer("https://id.example"), jwt.WithAudience("shop"),
				jwt.WithExpirationRequired(), jwt.WithIssuedAt(), jwt.WithStrictDecoding(), jwt.WithTimeFunc(f.clock.Now),
			}
			if _, err := jwt.Parse(issued.Text.Reveal(), keyOf, strict...); err != nil {
				t.Errorf("got %v", err)
			}
			text := issued.Text.Reveal()
			dot := strings.LastIndexByte(text, '.')
			other := setup(t, algorithm, settings.Config{})
			forged, err := other.issuer.Issue(t.Context(), ada, other.issuer.Open(ada))
			if err != nil {
				t.Fatal(err)
			}
			foreign := forged.Text.Reveal()
			if _, err := jwt.Parse(text[:dot]+foreign[strings.LastIndexByte(foreign, '.'):], keyOf, strict...); err == nil {
				t.Error("a foreign signature is accepted")
			}
			f.clock.Advance(10 * time.Minute)
			if _, err := jwt.Parse(text, keyOf, strict...); !errors.Is(err, jwt.ErrTokenExpired) {
				t.Errorf("after its life: got %v", err)
			}
		})
	}
}

func TestTokensOfOneSessionDiffer(t *testing.T) {
	t.Parallel()
	f := setup(t, keys.EdDSA, settings.Config{})
	session := f.issuer.Open(ada)
	seen := map[any]bool{}
	for range 100 {
		issued, err := f.issuer.Issue(t.Context(), ada, session)
		if err != nil {
			t.Fatal(err)
		}
		seen[part(t, issued.Text.Reveal(), 1)["jti"]] = true
	}
	if len(seen) != 100 || f.issuer.Open(ada).ID == session.ID {
		t.Errorf("%d ids in 100 tokens", len(seen))
	}
}

func TestTokenEndsWithItsSession(t *testing.T) {
	t.Parallel()
	f := setup(t, keys.EdDSA, settings.Config{SessionTTL: time.Hour})
	session := f.issuer.Open(ada)
	if want := noon.Add(time.Hour).Truncate(time.Microsecond); !session.EndsAt.Equal(want) || session.User != ada.ID || !session.Stands(noon) {
		t.Errorf("got %+v, want its end at %v", session, want)
	}
	f.clock.Advance(55 * time.Minute)
	issued, err := f.issuer.Issue(t.Context(), ada, session)
	if err != nil || issued.ExpiresAt.After(session.EndsAt) || session.EndsAt.Sub(issued.ExpiresAt) >= time.Second {
		t.Errorf("expires at %v, %v, the session ends at %v", issued.ExpiresAt, err, session.EndsAt)
	}
}

func TestTokenOfAUserWhoMustChangeThePasswordCarriesNoRoles(t *testing.T) {
	t.Parallel()
	f := setup(t, keys.EdDSA, settings.Config{})
	u := ada
	u.ResetRequired = true
	issued, err := f.issuer.Issue(t.Context(), u, f.issuer.Open(u))
	if err != nil {
		t.Fatal(err)
	}
	if got := part(t, issued.Text.Reveal(), 1)["roles"]; !cmp.Equal(got, []any{}) {
		t.Errorf("got %v", got)
	}
}

func TestLargestTokenIsSmallEnough(t *testing.T) {
	t.Parallel()
	f := setup(t, keys.RS256, settings.Config{})
	u := ada
	u.Roles = slices.Repeat([]string{strings.Repeat("r", domain.MaxRoleSize)}, domain.MaxRoles)
	if _, err := f.issuer.Issue(t.Context(), u, f.issuer.Open(u)); err != nil {
		t.Error(err)
	}
	u.Roles = slices.Repeat(u.Roles, 4)
	if _, err := f.issuer.Issue(t.Context(), u, f.issuer.Open(u)); err == nil {
		t.Error("a token of more than 4 KiB was issued")
	}
}

func TestPrintedTokenShowsNothing(t *testing.T) {
	t.Parallel()
	f := setup(t, keys.EdDSA, settings.Config{})
	issued, err := f.issuer.Issue(t.Context(), ada, f.issuer.Open(ada))
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprintf("%v %+v %#v", issued, issued, issued); strings.Contains(got, issued.Text.Reveal()[:10]) {
		t.Error("the token is shown")
	}
}

func TestIssuerRefusesSectionsThatDoNotFit(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		identity auth.Config
		cfg      settings.Config
		want     string
	}{
		"auth section":                         {auth.Config{Skew: time.Hour}, settings.Config{}, "auth.skew"},
		"access section":                       {auth.Config{}, settings.Config{TokenTTL: time.Hour}, "access.token_ttl"},
		"tokens that live longer than allowed": {auth.Config{MaxLifetime: 6 * time.Minute}, settings.Config{}, "auth.max_lifetime"},
	} {
		if _, err := token.NewIssuer(c.identity, c.cfg, noSigner{}, clock.System()); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

type noSigner struct{ signing keys.Signing }

var errNoKey = errors.New("no key")

func (s noSigner) Signing(context.Context) (keys.Signing, error) {
	if s.signing.Algorithm == "" {
		return keys.Signing{}, errNoKey
	}
	return s.signing, nil
}

func TestIssuerWithoutAKeyIssuesNothing(t *testing.T) {
	t.Parallel()
	f := setup(t, keys.EdDSA, settings.Config{})
	signing, err := f.ring.Signing(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for name, signer := range map[string]noSigner{
		"no key":            {},
		"unknown algorithm": {keys.Signing{ID: "x", Algorithm: "XS256", Key: signing.Key}},
		"another type":      {keys.Signing{ID: "x", Algorithm: "RS256", Key: signing.Key}},
	} {
		issuer, err := token.NewIssuer(auth.Config{}, settings.Config{}, signer, f.clock)
		if err != nil {
			t.Fatal(err)
		}
		if issued, err := issuer.Issue(t.Context(), ada, issuer.Open(ada)); err == nil || !issued.Text.IsZero() {
			t.Errorf("%s: issued %v", name, slices.Collect(maps.Keys(part(t, issued.Text.Reveal(), 0))))
		}
	}
}
