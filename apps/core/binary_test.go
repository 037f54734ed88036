package main_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// patience bounds what a test waits for.
const patience = time.Minute

var binary string

// TestMain builds the binary that the tests run: exit codes and signals are those of the product, not of go run.
func TestMain(m *testing.M) { os.Exit(build(m)) } //nolint:forbidigo // the tests' own end

func build(m *testing.M) int {
	dir, err := os.MkdirTemp("", "core")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer func() { _ = os.RemoveAll(dir) }() // what stays is in the temporary folder
	binary = filepath.Join(dir, "core")
	cmd := exec.CommandContext(context.Background(), "go", "build", "-o", binary, ".") //nolint:gosec // our own binary
	if out, err := cmd.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "%v\n%s", err, out)
		return 1
	}
	return m.Run()
}

// process is one run of the binary.
type process struct {
	t      *testing.T
	cmd    *exec.Cmd
	exited chan struct{}

	mu             sync.Mutex
	stdout, stderr []string
	changed        chan struct{} // closed and replaced at each line
}

// onFreePorts are the flags that keep parallel runs apart.
func onFreePorts() []string {
	return []string{"--set", "httpserver.public.addr=127.0.0.1:0", "--set", "httpserver.ops.addr=127.0.0.1:0"}
}

// start runs the binary until the test ends.
func start(t *testing.T, args ...string) *process {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), binary, args...) //nolint:gosec // our own binary
	cmd.Env = append(os.Environ(), "HOME="+t.TempDir())
	return launch(t, cmd)
}

// launch runs a command, with all that it starts, until the test ends.
func launch(t *testing.T, cmd *exec.Cmd) *process {
	t.Helper()
	p := &process{t: t, cmd: cmd, exited: make(chan struct{}), changed: make(chan struct{})}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // a group of its own, which ends together
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	stdout, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	stderr, err := p.cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var readers sync.WaitGroup
	readers.Go(func() { p.read(stdout, &p.stdout) })
	readers.Go(func() { p.read(stderr, &p.stderr) })
	go func() {
		readers.Wait()
		_ = p.cmd.Wait() // the code is asked for by exitCode
		close(p.exited)
	}()
	t.Cleanup(func() {
		select {
		case <-p.exited:
		default:
			_ = cmd.Cancel()
			<-p.exited
		}
	})
	return p
}

func (p *process) read(r io.Reader, into *[]string) {
	for s := bufio.NewScanner(r); s.Scan(); {
		p.mu.Lock()
		*into = append(*into, s.Text())
		close(p.changed)
		p.changed = make(chan struct{})
		p.mu.Unlock()
	}
}

// lines returns what was printed so far.
func (p *process) lines() (stdout, stderr []string, changed <-chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]string(nil), p.stdout...), append([]string(nil), p.stderr...), p.changed
}

// waitFor returns stdout once a line holds text.
func (p *process) waitFor(text string) []string {
	p.t.Helper()
	deadline := time.After(patience)
	for {
		stdout, stderr, changed := p.lines()
		for _, line := range stdout {
			if strings.Contains(line, text) {
				return stdout
			}
		}
		select {
		case <-changed:
		case <-p.exited:
			p.t.Fatalf("ended before it printed %q\nstdout %s\nstderr %s", text, strings.Join(stdout, "\n"), strings.Join(stderr, "\n"))
		case <-deadline:
			p.t.Fatalf("did not print %q\nstdout %s\nstderr %s", text, strings.Join(stdout, "\n"), strings.Join(stderr, "\n"))
		}
	}
}

// ready waits for the start and returns the URL of the public listener.
func (p *process) ready() string {
	p.t.Helper()
	for _, line := range p.waitFor("/api/v1/audit/integrity") {
		if url, ok := strings.CutPrefix(line, "public"); ok {
			return strings.TrimSpace(url)
		}
	}
	p.t.Fatal("no line names the public listener")
	return ""
}

// exitCode waits for the end.
func (p *process) exitCode() int {
	p.t.Helper()
	select {
	case <-p.exited:
		return p.cmd.ProcessState.ExitCode()
	case <-time.After(patience):
		p.t.Fatal("does not end")
		return 0
	}
}

// run runs the binary to its end.
func run(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	p := start(t, args...)
	code = p.exitCode()
	out, errs, _ := p.lines()
	return code, strings.Join(out, "\n"), strings.Join(errs, "\n")
}

// listen holds a port for the test.
func listen(t *testing.T) string {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
			t.Error(err)
		}
	})
	return l.Addr().String()
}
