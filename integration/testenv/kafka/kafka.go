// Package kafka starts an Apache Kafka for tests, or for a person: one broker that is its own controller, of jars that Maven brings.
package kafka

import (
	"context"
	"fmt"
	"path/filepath"

	"fxcell.dev/integration/testenv/internal/local"
	"fxcell.dev/integration/testenv/internal/process"
)

// Server is a running broker with nothing in it. It ends with Stop, or with this process, however that ends.
type Server struct {
	// Brokers is its host:port; there is no TLS and no login.
	Brokers string
	// Text says what it is, in one line.
	Text string

	process *process.Guarded
}

// Start starts a broker in a temporary folder, on free ports of the loopback interface. It returns when the broker is one of the cluster's that clients are
// sent to.
func Start(ctx context.Context) (*Server, error) {
	return start(ctx, func(d distribution, dir string) (process.Spec, error) { return d.furnish(dir, 0, behind{}) })
}

// StartBehind is Start for a broker whose clients come by a proxy of theirs, host:port: whoever asks at the port of this machine that is returned is sent
// to the proxy.
func StartBehind(ctx context.Context, proxy string) (s *Server, port int, err error) {
	if port, err = local.FreePort(0); err != nil {
		return nil, 0, wrap(err)
	}
	s, err = start(ctx, func(d distribution, dir string) (process.Spec, error) { return d.furnish(dir, 0, behind{proxy, port}) })
	return s, port, err
}

func start(ctx context.Context, furnish func(d distribution, dir string) (process.Spec, error)) (*Server, error) {
	d, err := find(ctx)
	if err != nil {
		return nil, fmt.Errorf("kafka: %w", err)
	}
	p, err := process.Start(ctx, "kafka", answers, func(dir string) (process.Spec, error) { return furnish(d, dir) })
	if err != nil {
		return nil, fmt.Errorf("kafka: %v does not start: %w", d, err)
	}
	return &Server{Brokers: p.Address(), Text: fmt.Sprintf("%v, at %s", d, p.Address()), process: p}, nil
}

// Crash ends the broker by SIGKILL. Its address and its data stay its own.
func (s *Server) Crash() error { return wrap(s.process.Crash()) }

// Restart starts a broker again that has crashed, and returns when it answers.
func (s *Server) Restart() error { return wrap(s.process.Restart()) }

// Stop ends the broker and removes what it left.
func (s *Server) Stop() error { return wrap(s.process.Stop()) }

func wrap(err error) error {
	if err != nil {
		return fmt.Errorf("kafka: %w", err)
	}
	return nil
}

// personPort is where a person's broker listens when nobody else does.
const personPort = 19092

// Up starts a broker for a person: it stays until Down, and what is in it stays after that too. One that runs already is left alone. It returns the
// broker's address and a line that says what it is.
func Up(ctx context.Context) (brokers, text string, err error) {
	d, err := find(ctx)
	if err != nil {
		return "", "", fmt.Errorf("kafka: %w", err)
	}
	dir, err := home()
	if err != nil {
		return "", "", err
	}
	brokers, already, err := process.Up(ctx, dir, answers, func() (process.Spec, error) { return d.furnish(dir, personPort, behind{}) })
	switch {
	case err != nil:
		return "", "", fmt.Errorf("kafka: %v does not start: %w", d, err)
	case already:
		return brokers, "it runs already, in " + dir, nil
	}
	return brokers, fmt.Sprintf("%v, at %s, in %s", d, brokers, dir), nil
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
	return filepath.Join(kept, "up-kafka"), wrap(err)
}
