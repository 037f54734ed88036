package main_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"fxcell.dev/infra/postgres/postgrestest"
)

// durable is one installation of the product on PostgreSQL: what it keeps outlives its processes.
type durable struct {
	*testing.T

	tokenFile string
	env       []string
}

func install(t *testing.T) *durable {
	t.Helper()
	dir := t.TempDir()
	dsn := postgrestest.Empty(t)
	keys := filepath.Join(dir, "keys")
	if code, stdout, stderr := run(t, "keygen", keys); code != 0 {
		t.Fatalf("keygen: exit code %d, %s %s", code, stdout, stderr)
	}
	return &durable{t, filepath.Join(dir, "setup-token"), append(os.Environ(), "FXCELL_POSTGRES__DSN="+dsn.Reveal(), "FXCELL_KEYFILE__FILE="+keys)}
}

// start runs a replica until it serves, and returns its URL.
func (d *durable) start() (p *process, url string) {
	d.Helper()
	args := append(onFreePorts(), "--assembly", "durable", "--set", "access.setup_token_file="+d.tokenFile)
	cmd := exec.CommandContext(d.Context(), binary, args...) //nolint:gosec // our own binary
	cmd.Env = d.env
	p = launch(d.T, cmd)
	for _, line := range p.waitFor("public") {
		if rest, ok := strings.CutPrefix(line, "public"); ok {
			return p, strings.TrimSpace(rest)
		}
	}
	return p, ""
}

// ask sends a request, holds the status, and decodes the answer's data.
func (d *durable) ask(url, method, path, token, body string, status int, into any) {
	d.Helper()
	ctx, cancel := context.WithTimeout(d.Context(), patience)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, url+path, strings.NewReader(body))
	if err != nil {
		d.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		d.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	answer, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != status {
		d.Fatalf("%s %s: status %d, %v, want %d: %s", method, path, res.StatusCode, err, status, answer)
	}
	if into == nil {
		return
	}
	envelope := struct{ Data any }{into}
	if err := json.Unmarshal(answer, &envelope); err != nil {
		d.Fatalf("%v in %s", err, answer)
	}
}

// trail waits until the trail holds n entries, and returns their types.
func (d *durable) trail(url, token string, n int) []string {
	d.Helper()
	for {
		var all []entry
		d.ask(url, http.MethodGet, "/api/v1/audit/entries?limit=100", token, "", http.StatusOK, &all)
		if len(all) < n {
			continue
		}
		var types []string
		for _, e := range all {
			types = append(types, e.EventType)
		}
		return types
	}
}

// The main job on PostgreSQL; then the process is killed, and the next one has all of it: users and sessions, settings, the chain, and the keys by which a
// token from before still verifies.
func TestTheDurableProductOutlivesItsProcess(t *testing.T) {
	t.Parallel()
	d := install(t)
	first, url := d.start()
	const password = "correct horse battery staple"
	d.ask(url, http.MethodPost, "/api/v1/access/setup", "", fmt.Sprintf(
		`{"token":%q,"username":"admin","email":"admin@example.com","password":%q}`, d.token(), password), http.StatusCreated, nil)
	var session struct{ AccessToken, SessionID string }
	credentials := fmt.Sprintf(`{"username":"admin","password":%q}`, password)
	d.ask(url, http.MethodPost, "/api/v1/access/sessions/login", "", credentials, http.StatusCreated, &session)
	token := session.AccessToken
	d.ask(url, http.MethodPost, "/api/v1/config/", token, `{"key":"greeting","value":"hello"}`, http.StatusCreated, nil)
	d.ask(url, http.MethodPost, "/api/v1/config/greeting/publish", token, `{}`, http.StatusOK, nil)
	before := d.trail(url, token, 4)
	if out, _, _ := first.lines(); strings.Contains(strings.Join(out, "\n"), d.token()) {
		t.Error("the setup token stands in the output")
	}

	first.signal(syscall.SIGKILL)
	<-first.exited
	_, url = d.start()
	var setting struct {
		Value   string
		Version int64
	}
	d.ask(url, http.MethodGet, "/api/v1/config/greeting", token, "", http.StatusOK, &setting)
	if setting.Value != "hello" || setting.Version != 1 {
		t.Errorf("the setting is %+v", setting)
	}
	after := strings.Join(d.trail(url, token, len(before)), " ")
	for _, want := range []string{"event.user.created.v1", "event.session.created.v1", "event.config.changed.v1"} {
		if !strings.Contains(after, want) {
			t.Errorf("no %s in the trail: %s", want, after)
		}
	}
	var integrity struct {
		Valid          bool
		EntriesChecked int
	}
	d.ask(url, http.MethodGet, "/api/v1/audit/integrity", token, "", http.StatusOK, &integrity)
	if !integrity.Valid || integrity.EntriesChecked < len(before) {
		t.Errorf("integrity %+v", integrity)
	}
	d.ask(url, http.MethodPost, "/api/v1/access/sessions/login", "", credentials, http.StatusCreated, nil)
	d.ask(url, http.MethodPost, "/api/v1/access/setup", "", fmt.Sprintf(
		`{"token":"%s","username":"eve","email":"eve@example.com","password":%q}`, strings.Repeat("x", 43), password), http.StatusGone, nil)
}

// token reads the one-time token where operators find it.
func (d *durable) token() string {
	d.Helper()
	text, err := os.ReadFile(d.tokenFile)
	if err != nil {
		return "the file is gone"
	}
	return strings.TrimSpace(string(text))
}

// A start with another key file on the same database is refused, and says why: nothing that it promised could be kept.
func TestAStartWithOtherKeysIsRefused(t *testing.T) {
	t.Parallel()
	d := install(t)
	p, _ := d.start()
	p.signal(syscall.SIGTERM)
	p.exitCode()
	other := filepath.Join(t.TempDir(), "other")
	if code, stdout, stderr := run(t, "keygen", other); code != 0 {
		t.Fatalf("keygen: exit code %d, %s %s", code, stdout, stderr)
	}
	cmd := exec.CommandContext(t.Context(), binary, append(onFreePorts(), "--assembly", "durable", "--set", "logging.level=error")...) //nolint:gosec // our own binary
	cmd.Env = append(d.env, "FXCELL_KEYFILE__FILE="+other)
	p = launch(t, cmd)
	code := p.exitCode()
	_, stderr, _ := p.lines()
	got := strings.Join(stderr, "\n")
	if code != 1 || !strings.Contains(got, "start with the key-encryption keys under which it was wrapped, or restore them") {
		t.Errorf("exit code %d, stderr %s", code, got)
	}
}
