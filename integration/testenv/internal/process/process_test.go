package process

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// there is answered by a server that has written its process to the file up.
func there(_ context.Context, dir, _ string, pid int) error {
	text, err := os.ReadFile(filepath.Join(dir, "up"))
	if err != nil {
		return err
	}
	if got := strings.TrimSpace(string(text)); got != strconv.Itoa(pid) {
		return errors.New("it is " + got)
	}
	return nil
}

// runs returns a furnish for a server that is a script.
func runs(script string) func(string) (Spec, error) {
	return func(string) (Spec, error) { return Spec{Args: []string{"sh", "-c", script}, Address: "somewhere"}, nil }
}

const serves = "echo life >>data; echo $$ >up; exec sleep 1000"

func alive(pid int) bool { return syscall.Kill(pid, 0) == nil }

func TestServerThatCrashesComesBackToItsData(t *testing.T) {
	t.Parallel()
	g, err := Start(t.Context(), "test", there, runs(serves))
	if err != nil {
		t.Fatal(err)
	}
	first := g.at.pid
	if err := g.Crash(); err != nil || alive(first) {
		t.Errorf("crash: %v, alive: %v", err, alive(first))
	}
	if err := g.Restart(); err != nil || !alive(g.at.pid) || g.at.pid == first {
		t.Errorf("restart: %v, process %d after %d", err, g.at.pid, first)
	}
	if data, err := os.ReadFile(filepath.Join(g.at.dir, "data")); err != nil || string(data) != "life\nlife\n" {
		t.Errorf("the data is %q, %v", data, err)
	}
	if err := g.Stop(); err != nil || alive(g.at.pid) {
		t.Errorf("stop: %v, alive: %v", err, alive(g.at.pid))
	}
	if _, err := os.Stat(g.at.dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the folder: %v", err)
	}
}

func TestServerEndsWithOneWhoDoesNotHearThatItStarts(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	own := filepath.Join(dir, "own")
	if err := os.Mkdir(own, 0o700); err != nil {
		t.Fatal(err)
	}
	out, deaf, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	_ = out.Close() // as the end of a process does
	c := exec.CommandContext(t.Context(), "sh", "-c", script, "guard.sh", own, "sh", "-c", "echo $$ >../server; exec sleep 1000")
	c.Stdout = deaf
	if err := c.Run(); err != nil {
		t.Errorf("the guard: %v", err)
	}
	_ = deaf.Close()
	if _, err := os.Stat(own); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the folder: %v", err)
	}
	var pid int
	if text, err := os.ReadFile(filepath.Join(dir, "server")); err == nil { // else it did not get that far
		pid, _ = strconv.Atoi(strings.TrimSpace(string(text)))
	}
	if pid != 0 && alive(pid) {
		t.Errorf("server %d lives", pid)
	}
}

func TestServerThatEndedByItselfCanBeCrashedAndStartedAgain(t *testing.T) {
	t.Parallel()
	g, err := Start(t.Context(), "test", there, runs(serves))
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(g.at.pid, syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(g.Crash(), g.Crash(), g.Restart(), g.Restart(), g.End(), g.Restart(), g.Stop()); err != nil {
		t.Error(err)
	}
}

func TestStartThatFailsSaysWhyAndLeavesNothing(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, script string
		cause        error
		says         string
		tries        int
	}{
		{"a server that ends", "echo no memory; exit 3", errEnded, "no memory", 1},
		{"a port that is taken", "echo 'bind: Address already in use'; exit 1", ErrPort, "already in use", attempts},
		{"a program that is not there", "exec /nowhere/at/all", errEnded, "not found", 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var dirs []string
			_, err := Start(t.Context(), "test", there, func(dir string) (Spec, error) {
				dirs = append(dirs, dir)
				return runs(c.script)(dir)
			})
			if !errors.Is(err, c.cause) || !strings.Contains(err.Error(), c.says) || len(dirs) != c.tries {
				t.Errorf("%d tries, %v, want %d, %v and %q", len(dirs), err, c.tries, c.cause, c.says)
			}
			for _, dir := range dirs {
				if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
					t.Errorf("the folder: %v", err)
				}
			}
		})
	}
}

func TestStartEndsWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	asked := 0
	var last int
	_, err := Start(ctx, "test", func(_ context.Context, _, _ string, pid int) error {
		if asked, last = asked+1, pid; asked == 2 {
			cancel()
		}
		return errors.New("not yet")
	}, runs("exec sleep 1000"))
	if !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), "not yet") || alive(last) {
		t.Errorf("%v, alive: %v", err, alive(last))
	}
}

func TestServerOfAPersonStaysUntilItIsStopped(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	t.Cleanup(func() { _, _ = Down(dir) })
	up := func() (string, bool) {
		t.Helper()
		address, already, err := Up(t.Context(), dir, there, func() (Spec, error) { return runs(serves)(dir) })
		if err != nil {
			t.Fatal(err)
		}
		return address, already
	}
	if stopped, err := Down(dir); stopped || err != nil {
		t.Errorf("down of nothing: %v, %v", stopped, err)
	}
	if address, already := up(); already || address != "somewhere" {
		t.Errorf("up: %q, already: %v", address, already)
	}
	if address, already := up(); !already || address != "somewhere" {
		t.Errorf("up again: %q, already: %v", address, already)
	}
	pid, err := number(dir)
	if err != nil || !alive(pid) {
		t.Fatalf("process %d: %v", pid, err)
	}
	if stopped, err := Down(dir); !stopped || err != nil {
		t.Errorf("down: %v, %v", stopped, err)
	}
	if _, already := up(); already {
		t.Error("it ran after down")
	}
}

func TestServerOfAPersonThatDoesNotStartIsGone(t *testing.T) {
	t.Parallel()
	for _, script := range []string{"echo no memory; exit 3", "echo no memory; exec sleep 1000"} {
		dir := t.TempDir()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		_, _, err := Up(ctx, dir, there, func() (Spec, error) { return runs(script)(dir) })
		cancel()
		if err == nil || !strings.Contains(err.Error(), "no memory") {
			t.Errorf("%s: %v", script, err)
		}
		if stopped, err := Down(dir); stopped || err != nil {
			t.Errorf("%s: down stopped %v, %v", script, stopped, err)
		}
	}
}

func TestServerOfAPersonThatIgnoresTheEndIsKilled(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if _, _, err := Up(t.Context(), dir, there, func() (Spec, error) { return runs("trap '' TERM; " + serves)(dir) }); err != nil {
		t.Fatal(err)
	}
	if stopped, err := down(dir, 100*time.Millisecond); !stopped || err != nil {
		t.Errorf("down: %v, %v", stopped, err)
	}
}
