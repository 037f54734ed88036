// Package postgres starts a PostgreSQL for tests, or for a person: as any user, also as root, out of whatever binaries there are.
package postgres

import (
	"bufio"
	"context"
	"crypto/rand"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"fxcell.dev/integration/testenv/internal/local"
)

//go:embed server.sh
var script string

// Options say which server is started, and how.
type Options struct {
	Origin Origin // Auto when empty
	NoSync bool   // does not wait for the disk: faster, and no test of what lasts
}

// Server is a running PostgreSQL with nothing in it. It ends with Stop, or with this process, however that ends.
type Server struct {
	// DSN is its address, with the password of a superuser.
	DSN string
	// Text says what it is, in one line.
	Text string

	guard *exec.Cmd
	words io.WriteCloser // what the guard obeys; it stops the server when this is closed
	told  *bufio.Reader  // what it answers
}

// attempts is how often a start is tried: the port that was free may be taken by then.
const attempts = 3

// Start starts a server in a temporary folder, on a free port of the loopback interface. It returns when the server answers.
func Start(ctx context.Context, o Options) (*Server, error) {
	if o.Origin == "" {
		o.Origin = Auto
	}
	b, err := find(ctx, o.Origin)
	if err != nil {
		return nil, fmt.Errorf("postgres: %w", err)
	}
	for n := 1; ; n++ {
		s, err := start(b, o)
		if err == nil {
			return s, nil
		}
		if n == attempts || !strings.Contains(err.Error(), "already in use") {
			return nil, fmt.Errorf("postgres: %v does not start: %w", b, err)
		}
	}
}

func start(b binaries, o Options) (*Server, error) {
	dir, err := os.MkdirTemp("", "testenv-postgres-")
	if err != nil {
		return nil, err
	}
	h, err := furnish(dir, b, o, 0)
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	guard, err := h.command("run")
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	words, err := guard.StdinPipe()
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	told, err := ready(guard)
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	return &Server{DSN: h.dsn(), Text: h.text(), guard: guard, words: words, told: told}, nil
}

// ready starts a command and returns when it says that the server answers, with what it will say next.
func ready(c *exec.Cmd) (*bufio.Reader, error) {
	var complaint strings.Builder
	c.Stderr = &complaint
	out, err := c.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := c.Start(); err != nil {
		return nil, err
	}
	told := bufio.NewReader(out)
	if line, _ := told.ReadString('\n'); line == "ready\n" {
		return told, nil
	}
	return nil, fmt.Errorf("%w\n%s", c.Wait(), complaint.String())
}

// Crash ends the server as a power cut does: at once, without a checkpoint. Its address stays its own.
func (s *Server) Crash() error { return s.order("crash", "crashed") }

// Restart starts a server again that has crashed, and returns when it answers.
func (s *Server) Restart() error { return s.order("start", "ready") }

func (s *Server) order(word, want string) error {
	if _, err := io.WriteString(s.words, word+"\n"); err != nil {
		return fmt.Errorf("postgres: %s: %w", word, err)
	}
	answer, err := s.told.ReadString('\n')
	if err != nil {
		return fmt.Errorf("postgres: %s: %w", word, err)
	}
	if answer != want+"\n" {
		return fmt.Errorf("postgres: %s was answered %q", word, answer)
	}
	return nil
}

// patience is how long a server may take to stop.
const patience = time.Minute

var errStuck = errors.New("postgres: the server does not stop")

// Stop stops the server and removes what it left.
func (s *Server) Stop() error {
	_ = s.words.Close() // the guard is gone already, or notices
	stuck := time.AfterFunc(patience, func() { _ = s.guard.Process.Kill() })
	err := s.guard.Wait()
	if !stuck.Stop() {
		return errStuck
	}
	if err != nil {
		return fmt.Errorf("postgres: stop: %w", err)
	}
	return nil
}

// home is a folder with a server's settings and data.
type home struct {
	dir      string
	binaries binaries
	port     int
	password string
	noSync   bool
}

// furnish writes what a server is started by. It listens on the port if that is free.
func furnish(dir string, b binaries, o Options, port int) (home, error) {
	h := home{dir: dir, binaries: b, password: rand.Text(), noSync: o.NoSync}
	password := filepath.Join(dir, "password")
	if text, err := os.ReadFile(password); err == nil { //nolint:gosec // of a folder of ours
		h.password = string(text)
	}
	port, err := local.FreePort(port)
	if err != nil {
		return h, err
	}
	h.port = port
	settings := fmt.Sprintf("listen_addresses = '127.0.0.1'\nport = %d\nunix_socket_directories = '%s'\nmax_connections = 200\ntimezone = 'UTC'\n",
		port, strings.ReplaceAll(dir, "'", "''"))
	if o.NoSync {
		settings += "fsync = off\nfull_page_writes = off\n"
	}
	for name, text := range map[string]string{"settings.conf": settings, "password": h.password} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			return h, err
		}
	}
	as, err := runAs()
	if err != nil || as == nil {
		return h, err
	}
	for _, name := range []string{"", "settings.conf", "password"} {
		if err := os.Chown(filepath.Join(dir, name), int(as.Uid), int(as.Gid)); err != nil {
			return h, err
		}
	}
	return h, nil
}

// command is the script in the given mode, as a user that the server accepts, in a session of its own: what ends this process ends it by the end of
// its standard input alone.
func (h home) command(mode string) (*exec.Cmd, error) {
	as, err := runAs()
	if err != nil {
		return nil, err
	}
	c := exec.Command("sh", "-c", script, "server.sh", mode, h.binaries.dir, h.dir) //nolint:gosec,noctx // it outlives every context
	c.Dir = h.dir
	c.Env = []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C"}
	c.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Credential: as}
	return c, nil
}

func (h home) dsn() string {
	u := url.URL{
		Scheme: "postgres", User: url.UserPassword("fxcell", h.password), Host: local.Address(h.port),
		Path: "/postgres", RawQuery: "sslmode=disable",
	}
	return u.String()
}

func (h home) text() string {
	sync := "fsync on"
	if h.noSync {
		sync = "fsync off"
	}
	return fmt.Sprintf("%v, port %d, %s", h.binaries, h.port, sync)
}

var errRoot = errors.New("PostgreSQL does not run as root, and there is no user postgres or nobody to run it as")

// runAs returns whom the server runs as, nil for whoever runs this: it refuses to be root.
func runAs() (*syscall.Credential, error) {
	if os.Getuid() != 0 {
		return nil, nil //nolint:nilnil // nobody else is an answer
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err1 := strconv.ParseUint(u.Uid, 10, 32)
		gid, err2 := strconv.ParseUint(u.Gid, 10, 32)
		if err1 == nil && err2 == nil {
			return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
		}
	}
	return nil, errRoot
}
