package auth

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/go-cmp/cmp"

	port "fxcell.dev/fxcell/auth"
)

func TestGoodTokenNamesItsUser(t *testing.T) {
	t.Parallel()
	f := setup(t)
	want := port.Principal{Kind: port.User, ID: "u-1", Roles: []string{"admin", "editor"}, Session: "s-1", Client: "web", Token: "t-1"}

	tokens := map[string]string{
		"RS256":           sign(goodHeader(), goodClaims()),
		"ES256":           signWith(jwt.SigningMethodES256, ecKey(), f.with(goodHeader(), object{"alg": "ES256", "kid": "ec"}), goodClaims()),
		"EdDSA":           signWith(jwt.SigningMethodEdDSA, edKey(), f.with(goodHeader(), object{"alg": "EdDSA", "kid": "ed"}), goodClaims()),
		"long typ":        sign(f.with(goodHeader(), object{"typ": "application/AT+JWT"}), goodClaims()),
		"aud as array":    sign(goodHeader(), f.with(goodClaims(), object{"aud": []string{"shop"}})),
		"unknown claims":  sign(goodHeader(), f.with(goodClaims(), object{"x": object{"y": []any{1, nil, "z"}}})),
		"spaces in JSON":  sign(" {\n\"alg\":\"RS256\", \"kid\":\"rsa\",\t\"typ\":\"at+jwt\"} ", goodClaims()),
		"nbf in the past": sign(goodHeader(), f.with(goodClaims(), object{"nbf": now().Unix()})),
	}
	for name, token := range tokens {
		got, err := f.send(t, token)
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%s: error %v, principal (-want +got):\n%s", name, err, diff)
		}
	}
	if got, want := f.sessions.asked[0], (port.Session{ID: "s-1", User: "u-1", Epoch: 7}); got != want {
		t.Errorf("Sessions.Check was asked for %+v, want %+v", got, want)
	}
}

func TestTokenWithoutRolesHasNone(t *testing.T) {
	t.Parallel()
	f := setup(t)
	got, err := f.send(t, sign(goodHeader(), f.with(goodClaims(), object{"roles": absent})))
	if err != nil || len(got.Roles) != 0 {
		t.Errorf("got roles %v, error %v, want none and no error", got.Roles, err)
	}
}

func TestCredentialsComeInOneAuthorizationHeader(t *testing.T) {
	t.Parallel()
	f := setup(t)
	token := sign(goodHeader(), goodClaims())
	cases := []struct {
		name    string
		headers []string
		want    error // nil: accepted
	}{
		{"none", nil, port.ErrNoCredentials},
		{"empty", []string{""}, port.ErrNoCredentials},
		{"another scheme", []string{"Basic dTpw"}, port.ErrNoCredentials},
		{"no scheme", []string{token}, port.ErrNoCredentials},
		{"scheme alone", []string{"Bearer"}, errEmpty},
		{"scheme and a space", []string{"Bearer "}, errEmpty},
		{"two headers", []string{"Bearer " + token, "Bearer " + token}, errHeaders},
		{"two schemes", []string{"Basic dTpw", "Bearer " + token}, errHeaders},
		{"two tokens", []string{"Bearer " + token + " " + token}, errSegments},
		{"a space behind", []string{"Bearer " + token + " "}, errAlphabet},
		{"a comma", []string{"Bearer " + token + ","}, errAlphabet},
		{"lower case scheme", []string{"bearer " + token}, nil},
		{"two spaces", []string{"Bearer  " + token}, nil},
	}
	for _, c := range cases {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/?access_token="+token, http.NoBody)
		r.Header["Authorization"] = c.headers
		if _, err := f.auth.Authenticate(r); !errors.Is(err, c.want) {
			t.Errorf("%s: got error %v, want %v", c.name, err, c.want)
		}
	}
}

func TestKeySourceIsAskedForEachTokenAndNoMore(t *testing.T) {
	t.Parallel()
	f := setup(t)
	next := must(rsa.GenerateKey(rand.Reader, 2048))
	rotated := signWith(jwt.SigningMethodRS256, next, f.with(goodHeader(), object{"kid": "next"}), goodClaims())

	if _, err := f.send(t, rotated); !errors.Is(err, errUnknownKey) {
		t.Fatalf("before the rotation: got error %v, want %v", err, errUnknownKey)
	}
	f.keys.put("next", "RS256", next.Public())
	if _, err := f.send(t, rotated); err != nil {
		t.Fatalf("after the rotation: got error %v", err)
	}
	f.keys.drop("next")
	if _, err := f.send(t, rotated); !errors.Is(err, errUnknownKey) {
		t.Fatalf("after the key is gone: got error %v, want %v", err, errUnknownKey)
	}
	if got, want := strings.Join(f.keys.asked, " "), "next next next"; got != want {
		t.Errorf("the key source was asked for %q, want %q", got, want)
	}
}

func TestOddTokensReachNeitherKeysNorSessions(t *testing.T) {
	t.Parallel()
	f := setup(t)
	for _, token := range []string{
		"a.b", "a.b.c", strings.Repeat("a", maxToken+1), sign(f.with(goodHeader(), object{"kid": absent}), goodClaims()),
		sign(f.with(goodHeader(), object{"kid": strings.Repeat("k", maxKeyID+1)}), goodClaims()), sign(`{"alg":"RS256","alg":"RS256"}`, goodClaims()),
	} {
		if _, err := f.send(t, token); !errors.Is(err, port.ErrRejected) {
			t.Errorf("got error %v, want %v", err, port.ErrRejected)
		}
	}
	if len(f.keys.asked) > 0 || len(f.sessions.asked) > 0 {
		t.Errorf("keys were asked %d times, sessions %d times, want never", len(f.keys.asked), len(f.sessions.asked))
	}
}

func TestFaultOfKeySourceOrSessionsIsNoRejection(t *testing.T) {
	t.Parallel()
	broken := errors.New("connection refused")
	weak := must(rsa.GenerateKey(rand.Reader, 1024))
	cases := []struct {
		name   string
		change func(f fixture)
		want   error
	}{
		{"key source fails", func(f fixture) { f.keys.err = broken }, broken},
		{"key is weak", func(f fixture) { f.keys.put("rsa", "RS256", weak.Public()) }, errUnfit},
		{"key has another id", func(f fixture) {
			f.keys.keys["rsa"] = port.PublicKey{ID: "x", Algorithm: "RS256", Key: rsaKey().Public()}
		}, errUnfit},
		{"key is of another algorithm", func(f fixture) { f.keys.put("rsa", "ES256", rsaKey().Public()) }, errUnfit},
		{"key is a secret", func(f fixture) { f.keys.put("rsa", "HS256", []byte("secret")) }, errUnfit},
		{"key is private", func(f fixture) { f.keys.put("rsa", "RS256", rsaKey()) }, errUnfit},
		{"key is none", func(f fixture) { f.keys.put("rsa", "none", nil) }, errUnfit},
		{"sessions fail", func(f fixture) { f.sessions.err = broken }, broken},
		{"request has ended", func(f fixture) { f.sessions.err = context.Canceled }, context.Canceled},
	}
	for _, c := range cases {
		f := setup(t)
		c.change(f)
		_, err := f.send(t, sign(goodHeader(), goodClaims()))
		if !errors.Is(err, c.want) || errors.Is(err, port.ErrRejected) || errors.Is(err, port.ErrNoCredentials) {
			t.Errorf("%s: got error %v, want %v and no rejection", c.name, err, c.want)
		}
		if strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: the error has more than one line: %q", c.name, err)
		}
	}
}

func TestRevokedSessionIsRefused(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.sessions.err = port.ErrRejected
	if _, err := f.send(t, sign(goodHeader(), goodClaims())); !errors.Is(err, errSession) {
		t.Errorf("got error %v, want %v", err, errSession)
	}
}

// TestTokenLivesByTheClockAndItsSkew is rule 6: a second before each bound and at it.
func TestTokenLivesByTheClockAndItsSkew(t *testing.T) {
	t.Parallel()
	const skew = 30 * time.Second
	start, end := now(), now().Add(10*time.Minute)
	cases := []struct {
		name string
		at   time.Time
		want error
	}{
		{"issued far ahead of us", start.Add(-skew - time.Second), errFuture},
		{"issued by a clock ahead of ours", start.Add(-skew), nil},
		{"at its end", end, nil},
		{"just before the skew is used up", end.Add(skew - time.Nanosecond), nil},
		{"when the skew is used up", end.Add(skew), errExpired},
	}
	for _, c := range cases {
		f := setup(t)
		f.clock.Advance(c.at.Sub(now()))
		if _, err := f.send(t, sign(goodHeader(), goodClaims())); !errors.Is(err, c.want) {
			t.Errorf("%s: got error %v, want %v", c.name, err, c.want)
		}
	}
}

func TestConfigIsFilledAndChecked(t *testing.T) {
	t.Parallel()
	if _, err := New(port.Config{}, newRing(), &standing{}, setup(t).clock); err != nil {
		t.Errorf("the zero config: got error %v, want none", err)
	}
	_, err := New(port.Config{Skew: time.Hour, MaxLifetime: -1}, newRing(), &standing{}, setup(t).clock)
	if err == nil || !strings.Contains(err.Error(), "auth.skew") || !strings.Contains(err.Error(), "auth.max_lifetime") {
		t.Errorf("got error %v, want one that names auth.skew and auth.max_lifetime", err)
	}
}
