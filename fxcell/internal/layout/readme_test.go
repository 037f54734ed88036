package layout

import (
	"bufio"
	"context"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// commands returns the command lines of the README's sh blocks.
func commands(t *testing.T) []string {
	t.Helper()
	text, err := os.ReadFile(root + "/README.md")
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	inside := false
	for line := range strings.SplitSeq(string(text), "\n") {
		switch {
		case line == "```sh":
			inside = true
		case strings.HasPrefix(line, "```"):
			inside = false
		case inside && line != "":
			out = append(out, line)
		}
	}
	return out
}

// Each command of the README runs as it stands. make run is ended once it answers; make test is told to test one package, or it would run this test
// again without end. make up and make down are for a person: they would start and stop the servers of whoever runs the tests.
func TestEachCommandOfTheReadmeRuns(t *testing.T) {
	t.Parallel()
	lines := commands(t)
	if len(lines) < 3 || lines[0] != "make run" || !slices.Contains(lines, "make test") {
		t.Fatalf("the README does not start with make run, or leaves out make test: %q", lines)
	}
	for _, line := range lines {
		if line == "make up" || line == "make down" {
			continue
		}
		t.Run(strings.ReplaceAll(line, "/", "."), func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
			defer cancel()
			cmd := exec.CommandContext(ctx, "bash", "-c", "exec "+line) //nolint:gosec // the README's own line
			cmd.Dir = root
			cmd.Env = append(os.Environ(), "FXCELL_HTTPSERVER__PUBLIC__ADDR=127.0.0.1:0", "FXCELL_HTTPSERVER__OPS__ADDR=127.0.0.1:0")
			if line == "make test" {
				cmd.Env = append(cmd.Env, "PKGS=./fxcell/level/...")
			}
			if line == "make run" {
				untilItAnswers(t, cmd)
				return
			}
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
		})
	}
}

// untilItAnswers starts cmd, waits for the line that names the public listener, and ends it as Ctrl-C would.
func untilItAnswers(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // make, go run and the product end together
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = os.Stderr
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	answered := false
	for s := bufio.NewScanner(out); !answered && s.Scan(); {
		answered = strings.HasPrefix(s.Text(), "public")
	}
	if err := syscall.Kill(-cmd.Process.Pid, syscall.SIGINT); err != nil && answered {
		t.Error(err)
	}
	_, _ = io.Copy(io.Discard, out)
	_ = cmd.Wait() // make reports the signal that ended its child
	if !answered {
		t.Fatal("ended without naming its public listener")
	}
}
