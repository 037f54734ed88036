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
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// variable names the server that most tests do with.
const variable = "TESTENV_POSTGRES_DSN"

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
		if !strings.HasPrefix(v, "TESTENV") || strings.HasPrefix(v, "TESTENV_CACHE=") {
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

// host returns where the server of a DSN or an address listens.
func host(t *testing.T, dsn string) string {
	t.Helper()
	if _, _, err := net.SplitHostPort(dsn); err == nil {
		return dsn
	}
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

// hosts returns where the servers of the words listen.
func hosts(t *testing.T, words string) []string {
	t.Helper()
	var all []string
	for word := range strings.FieldsSeq(words) {
		all = append(all, host(t, word))
	}
	return all
}

// goes waits until nobody listens at the addresses, and the folder is empty.
func goes(t *testing.T, temporary string, addresses ...string) {
	t.Helper()
	await(t, "the end of the servers and their folders", func() bool {
		left, err := os.ReadDir(temporary)
		return err == nil && len(left) == 0 && !slices.ContainsFunc(addresses, listens)
	})
}

func TestCommandRunsWithServersThatAreGoneAfterwards(t *testing.T) {
	t.Parallel()
	binary := build(t)
	for _, c := range []struct {
		name string
		args []string
		says []string
	}{
		{"all of them", nil, []string{"testenv: postgres: PostgreSQL ", "testenv: redis: Redis ", "testenv: kafka: Apache Kafka 4.3.1 from Maven, on Java "}},
		{"only PostgreSQL, without waiting for the disk", []string{"--only=postgres", "--fsync=off"}, []string{", fsync off"}},
		{"only Redis", []string{"--only=redis"}, []string{"testenv: redis: Redis "}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			script := "echo $TESTENV $TESTENV_POSTGRES_DSN $TESTENV_REDIS_ADDR $TESTENV_KAFKA_BROKERS; exit 7"
			cmd, complaints, temporary := command(t, binary, nil, append(c.args, "--", "sh", "-c", script)...)
			out, err := cmd.Output()
			if got := code(t, err); got != 7 {
				t.Fatalf("exit code %d, want the command's 7\n%s%s", got, out, complaints)
			}
			testenv, servers, _ := strings.Cut(string(out), " ")
			if testenv != "1" {
				t.Errorf("TESTENV is %q, want 1", testenv)
			}
			lines := strings.Split(strings.TrimSpace(complaints.String()), "\n")
			if len(lines) != len(c.says) || len(hosts(t, servers)) != len(c.says) {
				t.Fatalf("it said %q of %q, want a line and a variable for each server", lines, servers)
			}
			for n, line := range lines {
				if !strings.Contains(line, c.says[n]) {
					t.Errorf("it said %q, want %q", line, c.says[n])
				}
			}
			goes(t, temporary, hosts(t, servers)...)
		})
	}
}

func TestServerThatIsGivenIsUsedAsItIs(t *testing.T) {
	t.Parallel()
	given := []string{
		"TESTENV_POSTGRES_DSN=postgres://somebody:hunter2@db.example:5433/app", "TESTENV_REDIS_ADDR=cache.example:6379",
		"TESTENV_KAFKA_BROKERS=a.example:9092,b.example:9092",
	}
	cmd, complaints, temporary := command(t, build(t), given, "--", "env")
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, complaints)
	}
	for _, variable := range given {
		if !slices.Contains(strings.Split(string(out), "\n"), variable) {
			t.Errorf("the command got %s, want %s", out, variable)
		}
	}
	want := "testenv: postgres: given by TESTENV_POSTGRES_DSN, db.example:5433/app\n" +
		"testenv: redis: given by TESTENV_REDIS_ADDR, cache.example:6379\n" +
		"testenv: kafka: given by TESTENV_KAFKA_BROKERS, a.example:9092,b.example:9092\n"
	if got := complaints.String(); got != want {
		t.Errorf("it said %q, want %q", got, want)
	}
	if left, err := os.ReadDir(temporary); err != nil || len(left) > 0 {
		t.Errorf("it left %v, %v", left, err)
	}
}

func TestSignalEndsTheCommandAndTheServers(t *testing.T) {
	t.Parallel()
	binary := build(t)
	const print = "echo $TESTENV_POSTGRES_DSN $TESTENV_REDIS_ADDR $TESTENV_KAFKA_BROKERS; "
	for _, c := range []struct {
		name   string
		signal syscall.Signal
		only   string
		script string
		code   int
	}{
		{"SIGTERM", syscall.SIGTERM, "postgres,redis", print + "exec cat /dev/zero >/dev/null", 128 + int(syscall.SIGTERM)},
		{"SIGINT, which the command answers", syscall.SIGINT, "redis", "trap 'exit 9' INT; " + print + "while :; do sleep 0.05; done", 9},
		{"SIGKILL, which nobody can answer", syscall.SIGKILL, "", print + "exec sleep 3", -1},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			cmd, complaints, temporary := command(t, binary, nil, "--only="+c.only, "--", "sh", "-c", c.script)
			out, err := cmd.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			cmd.WaitDelay = time.Second // the command outlives a SIGKILL for as long as it likes
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			servers, err := bufio.NewReader(out).ReadString('\n')
			if err != nil {
				t.Fatalf("%v\n%s", err, complaints)
			}
			for _, address := range hosts(t, servers) {
				if !listens(address) {
					t.Errorf("nobody listens at %s", address)
				}
			}
			if err := cmd.Process.Signal(c.signal); err != nil {
				t.Fatal(err)
			}
			if err := cmd.Wait(); code(t, err) != c.code {
				t.Errorf("it ended with %v, want the exit code %d\n%s", err, c.code, complaints)
			}
			goes(t, temporary, hosts(t, servers)...)
		})
	}
}

func TestSignalEndsTheStartOfTheServers(t *testing.T) {
	t.Parallel()
	binary := build(t)
	for _, c := range []struct {
		signal syscall.Signal
		code   int
	}{{syscall.SIGTERM, 128 + int(syscall.SIGTERM)}, {syscall.SIGKILL, -1}} {
		t.Run(c.signal.String(), func(t *testing.T) {
			t.Parallel()
			cmd, complaints, temporary := command(t, binary, nil, "--only=kafka", "--", "echo", "it started")
			var out bytes.Buffer
			cmd.Stdout = &out
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			await(t, "a broker that runs", func() bool {
				logs, err := filepath.Glob(filepath.Join(temporary, "testenv-kafka-*", "server.log"))
				return err == nil && len(logs) > 0
			})
			if err := cmd.Process.Signal(c.signal); err != nil {
				t.Fatal(err)
			}
			if err := cmd.Wait(); code(t, err) != c.code || out.Len() > 0 {
				t.Errorf("it ended with %v, %q, want the exit code %d\n%s", err, &out, c.code, complaints)
			}
			goes(t, temporary)
		})
	}
}

func TestNothingOfTheCommandOutlivesIt(t *testing.T) {
	t.Parallel()
	cmd, complaints, _ := command(t, build(t), nil, "--only=redis", "--", "sh", "-c", "sleep 1000 >/dev/null 2>&1 & echo $!")
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
	given := []string{variable + "=postgres://given", "TESTENV_REDIS_ADDR=given", "TESTENV_KAFKA_BROKERS=given"}
	nowhere := []string{"PATH=/nowhere", "JAVA_HOME="}
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
		{"an unknown server", nil, []string{"--only=postgres,mysql", "--", "true"}, 2, "usage: testenv"},
		{"no PostgreSQL anywhere", nowhere, []string{"--only=postgres", "--postgres=maven", "--", "true"}, broken, "there is no PostgreSQL"},
		{"no Redis anywhere", nowhere, []string{"--only=redis", "--", "true"}, broken, "there is no Redis"},
		{"no Kafka anywhere", nowhere, []string{"--only=kafka", "--", "true"}, broken, "there is no Kafka"},
		{"no Kafka beside a Redis", append(given[1:2:2], nowhere...), []string{"--only=redis,kafka", "--", "true"}, broken, "there is no Kafka"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			env := slices.Concat(c.env, []string{"TESTENV_CACHE=" + t.TempDir()})
			cmd, complaints, _ := command(t, binary, env, c.args...)
			err := cmd.Run()
			if got := code(t, err); got != c.code || !strings.Contains(complaints.String(), c.says) {
				t.Errorf("exit code %d, %q, want %d and %q", got, complaints, c.code, c.says)
			}
		})
	}
}
