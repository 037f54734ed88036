package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// build returns the command under test.
func build(t *testing.T) string {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "testenv")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", binary, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return binary
}

// command is the command under test with the arguments, in an environment that names no server but the given ones, and with temporary files of its own.
func command(t *testing.T, binary string, env []string, args ...string) (c *exec.Cmd, complaints *bytes.Buffer, temporary string) {
	t.Helper()
	temporary, err := os.MkdirTemp("", "t-") //nolint:usetesting // short, and the server's user may enter it
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(temporary, 0o1777); err != nil { //nolint:gosec // as that of the machine
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(temporary) })
	complaints = &bytes.Buffer{}
	c = exec.CommandContext(t.Context(), binary, args...) //nolint:gosec // built here
	for _, v := range os.Environ() {
		if !strings.HasPrefix(v, "TESTENV") {
			c.Env = append(c.Env, v)
		}
	}
	c.Env = append(append(c.Env, "TMPDIR="+temporary), env...)
	c.Stderr = complaints
	return c, complaints, temporary
}

// code returns the exit code in err.
func code(t *testing.T, err error) int {
	t.Helper()
	if err == nil {
		return 0
	}
	exit, ok := errors.AsType[*exec.ExitError](err)
	if !ok {
		t.Fatal(err)
	}
	return exit.ExitCode()
}

// host returns where the server of a DSN listens.
func host(t *testing.T, dsn string) string {
	t.Helper()
	u, err := url.Parse(strings.TrimSpace(dsn))
	if err != nil || u.Port() == "" {
		t.Fatalf("%q is no DSN", dsn)
	}
	return u.Host
}

func listens(address string) bool {
	c, err := net.DialTimeout("tcp", address, time.Second) //nolint:noctx // it is bounded
	if err != nil {
		return false
	}
	_ = c.Close()
	return true
}

// await waits until something holds.
func await(t *testing.T, what string, holds func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !holds() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatal("it never came: ", what)
		}
	}
}

// goes waits until nobody listens at the address, and the folder is empty.
func goes(t *testing.T, address, temporary string) {
	t.Helper()
	await(t, "the end of the server and its folder", func() bool {
		left, err := os.ReadDir(temporary)
		return err == nil && len(left) == 0 && !listens(address)
	})
}

func TestCommandRunsWithAServerThatIsGoneAfterwards(t *testing.T) {
	t.Parallel()
	binary := build(t)
	for _, c := range []struct {
		name string
		args []string
		says string
	}{
		{"of this machine or of Maven", nil, "testenv: postgres: PostgreSQL "},
		{"without waiting for the disk", []string{"--fsync=off"}, ", fsync off"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			cmd, complaints, temporary := command(t, binary, nil, append(c.args, "--", "sh", "-c", "echo $"+variable+" $TESTENV; exit 7")...)
			out, err := cmd.Output()
			if got := code(t, err); got != 7 {
				t.Fatalf("exit code %d, want the command's 7\n%s%s", got, out, complaints)
			}
			dsn, testenv, _ := strings.Cut(string(out), " ")
			if testenv != "1\n" {
				t.Errorf("TESTENV is %q, want 1", testenv)
			}
			if lines := complaints.String(); strings.Count(lines, "\n") != 1 || !strings.Contains(lines, c.says) {
				t.Errorf("it said %q, want one line with %q", lines, c.says)
			}
			goes(t, host(t, dsn), temporary)
		})
	}
}

func TestServerThatIsGivenIsUsedAsItIs(t *testing.T) {
	t.Parallel()
	dsn := "postgres://somebody:hunter2@db.example:5433/app"
	cmd, complaints, temporary := command(t, build(t), []string{variable + "=" + dsn}, "--", "sh", "-c", "echo $"+variable)
	out, err := cmd.Output()
	if err != nil || string(out) != dsn+"\n" {
		t.Errorf("the command got %q, %v, want the DSN as it was", out, err)
	}
	want := "testenv: postgres: given by TESTENV_POSTGRES_DSN, db.example:5433/app\n"
	if got := complaints.String(); got != want {
		t.Errorf("it said %q, want %q", got, want)
	}
	if left, err := os.ReadDir(temporary); err != nil || len(left) > 0 {
		t.Errorf("it left %v, %v", left, err)
	}
}

func TestSignalEndsTheCommandAndTheServer(t *testing.T) {
	t.Parallel()
	binary := build(t)
	for _, c := range []struct {
		name   string
		signal syscall.Signal
		script string
		code   int
	}{
		{"SIGTERM", syscall.SIGTERM, "echo $" + variable + "; exec cat /dev/zero >/dev/null", 128 + int(syscall.SIGTERM)},
		{"SIGINT, which the command answers", syscall.SIGINT, "trap 'exit 9' INT; echo $" + variable + "; while :; do sleep 0.05; done", 9},
		{"SIGKILL, which nobody can answer", syscall.SIGKILL, "echo $" + variable + "; exec sleep 3", -1},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			cmd, complaints, temporary := command(t, binary, nil, "--", "sh", "-c", c.script)
			out, err := cmd.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			cmd.WaitDelay = time.Second // the command outlives a SIGKILL for as long as it likes
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			dsn, err := bufio.NewReader(out).ReadString('\n')
			if err != nil {
				t.Fatalf("%v\n%s", err, complaints)
			}
			if address := host(t, dsn); !listens(address) {
				t.Errorf("nobody listens at %s", address)
			}
			if err := cmd.Process.Signal(c.signal); err != nil {
				t.Fatal(err)
			}
			if err := cmd.Wait(); code(t, err) != c.code {
				t.Errorf("it ended with %v, want the exit code %d\n%s", err, c.code, complaints)
			}
			goes(t, host(t, dsn), temporary)
		})
	}
}

func TestNothingOfTheCommandOutlivesIt(t *testing.T) {
	t.Parallel()
	cmd, complaints, _ := command(t, build(t), []string{variable + "=postgres://given"}, "--", "sh", "-c", "sleep 1000 >/dev/null 2>&1 & echo $!")
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, complaints)
	}
	var pid int
	if _, err := fmt.Sscan(string(out), &pid); err != nil {
		t.Fatal(err)
	}
	await(t, "the end of a child of the command", func() bool { return !alive(pid) })
}

// alive reports whether a process runs; one that has ended and that nobody waits for does not.
func alive(pid int) bool {
	if text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid)); err == nil {
		_, state, _ := strings.Cut(string(text), ") ")
		return !strings.HasPrefix(state, "Z")
	}
	return syscall.Kill(pid, 0) == nil
}

func TestWhatCannotBeDoneIsSaid(t *testing.T) {
	t.Parallel()
	binary := build(t)
	given := []string{variable + "=postgres://given"}
	for _, c := range []struct {
		name string
		env  []string
		args []string
		code int
		says string
	}{
		{"no command", nil, nil, 2, "usage: testenv"},
		{"an unknown origin", nil, []string{"--postgres=docker", "--", "true"}, 2, "usage: testenv"},
		{"a command that is not there", given, []string{"--", "/nowhere/at/all"}, broken, "no such file or directory"},
		{"no server anywhere", []string{"PATH=/nowhere"}, []string{"--postgres=maven", "--", "true"}, broken, "there is no PostgreSQL"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if c.name == "no server anywhere" {
				c.env = append(c.env, "TESTENV_CACHE="+t.TempDir())
			}
			cmd, complaints, _ := command(t, binary, c.env, c.args...)
			err := cmd.Run()
			if got := code(t, err); got != c.code || !strings.Contains(complaints.String(), c.says) {
				t.Errorf("exit code %d, %q, want %d and %q", got, complaints, c.code, c.says)
			}
		})
	}
}

func TestServerOfAPersonKeepsItsData(t *testing.T) {
	t.Parallel()
	binary := build(t)
	_, _, kept := command(t, binary, nil)
	cache := []string{"TESTENV_CACHE=" + kept}
	do := func(verb string) (out, says string) {
		t.Helper()
		cmd, complaints, _ := command(t, binary, cache, verb)
		text, err := cmd.Output()
		if err != nil {
			t.Fatalf("%s: %v\n%s", verb, err, complaints)
		}
		return string(text), complaints.String()
	}
	first, _ := do("up")
	if !listens(host(t, first)) {
		t.Error("nobody listens after up")
	}
	again, says := do("up")
	if again != first || !strings.Contains(says, "it runs already") {
		t.Errorf("up again printed %q, %q, want the address as before", again, says)
	}
	if _, says := do("down"); !strings.Contains(says, "its data stays in "+kept) || listens(host(t, first)) {
		t.Errorf("down said %q", says)
	}
	if _, says := do("down"); !strings.Contains(says, "there is none to stop") {
		t.Errorf("down again said %q", says)
	}
	second, _ := do("up") // with the password of the first time, or the data would not open
	before, _ := url.Parse(strings.TrimSpace(first))
	after, _ := url.Parse(strings.TrimSpace(second))
	if before.User.String() != after.User.String() {
		t.Error("the password has changed")
	}
	do("down")
}
