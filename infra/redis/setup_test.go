package redis

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"os/exec"
	"strings"
	"testing"
	"time"

	goredis "github.com/redis/go-redis/v9"
	"go.uber.org/goleak"
	"go.uber.org/zap"

	"fxcell.dev/fxcell/fxcelltest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// open opens a client on the server under test, or on the one that cfg names, with a prefix of its own.
func open(t *testing.T, cfg Config) *client {
	t.Helper()
	if len(cfg.Addrs) == 0 && cfg.URL.IsZero() {
		cfg.Addrs = []string{fxcelltest.Server(t, "TESTENV_REDIS_ADDR")}
	}
	if cfg.Prefix == "" {
		cfg.Prefix = "test:" + rand.Text() + ":"
	}
	c, err := newClient(cfg, zap.NewNop())
	if err != nil {
		t.Fatal(err)
	}
	if err := c.open(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return c
}

// raw returns the driver's connections.
func raw(t *testing.T, c *client) goredis.UniversalClient {
	t.Helper()
	on, err := c.conn()
	if err != nil {
		t.Fatal(err)
	}
	return on
}

// server is a server of the test's own, which it may kill.
type server struct {
	*testing.T

	addr string
	args []string
	cmd  *exec.Cmd
}

// serve starts a server of the test's own, with redis-server's arguments.
func serve(t *testing.T, args ...string) *server {
	t.Helper()
	fxcelltest.Server(t, "TESTENV_REDIS_ADDR") // tests with servers are run, or not, together
	if _, err := exec.LookPath("redis-server"); err != nil {
		t.Skip("no redis-server on this machine, which this test starts and kills")
	}
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	_ = l.Close()
	_, port, _ := net.SplitHostPort(addr)
	args = append([]string{"--port", port, "--bind", "127.0.0.1", "--dir", t.TempDir(), "--save", "", "--loglevel", "warning"}, args...)
	s := &server{T: t, addr: addr, args: args}
	s.start()
	t.Cleanup(s.kill)
	return s
}

func (s *server) start() {
	s.Helper()
	s.cmd = exec.CommandContext(context.WithoutCancel(s.Context()), "redis-server", s.args...) //nolint:gosec // the test's own arguments
	if err := s.cmd.Start(); err != nil {
		s.Fatal(err)
	}
	eventually(s.T, "the server answers", func() bool {
		conn, err := (&net.Dialer{}).DialContext(s.Context(), "tcp", s.addr)
		if err != nil {
			return false
		}
		defer func() { _ = conn.Close() }()
		_ = conn.SetDeadline(time.Now().Add(time.Second))
		if _, err := conn.Write([]byte("PING\r\n")); err != nil {
			return false
		}
		answer := make([]byte, 64)
		n, err := conn.Read(answer)
		return err == nil && !strings.HasPrefix(string(answer[:n]), "-LOADING")
	})
}

// kill ends the server as a loss of power does.
func (s *server) kill() {
	if s.cmd == nil {
		return
	}
	_ = s.cmd.Process.Kill()
	_ = s.cmd.Wait()
	s.cmd = nil
}

// eventually waits until a condition holds.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !holds() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("it never came: %s", what)
		}
	}
}

// within fails unless the channel closes in time.
func within(t *testing.T, what string, d time.Duration, closed <-chan struct{}) time.Duration {
	t.Helper()
	started := time.Now()
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-closed:
	case <-timer.C:
		t.Errorf("%s: not within %v", what, d)
	}
	return time.Since(started)
}

// wants fails unless the text of err has all parts.
func wants(t *testing.T, err error, parts ...string) {
	t.Helper()
	text := fmt.Sprint(err)
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("error %q lacks %q", text, part)
		}
	}
}

// isErr fails unless err is want.
func isErr(t *testing.T, what string, err, want error) {
	t.Helper()
	if want == nil && err != nil || !errors.Is(err, want) {
		t.Errorf("%s = %v, want %v", what, err, want)
	}
}
