package faults

import (
	"bytes"
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"fxcell.dev/fxcell/fxcelltest"
)

// patience bounds what a test waits for.
const patience = time.Minute

const password = "correct horse battery staple"

// product is what all replicas share: a database, a key file, and who may change settings.
type product struct {
	*testing.T

	assembly  string
	reader    string   // of the log: what it has passed is on its way
	settings  []string // of every replica
	dsn       string   // a database of its own, as replicas reach it
	db        *sql.DB
	dir       string
	env       []string
	lease     string // how long a reader is an owner's that is not heard of
	tokenFile string
	replicas  int      // that were started
	poisoned  []string // keys whose events the test has let be parked
}

// server is the address of the PostgreSQL that the tests share.
func server(t *testing.T) string {
	t.Helper()
	return fxcelltest.Server(t, "TESTENV_POSTGRES_DSN")
}

// deploy makes a database on the server and a key file; it starts nothing.
func deploy(t *testing.T, server string) *product {
	t.Helper()
	name := "faults_" + strings.ToLower(rand.Text())
	admin := connect(t, server)
	if _, err := admin.ExecContext(t.Context(), "CREATE DATABASE "+name); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if _, err := admin.ExecContext(ctx, "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)"); err != nil {
			t.Errorf("drop the database: %v", err)
		}
	})
	u, err := url.Parse(server)
	if err != nil {
		t.Fatal("the address of the server is none")
	}
	u.Path = "/" + name
	p := &product{T: t, assembly: "durable", reader: auditReader, dsn: u.String(), db: connect(t, u.String()), dir: t.TempDir(), lease: lease.String()}
	keys := filepath.Join(p.dir, "keys")
	if out, err := exec.CommandContext(t.Context(), core, "keygen", keys).CombinedOutput(); err != nil { //nolint:gosec // ours
		t.Fatalf("keygen: %v\n%s", err, out)
	}
	p.tokenFile = filepath.Join(p.dir, "setup-token")
	p.env = append(os.Environ(), "FXCELL_KEYFILE__FILE="+keys, "HOME="+p.dir)
	return p
}

// named is the address of the database for a replica: its sessions bear its name.
func (p *product) named(replica string) string { return p.dsn + "&application_name=" + replica }

func connect(t *testing.T, dsn string) *sql.DB {
	t.Helper()
	db, err := sql.Open("postgres", dsn)
	if err != nil {
		t.Fatal("the address of the server is none")
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

// request is what a client sends.
type request struct {
	method, path, token, body string
	header                    map[string]string
}

// answer is what it gets.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// do sends a request to a replica.
func do(ctx context.Context, base string, r request) (answer, error) {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, r.method, base+r.path, strings.NewReader(r.body))
	if err != nil {
		return answer{}, err
	}
	if r.body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	if r.token != "" {
		req.Header.Set("Authorization", "Bearer "+r.token)
	}
	for k, v := range r.header {
		req.Header.Set(k, v)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(res.Body, 8<<20))
	return answer{res.StatusCode, res.Header, body}, err
}

// data decodes what an answer holds.
func data[T any](t *testing.T, a answer) T {
	t.Helper()
	var envelope struct {
		Data T `json:"data"`
	}
	if err := json.NewDecoder(bytes.NewReader(a.body)).Decode(&envelope); err != nil {
		t.Fatalf("%v in %s", err, a.body)
	}
	return envelope.Data
}

// must sends a request to a replica that has to be answered by the status.
func (p *product) must(base string, status int, r request) answer {
	p.Helper()
	a, err := do(p.Context(), base, r)
	if err != nil {
		p.Fatalf("%s %s: %v", r.method, r.path, err)
	}
	if a.status != status {
		p.Fatalf("%s %s: status %d, want %d: %s", r.method, r.path, a.status, status, a.body)
	}
	return a
}

// setUp makes the first administrator by the token that the product has left in a file.
func (p *product) setUp(base string) {
	p.Helper()
	info, err := os.Stat(p.tokenFile)
	if err != nil {
		p.Fatal(err)
	}
	if info.Mode().Perm() != 0o600 {
		p.Errorf("the token's file has mode %v, want 0600", info.Mode().Perm())
	}
	token, err := os.ReadFile(p.tokenFile)
	if err != nil {
		p.Fatal(err)
	}
	p.must(base, http.StatusCreated, request{method: http.MethodPost, path: "/api/v1/access/setup", body: fmt.Sprintf(
		`{"token":%q,"username":"admin","email":"admin@example.com","password":%q}`, strings.TrimSpace(string(token)), password)})
}

// login opens a session of the administrator.
func (p *product) login(base string) string {
	p.Helper()
	a := p.must(base, http.StatusCreated, request{
		method: http.MethodPost, path: "/api/v1/access/sessions/login", body: fmt.Sprintf(`{"username":"admin","password":%q}`, password),
	})
	return data[struct{ AccessToken string }](p.T, a).AccessToken
}

// dial connects to a server until the test ends.
func dial(t *testing.T, address string) net.Conn {
	t.Helper()
	conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

// value reads one value from the database.
func value[T any](p *product, query string, args ...any) T {
	p.Helper()
	var v T
	if err := p.db.QueryRowContext(p.Context(), query, args...).Scan(&v); err != nil {
		p.Fatalf("%v in %s", err, query)
	}
	return v
}

// await waits until the condition holds.
func (p *product) await(what string, condition func() bool) {
	p.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.After(patience); !condition(); {
		select {
		case <-tick.C:
		case <-deadline:
			p.Fatalf("%s did not come about", what)
		}
	}
}
