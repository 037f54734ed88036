package access_test

import (
	"context"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/fx"

	"fxcell.dev/cells/access"
	"fxcell.dev/cells/access/internal/accesstest"
	"fxcell.dev/fxcell/auth"
	"fxcell.dev/fxcell/config"
	"fxcell.dev/fxcell/db"
	"fxcell.dev/fxcell/durability"
	"fxcell.dev/fxcell/outbox"
	"fxcell.dev/fxcell/secret"
	"fxcell.dev/infra/postgres/postgrestest"
	"fxcell.dev/migrations"
)

// sqlResult is what a SQL database gives beside portsResult.
type sqlResult struct {
	fx.Out

	SQL   db.SQL
	Claim durability.Claim `group:"fxcell.claims"`
}

// machine is what outlives the processes of a test.
type machine struct {
	database *postgrestest.Database
	keys     keyProvider
	limits   limits
	token    string // the path of the setup token's file
}

func newMachine(t *testing.T) *machine {
	t.Helper()
	return &machine{
		database: postgrestest.Open(t, migrations.Of("access")), keys: keyProvider{grade(durability.Persistent), accesstest.NewKeyProvider()},
		limits: newLimits(durability.Persistent), token: filepath.Join(t.TempDir(), "token"),
	}
}

// start starts the cell on the database, in mode durable.
func (m *machine) start(tb testing.TB) *rig {
	tb.Helper()
	events := &log{Stated: grade(durability.Persistent)}
	claim := func(port string, subject durability.Stated) durability.Claim {
		return durability.Claim{Port: port, Module: "test/server", Subject: subject}
	}
	server := fx.Module("test/server", fx.Provide(func() (portsResult, sqlResult) {
		return portsResult{
			Tx: m.database.Tx, TxClaim: claim("db.Transactor", m.database.Tx), Log: outbox.Writer(events), LogClaim: claim("outbox.Writer", events),
			Keys: secret.KeyProvider(m.keys), KeysClaim: claim("secret.KeyProvider", m.keys), Source: silent{},
		}, sqlResult{SQL: m.database.SQL, Claim: claim("db.SQL", m.database.SQL)}
	}), config.Section[auth.Config]("auth"))
	return assemble(tb, events, durability.Durable, access.Postgres, server, m.limits.module(),
		configured(func(c *access.Config) { c.SetupTokenFile, c.LoginPause = m.token, time.Minute }))
}

func (m *machine) offered(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(m.token)
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(text))
}

func TestProcessesOnOneDatabaseAreOneCell(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	first := m.start(t)
	token := m.offered(t)
	other := m.start(t)
	if got := m.offered(t); got != token {
		t.Fatalf("the second process offers another token")
	}
	admin := other.want(other.setup(token, "root", accesstest.Password), http.StatusCreated, "")
	first.want(first.setup(token, "root2", accesstest.Password), http.StatusGone, "ERR_ACCESS_SETUP_DONE")
	if _, err := os.Stat(m.token); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the token's file is still there: %v", err)
	}
	session := first.want(first.login("root", accesstest.Password), http.StatusCreated, "")
	caller := other.verify(session.member("accessToken"))
	got := first.want(call{method: http.MethodGet, path: "/api/v1/access/users/" + caller.ID, caller: caller}, http.StatusOK, "")
	if diff := cmp.Diff(admin.Data, got.Data); diff != "" {
		t.Errorf("the user as created and as read (-created +read):\n%s", diff)
	}
	restarted := m.start(t)
	if got := restarted.verify(session.member("accessToken")); got.ID != admin.member("id") {
		t.Errorf("after a restart the token says %+v", got)
	}
	jwks := call{method: http.MethodGet, path: "/.well-known/jwks.json"}
	if a, b := first.want(jwks, http.StatusOK, ""), restarted.want(jwks, http.StatusOK, ""); a.text != b.text {
		t.Errorf("the key sets differ:\n%s\n%s", a.text, b.text)
	}
	restarted.want(call{method: http.MethodDelete, path: "/api/v1/access/sessions/" + caller.Session, caller: caller}, http.StatusNoContent, "")
	if err := other.sessions.Check(t.Context(), auth.Session{ID: caller.Session, User: caller.ID}); !errors.Is(err, auth.ErrRejected) {
		t.Errorf("after the logout elsewhere: got %v", err)
	}
	other.want(other.setup(token, "root3", accesstest.Password), http.StatusGone, "ERR_ACCESS_SETUP_DONE")
	for _, r := range []*rig{first, other, restarted} {
		r.wantSilence(accesstest.Password, token, session.member("accessToken"))
	}
}

func TestStartMakesOneKeyForAllProcesses(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	for range 2 {
		r := m.start(t)
		all, err := r.store.Keys(t.Context())
		if err != nil || len(all) != 1 {
			t.Errorf("%d keys after a start, %v, want the one that signs", len(all), err)
		}
	}
}

func TestManyRightCallsOnOneDatabaseMakeOneAdministrator(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	rigs := []*rig{m.start(t), m.start(t)}
	token := m.offered(t)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	answers := make(chan int, 10)
	for i := range cap(answers) {
		c := rigs[0].setup(token, "root"+string(rune('a'+i)), accesstest.Password)
		go func() { answers <- rigs[i%2].do(c).status }()
	}
	counts := map[int]int{}
	for range cap(answers) {
		select {
		case status := <-answers:
			counts[status]++
		case <-ctx.Done():
			t.Fatal(ctx.Err())
		}
	}
	if diff := cmp.Diff(map[int]int{http.StatusCreated: 1, http.StatusGone: cap(answers) - 1}, counts); diff != "" {
		t.Errorf("answers (-want +got):\n%s", diff)
	}
}

func TestGuessesAtAllProcessesAreCountedTogether(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	rigs := []*rig{m.start(t), m.start(t)}
	for _, r := range rigs {
		r.address = "192.0.2.1"
	}
	rigs[0].want(rigs[0].setup(m.offered(t), "root", accesstest.Password), http.StatusCreated, "")
	for i := range 5 {
		rigs[i%2].want(rigs[i%2].login("root", "wrong horse battery staple"), http.StatusUnauthorized, "ERR_ACCESS_INVALID_CREDENTIALS")
	}
	for _, r := range rigs {
		if a := r.want(r.login("root", accesstest.Password), http.StatusTooManyRequests, "ERR_TOO_MANY_REQUESTS"); a.header.Get("Retry-After") == "" {
			t.Errorf("headers %v", a.header)
		}
		r.address = "192.0.2.2"
		r.want(r.login("root", accesstest.Password), http.StatusCreated, "")
	}
}
