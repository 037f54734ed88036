package process

import (
	"bufio"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"
)

//go:embed guard.sh
var script string

// Guarded is a running server that ends with Stop, or with this process, however that ends.
type Guarded struct {
	ask   Ask
	at    place
	guard *exec.Cmd
	words io.WriteCloser // what the guard obeys; it stops the server when this is closed
	told  *bufio.Reader  // what it answers
}

// attempts is how often a start is tried: the port that was free may be taken by then.
const attempts = 3

// Start starts a server in a temporary folder and returns when it answers. Furnish writes into the folder what the server is started by; it is called
// again, with another folder, when somebody else has taken the port.
func Start(ctx context.Context, name string, ask Ask, furnish func(dir string) (Spec, error)) (*Guarded, error) {
	for n := 1; ; n++ {
		g, err := start(ctx, name, ask, furnish)
		if err == nil || n == attempts || !errors.Is(err, ErrPort) {
			return g, err
		}
	}
}

func start(ctx context.Context, name string, ask Ask, furnish func(dir string) (Spec, error)) (*Guarded, error) {
	dir, err := os.MkdirTemp("", "testenv-"+name+"-")
	if err != nil {
		return nil, err
	}
	spec, err := furnish(dir)
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	c := exec.Command("sh", append([]string{"-c", script, "guard.sh", dir}, spec.Args...)...) //nolint:gosec,noctx // it outlives every context
	c.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	g := &Guarded{ask: ask, at: place{dir: dir, address: spec.Address}, guard: c}
	out, err1 := c.StdoutPipe()
	words, err2 := c.StdinPipe()
	if err := errors.Join(err1, err2); err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	g.words, g.told = words, bufio.NewReader(out)
	if err := c.Start(); err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	if err := g.await(ctx); err != nil {
		return nil, errors.Join(err, g.Stop())
	}
	return g, nil
}

// await returns when the server that the guard has started answers.
func (g *Guarded) await(ctx context.Context) error {
	if _, err := fmt.Fscanf(g.told, "started %d\n", &g.at.pid); err != nil {
		return fmt.Errorf("the guard said no process: %w", err)
	}
	return g.ask.await(ctx, g.at, func() bool {
		_, err := os.Stat(filepath.Join(g.at.dir, "ended"))
		return err == nil
	})
}

// Address is where the server listens.
func (g *Guarded) Address() string { return g.at.address }

// Crash ends the server by SIGKILL. Its address and its data stay its own.
func (g *Guarded) Crash() error { return g.order("crash", "crashed") }

// End asks the server to end, and returns when it has.
func (g *Guarded) End() error { return g.order("end", "ended") }

func (g *Guarded) order(word, want string) error {
	if _, err := io.WriteString(g.words, word+"\n"); err != nil {
		return fmt.Errorf("%s: %w", word, err)
	}
	answer, err := g.told.ReadString('\n')
	if err != nil {
		return fmt.Errorf("%s: %w", word, err)
	}
	if answer != want+"\n" {
		return fmt.Errorf("%s was answered %q", word, answer)
	}
	return nil
}

// Restart starts a server again that has crashed, and returns when it answers.
func (g *Guarded) Restart() error {
	if _, err := io.WriteString(g.words, "start\n"); err != nil {
		return fmt.Errorf("restart: %w", err)
	}
	if err := g.await(context.Background()); err != nil {
		return fmt.Errorf("restart: %w", err)
	}
	return nil
}

var errStuck = errors.New("the server does not stop")

// Stop ends the server and removes what it left.
func (g *Guarded) Stop() error {
	_ = g.words.Close() // the guard is gone already, or notices
	stuck := time.AfterFunc(patience, func() { _ = g.guard.Process.Kill() })
	err := g.guard.Wait()
	if !stuck.Stop() {
		return errStuck
	}
	if err != nil {
		return fmt.Errorf("stop: %w", err)
	}
	return nil
}
