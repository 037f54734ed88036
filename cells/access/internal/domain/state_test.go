package domain_test

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"fxcell.dev/cells/access/internal/domain"
	"fxcell.dev/fxcell/secret"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func TestSessionStandsUntilItsEndOrItsRevocation(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		session domain.Session
		want    bool
	}{
		{"open", domain.Session{EndsAt: noon.Add(time.Second)}, true},
		{"at its end", domain.Session{EndsAt: noon}, false},
		{"past its end", domain.Session{EndsAt: noon.Add(-time.Second)}, false},
		{"revoked", domain.Session{EndsAt: noon.Add(time.Hour), RevokedAt: noon}, false},
	} {
		if got := c.session.Stands(noon); got != c.want {
			t.Errorf("%s: got %v", c.name, got)
		}
	}
}

func TestRetiredKeyVerifiesAsLongAsItsTokensCount(t *testing.T) {
	t.Parallel()
	retired := domain.SigningKey{State: domain.KeyRetired, RetiredAt: noon}
	for after, want := range map[time.Duration]bool{0: true, time.Hour - 1: true, time.Hour: false} {
		if got := retired.Verifies(noon.Add(after), time.Hour); got != want {
			t.Errorf("%v after its retirement: got %v", after, got)
		}
	}
	if !(domain.SigningKey{State: domain.KeyActive}).Verifies(noon, 0) {
		t.Error("an active key does not verify")
	}
}

func TestSetupAcceptsItsTokenOnceAndInTime(t *testing.T) {
	t.Parallel()
	setup, token := domain.NewSetup(noon)
	if raw, err := base64.RawURLEncoding.DecodeString(token); err != nil || len(raw) != 32 {
		t.Errorf("the token has %d bytes, %v, want 32", len(raw), err)
	}
	if setup.TokenHash != sha256.Sum256([]byte(token)) {
		t.Error("the setup keeps something else than the token's SHA-256")
	}
	completed := setup
	completed.CompletedAt = noon
	for _, c := range []struct {
		name  string
		setup domain.Setup
		token string
		now   time.Time
		want  bool
	}{
		{"in time", setup, token, noon.Add(24*time.Hour - 1), true},
		{"after 24 hours", setup, token, noon.Add(24 * time.Hour), false},
		{"wrong", setup, token + "x", noon, false},
		{"empty", setup, "", noon, false},
		{"completed", completed, token, noon, false},
		{"never offered", domain.Setup{}, "", noon, false},
	} {
		if got := c.setup.Accepts(c.token, c.now); got != c.want {
			t.Errorf("%s: got %v", c.name, got)
		}
	}
	if _, other := domain.NewSetup(noon); other == token {
		t.Error("two setups share a token")
	}
}

func TestUserActsOnlyWhenActive(t *testing.T) {
	t.Parallel()
	for status, want := range map[domain.Status]bool{domain.Active: true, domain.Suspended: false, domain.Locked: false, "": false} {
		if got := (domain.User{Status: status}).MayAct(); got != want {
			t.Errorf("%q: got %v", status, got)
		}
	}
}

func TestTokenRolesWaitForThePasswordReset(t *testing.T) {
	t.Parallel()
	u := domain.User{Roles: []string{"admin"}}
	if got := u.TokenRoles(); !slices.Equal(got, []string{"admin"}) {
		t.Errorf("got %v", got)
	}
	u.ResetRequired = true
	if got := u.TokenRoles(); got == nil || len(got) != 0 {
		t.Errorf("got %v, want none, as a list", got)
	}
}

func TestUserDoesNotPrintItsHash(t *testing.T) {
	t.Parallel()
	u := domain.User{Password: secret.NewText("$argon2id$secret")}
	if strings.Contains(fmt.Sprintf("%v %+v %#v", u, u, u), "argon2id") {
		t.Error("a printed user shows the hash")
	}
}
