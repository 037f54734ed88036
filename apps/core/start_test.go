package main_test

import (
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// What is wrong with a start is told in one line that names the module and the cure.
func TestAStartThatFailsSaysWhatToDo(t *testing.T) {
	t.Parallel()
	busy := listen(t)
	for _, tt := range []struct {
		name string
		args []string
		want string // all of stderr
	}{
		{"an unknown flag", []string{"--foo"}, `core: flag provided but not defined: -foo: see core --help`},
		{"a verb that is not there", []string{"serve"}, `core: there is no verb "serve" in assembly demo, only keygen: see core --help`},
		{"an unknown assembly", []string{"--assembly", "mars"}, `core: --assembly mars is none of demo, durable, durable-kafka`},
		{"a busy port", []string{"--set", "logging.level=error", "--set", "httpserver.ops.addr=127.0.0.1:0", "--set", "httpserver.public.addr=" + busy}, `core: modules/httpserver: httpserver.public.addr ` + busy + ` is in use: stop what listens there or set another with --set httpserver.public.addr=…`},
		{"an unknown key", []string{"--set", "httpserver.pubilc.addr=:0"}, `core: modules/config: httpserver.pubilc is unknown (--set): did you mean httpserver.public?`},
		{"an unknown section", []string{"--set", "htpserver.public.addr=:0"}, `core: modules/config: htpserver is unknown (--set): did you mean httpserver?`},
		{"a value of the wrong kind", append(onFreePorts(), "--set", "httpserver.shutdown_timeout=soon"), `core: modules/config: httpserver.shutdown_timeout from --set: want a duration such as 10s`},
		{"a value out of range", append(onFreePorts(), "--set", "auth.skew=5m"), `core: modules/auth: auth.skew is out of range: want 1s to 1m, or leave it out for 30s (--set)`},
		{"a zero that would mean the default", append(onFreePorts(), "--set", "httpserver.read_timeout=0s"), `core: modules/config: httpserver.read_timeout from --set: zero stands for the default, 30s: say that, or another value, or leave it out`},
		{"a value that is none of a few", append(onFreePorts(), "--set", "logging.level=loud"), `core: modules/logging: logging.level must be debug, info, warn or error (--set)`},
		{"an address that is none", []string{"--set", "httpserver.public.addr=8080"}, `core: modules/httpserver: httpserver.public.addr must be host:port with a number as port, or "off" (--set)`},
		{"a file that is not there", []string{"--config", "/nonexistent/core.yaml"}, `core: modules/config: --config /nonexistent/core.yaml: there is no such file: name one that exists, or leave --config out`},
		{"a graph of another kind", []string{"--graph", "core.svg"}, `core: --graph core.svg: want a name that ends in .dot or .mmd, or - for the terminal: see core --help`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			code, stdout, stderr := run(t, tt.args...)
			if code != 1 || stdout != "" {
				t.Errorf("exit code %d, stdout %q", code, stdout)
			}
			if stderr != tt.want {
				t.Errorf("stderr\n%s\nwant\n%s", stderr, tt.want)
			}
		})
	}
}

func TestHelpAndVersion(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		flag, want string
	}{
		{"--help", `(?s)^Usage: core \[flags\].*--assembly.*--config.*--set.*--doctor.*--modules.*--graph.*--constructors.*--print-config.*--version.*--help`},
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

// ill builds the program of assemblies that have something wrong with them.
func ill(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "ill")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", path, "./testdata/ill").CombinedOutput(); err != nil { //nolint:gosec // ours
		t.Fatalf("%v\n%s", err, out)
	}
	return path
}

// An assembly that lacks a module, or has one twice, says which.
func TestAnIllAssemblySaysWhichModule(t *testing.T) {
	t.Parallel()
	ill := ill(t)
	for _, tt := range []struct{ assembly, want string }{
		{"no-logging", "ill: inspect: nothing provides *zap.Logger, which fxcell.dev/cells/access/slices/keyrotate.New and N more take: list modules/logging.Module"},
		{"no-source", "ill: inspect: nothing provides event.Source, which fxcell.dev/modules/consumer.provideConsumer takes: list modules/logsource.Module"},
		{"no-store", "ill: inspect: nothing provides store.Store, which fxcell.dev/cells/access.provideRing and N more take: list a storage of cell access"},
		{"logging-twice", "ill: inspect: logging.Config is provided twice by fxcell.dev/modules/logging (module.go:N): list its module once"},
		{"cycle", "ill: inspect: dependency cycle: main.newEgg → main.newHen → main.newEgg"},
	} {
		t.Run(tt.assembly, func(t *testing.T) {
			t.Parallel()
			p := launch(t, exec.CommandContext(t.Context(), ill, append(onFreePorts(), "--assembly", tt.assembly)...)) //nolint:gosec // ours
			code := p.exitCode()
			stdout, stderr, _ := p.lines()
			got := regexp.MustCompile(`(and |\.go:)\d+`).ReplaceAllString(strings.Join(stderr, "\n"), "${1}N")
			if code != 1 || len(stdout) > 0 || got != tt.want {
				t.Errorf("exit code %d, stdout %q, stderr\n%s\nwant\n%s", code, stdout, got, tt.want)
			}
		})
	}
	t.Run("doctor", func(t *testing.T) {
		t.Parallel()
		p := launch(t, exec.CommandContext(t.Context(), ill, "--assembly", "no-consumer", "--doctor")) //nolint:gosec // ours
		code := p.exitCode()
		stdout, stderr, _ := p.lines()
		want := []string{"inspect: the group fxcell.subscriptions of contract.Subscription is fed by cells/audit/auditappend, and nobody reads it: list modules/consumer.Module"}
		if code != 1 || !slices.Equal(stdout, want) || len(stderr) > 0 {
			t.Errorf("exit code %d, stdout %q, stderr %q", code, stdout, stderr)
		}
	})
}
