package main_test

import (
	"regexp"
	"strings"
	"syscall"
	"testing"
)

// What is wrong with a start is told in one line that names the module and the cure.
func TestAStartThatFailsSaysWhatToDo(t *testing.T) {
	t.Parallel()
	busy := listen(t)
	for _, tt := range []struct {
		name string
		args []string
		want string // of the one line on stderr
	}{
		{"an unknown flag", []string{"--foo"}, `core: flag provided but not defined: -foo: see core --help`},
		{"an argument", []string{"serve"}, `core: unknown argument "serve": see core --help`},
		{"an unknown assembly", []string{"--assembly", "mars"}, `core: --assembly mars is none of demo`},
		{"a busy port", []string{"--set", "httpserver.ops.addr=127.0.0.1:0", "--set", "httpserver.public.addr=" + busy}, `core: modules/httpserver: httpserver.public.addr ` + busy + ` is in use`},
		{"an unknown key", []string{"--set", "httpserver.pubilc.addr=:0"}, `core: modules/config: httpserver.pubilc`},
		{"an unknown section", []string{"--set", "htpserver.public.addr=:0"}, `core: modules/config: htpserver`},
		{"a value of the wrong kind", append(onFreePorts(), "--set", "httpserver.shutdown_timeout=soon"), `core: modules/config: httpserver.shutdown_timeout from --set`},
		{"a value out of range", append(onFreePorts(), "--set", "auth.skew=5m"), `auth.skew`},
		{"a file that is not there", []string{"--config", "/nonexistent/core.yaml"}, `core: modules/config: --config`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			code, stdout, stderr := run(t, tt.args...)
			if code != 1 || stdout != "" {
				t.Errorf("exit code %d, stdout %q", code, stdout)
			}
			if strings.Count(stderr, "\n") != 0 || !strings.Contains(stderr, tt.want) {
				t.Errorf("stderr\n%s\nwant one line with\n%s", stderr, tt.want)
			}
		})
	}
}

func TestHelpAndVersion(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		flag, want string
	}{
		{"--help", `(?s)^Usage: core \[flags\].*--assembly.*--config.*--set.*--version.*--help`},
		{"--version", `^core \S+$`},
	} {
		t.Run(tt.flag, func(t *testing.T) {
			t.Parallel()
			code, stdout, stderr := run(t, tt.flag)
			if code != 0 || stderr != "" || !regexp.MustCompile(tt.want).MatchString(stdout) {
				t.Errorf("exit code %d, stderr %q, stdout\n%s\nwant\n%s", code, stderr, stdout, tt.want)
			}
		})
	}
}

func TestSignalsDrainAndExitZero(t *testing.T) {
	t.Parallel()
	for _, s := range []syscall.Signal{syscall.SIGTERM, syscall.SIGINT} {
		t.Run(s.String(), func(t *testing.T) {
			t.Parallel()
			p := start(t, onFreePorts()...)
			p.ready()
			if err := p.cmd.Process.Signal(s); err != nil {
				t.Fatal(err)
			}
			if code := p.exitCode(); code != 0 {
				_, stderr, _ := p.lines()
				t.Fatalf("exit code %d\n%s", code, strings.Join(stderr, "\n"))
			}
		})
	}
}
