package auth

import (
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	port "fxcell.dev/fxcell/auth"
)

// A token that is remembered is judged as the first time in all that can have changed since.
func TestTokenThatComesAgainIsHeldAgainstWhatCanChange(t *testing.T) {
	t.Parallel()
	broken := errors.New("connection refused")
	other := must(rsa.GenerateKey(rand.Reader, 2048))
	cases := []struct {
		name     string
		change   func(f fixture)
		want     error
		rejected bool
	}{
		{"the session has ended", func(f fixture) { f.sessions.err = port.ErrRejected }, errSession, true},
		{"sessions fail", func(f fixture) { f.sessions.err = broken }, broken, false},
		{"the key is gone", func(f fixture) { f.keys.drop("rsa") }, errUnknownKey, true},
		{"the id is that of another key", func(f fixture) { f.keys.put("rsa", "RS256", other.Public()) }, errSignature, true},
		{"the id is that of a key of another kind", func(f fixture) { f.keys.put("rsa", "ES256", ecKey().Public()) }, errAlgorithm, true},
		{"the key is for another algorithm", func(f fixture) { f.keys.put("rsa", "EdDSA", rsaKey().Public()) }, errUnfit, false},
		{"the key has another id", func(f fixture) {
			f.keys.keys["rsa"] = port.PublicKey{ID: "x", Algorithm: "RS256", Key: rsaKey().Public()}
		}, errUnfit, false},
		{"the key is none", func(f fixture) { f.keys.put("rsa", "RS256", nil) }, errUnfit, false},
		{"the key source fails", func(f fixture) { f.keys.err = broken }, broken, false},
		{"it has expired", func(f fixture) { f.clock.Advance(10*time.Minute + 30*time.Second) }, errExpired, true},
		{"our clock was set back", func(f fixture) { f.clock.Advance(-31 * time.Second) }, errFuture, true},
	}
	for _, c := range cases {
		f := setup(t)
		token := sign(goodHeader(), goodClaims())
		for range 2 {
			if _, err := f.send(t, token); err != nil {
				t.Fatalf("%s: got error %v before it", c.name, err)
			}
		}
		c.change(f)
		for range 2 {
			_, err := f.send(t, token)
			if !errors.Is(err, c.want) || errors.Is(err, port.ErrRejected) != c.rejected {
				t.Errorf("%s: got error %v, want %v, rejected: %t", c.name, err, c.want, c.rejected)
			}
		}
	}
}

func TestTokenIsVerifiedOnceAndHeldAgainstItsKeyAndSessionEachTime(t *testing.T) {
	t.Parallel()
	f := setup(t)
	token := sign(goodHeader(), goodClaims())
	want := port.Principal{Kind: port.User, ID: "u-1", Roles: []string{"admin", "editor"}, Session: "s-1", Client: "web", Token: "t-1"}
	for range 3 {
		got, err := f.send(t, token)
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Fatalf("error %v, principal (-want +got):\n%s", err, diff)
		}
		got.Roles[0] = "root" // what one handler does to its copy is nobody else's
	}
	if len(f.keys.asked) != 3 || len(f.sessions.asked) != 3 {
		t.Errorf("the key source was asked %d times, the sessions %d times, want each time", len(f.keys.asked), len(f.sessions.asked))
	}
	if _, ok := f.auth.verified.find(token); !ok {
		t.Error("the token is not remembered")
	}
	for _, near := range []string{token[:len(token)-1], token + "A", token[:len(token)-4] + "AAAA"} {
		if _, err := f.send(t, near); !errors.Is(err, port.ErrRejected) {
			t.Errorf("a token like one that is remembered: got error %v, want %v", err, port.ErrRejected)
		}
	}
	f.clock.Advance(time.Hour)
	_, err := f.send(t, token)
	if _, ok := f.auth.verified.find(token); ok || !errors.Is(err, errExpired) {
		t.Errorf("it is remembered when it has expired: %t, error %v", ok, err)
	}
}

func TestTokensAreRememberedWithinBounds(t *testing.T) {
	t.Parallel()
	v := newVerified()
	name := func(i int) string { return fmt.Sprint("token ", i) }
	for i := range 5 * generation {
		v.remember(name(i), signed{header: header{kid: name(i)}})
		v.find(name(0)) // one that is in use
		if n := len(v.young) + len(v.old); n > 2*generation {
			t.Fatalf("%d tokens are remembered, want at most %d", n, 2*generation)
		}
	}
	for _, i := range []int{0, 5*generation - 1, 4*generation + 2} {
		if s, ok := v.find(name(i)); !ok || s.header.kid != name(i) {
			t.Errorf("token %d: got %v, %t, want it remembered", i, s.header, ok)
		}
	}
	if _, ok := v.find(name(1)); ok {
		t.Error("a token is remembered that was not used for long")
	}
	v.forget(name(0))
	if _, ok := v.find(name(0)); ok {
		t.Error("a token is remembered that was to be forgotten")
	}
}

func TestTokensComeFromManySidesAtOnce(t *testing.T) {
	t.Parallel()
	f := setup(t)
	tokens := []string{sign(goodHeader(), goodClaims()), sign(goodHeader(), f.with(goodClaims(), object{"sub": "u-2"}))}
	var senders sync.WaitGroup
	for i := range 8 {
		senders.Go(func() {
			for range 20 {
				got, err := f.auth.verify(t.Context(), tokens[i%2])
				if want := fmt.Sprint("u-", i%2+1); err != nil || got.ID != want {
					t.Errorf("got %s, error %v, want %s", got.ID, err, want)
				}
			}
		})
	}
	senders.Wait()
}
