package faults

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// replica is one process of the product.
type replica struct {
	t       *testing.T
	name    string
	cmd     *exec.Cmd
	public  string // the URL of its listener for everybody
	ops     string // the URL of its listener for operators
	started chan struct{}
	ended   chan struct{}

	mu    sync.Mutex
	lines []string
}

// launch starts a replica and waits until it serves.
func (p *product) launch() *replica {
	p.Helper()
	r := p.begin()
	select {
	case <-r.started:
	case <-r.ended:
		p.Fatalf("the replica ended at its start:\n%s", r.output())
	case <-time.After(patience):
		p.Fatalf("the replica does not start:\n%s", r.output())
	}
	return r
}

// begin starts a replica and waits for nothing.
func (p *product) begin() *replica {
	p.Helper()
	args := []string{"--assembly", p.assembly}
	for _, s := range append([]string{
		"httpserver.public.addr=127.0.0.1:0", "httpserver.ops.addr=127.0.0.1:0", "access.setup_token_file=" + p.tokenFile, "postgres.outbox.lease=" + p.lease, "postgres.idle_in_transaction=" + p.lease,
	}, p.settings...) {
		args = append(args, "--set", s)
	}
	p.replicas++
	r := &replica{t: p.T, name: fmt.Sprintf("replica%d", p.replicas), started: make(chan struct{}), ended: make(chan struct{})}
	r.cmd = exec.CommandContext(p.Context(), core, args...) //nolint:gosec // ours
	r.cmd.Env, r.cmd.Dir = append(slices.Clip(p.env), "FXCELL_POSTGRES__DSN="+p.named(r.name)), p.dir
	r.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	read, write := io.Pipe()
	r.cmd.Stdout, r.cmd.Stderr = write, write
	if err := r.cmd.Start(); err != nil {
		p.Fatal(err)
	}
	go r.read(read)
	go func() {
		_ = r.cmd.Wait() // how it ended is asked of cmd.ProcessState
		_ = write.Close()
		close(r.ended)
	}()
	p.Cleanup(func() {
		r.kill()
		if p.Failed() {
			p.Logf("%s printed at last:\n%s", r.name, r.last(30))
		}
	})
	return r
}

// read collects what the replica prints, and finds its addresses in it.
func (r *replica) read(out io.Reader) {
	for s := bufio.NewScanner(out); s.Scan(); {
		line := s.Text()
		r.mu.Lock()
		r.lines = append(r.lines, line)
		if url, ok := strings.CutPrefix(line, "public"); ok && r.public == "" {
			r.public = strings.TrimSpace(url)
		}
		if url, ok := strings.CutPrefix(line, "ops"); ok && r.ops == "" {
			r.ops = strings.TrimSpace(url)
		}
		both := r.public != "" && r.ops != ""
		r.mu.Unlock()
		select {
		case <-r.started:
		default:
			if both {
				close(r.started)
			}
		}
	}
}

func (r *replica) output() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return strings.Join(r.lines, "\n")
}

// last returns the newest lines, but for those of requests that went well.
func (r *replica) last(n int) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	telling := slices.DeleteFunc(slices.Clone(r.lines), func(line string) bool { return strings.Contains(line, "INFO  request ") })
	return strings.Join(telling[max(0, len(telling)-n):], "\n")
}

// signal sends a signal to the process.
func (r *replica) signal(s syscall.Signal) {
	r.t.Helper()
	if err := r.cmd.Process.Signal(s); err != nil {
		r.t.Errorf("%v: %v", s, err)
	}
}

// kill ends the process as a power cut does, and waits until it is gone.
func (r *replica) kill() {
	_ = syscall.Kill(-r.cmd.Process.Pid, syscall.SIGKILL) // it may be gone already
	<-r.ended
}

// stop ends the process in order.
func (r *replica) stop(ctx context.Context) {
	r.t.Helper()
	r.signal(syscall.SIGTERM)
	select {
	case <-r.ended:
		if code := r.cmd.ProcessState.ExitCode(); code != 0 {
			r.t.Errorf("SIGTERM ended the replica with exit code %d:\n%s", code, r.output())
		}
	case <-time.After(patience):
		r.t.Errorf("the replica does not end:\n%s", r.output())
	case <-ctx.Done():
	}
}
