// Package redis starts a Redis for tests, or for a person: the redis-server of this machine, which it installs when it may.
package redis

import (
	"context"
	"fmt"
	"path/filepath"
	"strconv"

	"fxcell.dev/integration/testenv/internal/local"
	"fxcell.dev/integration/testenv/internal/process"
)

// Server is a running Redis with nothing in it. It ends with Stop, or with this process, however that ends.
type Server struct {
	// Addr is host:port; there is no password.
	Addr string
	// Text says what it is, in one line.
	Text string

	process *process.Guarded
}

// Start starts a server in a temporary folder, on a free port of the loopback interface. It returns when the server answers. What it has acknowledged is
// there again after Crash and Restart.
func Start(ctx context.Context) (*Server, error) {
	b, err := find(ctx, this())
	if err != nil {
		return nil, fmt.Errorf("redis: %w", err)
	}
	p, err := process.Start(ctx, "redis", answers, func(string) (process.Spec, error) { return b.spec(0) })
	if err != nil {
		return nil, fmt.Errorf("redis: %v does not start: %w", b, err)
	}
	return &Server{Addr: p.Address(), Text: fmt.Sprintf("%v, at %s", b, p.Address()), process: p}, nil
}

// Crash ends the server by SIGKILL. Its address and its data stay its own.
func (s *Server) Crash() error { return wrap(s.process.Crash()) }

// Restart starts a server again that has crashed, and returns when it answers.
func (s *Server) Restart() error { return wrap(s.process.Restart()) }

// Stop ends the server and removes what it left.
func (s *Server) Stop() error { return wrap(s.process.Stop()) }

func wrap(err error) error {
	if err != nil {
		return fmt.Errorf("redis: %w", err)
	}
	return nil
}

// personPort is where a person's server listens when nobody else does.
const personPort = 16379

// Up starts a server for a person: it stays until Down, and what is in it stays after that too. One that runs already is left alone. It returns the
// server's address and a line that says what it is.
func Up(ctx context.Context) (addr, text string, err error) {
	b, err := find(ctx, this())
	if err != nil {
		return "", "", fmt.Errorf("redis: %w", err)
	}
	dir, err := home()
	if err != nil {
		return "", "", err
	}
	addr, already, err := process.Up(ctx, dir, answers, func() (process.Spec, error) { return b.spec(personPort) })
	switch {
	case err != nil:
		return "", "", fmt.Errorf("redis: %v does not start: %w", b, err)
	case already:
		return addr, "it runs already, in " + dir, nil
	}
	return addr, fmt.Sprintf("%v, at %s, in %s", b, addr, dir), nil
}

// Down stops what Up has started, and returns the folder in which its data stays, empty when there was nothing to stop.
func Down() (string, error) {
	dir, err := home()
	if err != nil {
		return "", err
	}
	stopped, err := process.Down(dir)
	if err != nil || !stopped {
		return "", wrap(err)
	}
	return dir, nil
}

func home() (string, error) {
	kept, err := local.Cache()
	return filepath.Join(kept, "up-redis"), wrap(err)
}

// spec is how the server is run. It writes each command to the file of its log before it answers, and leaves to the system when that reaches the disk: a
// crash of the process loses nothing.
func (b binary) spec(preferred int) (process.Spec, error) {
	port, err := local.FreePort(preferred)
	if err != nil {
		return process.Spec{}, err
	}
	return process.Spec{Address: local.Address(port), Args: []string{
		b.path, "--port", strconv.Itoa(port), "--bind", "127.0.0.1", "--daemonize", "no", "--save", "", "--appendonly", "yes", "--appendfsync", "no",
	}}, nil
}
