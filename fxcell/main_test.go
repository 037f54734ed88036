package fxcell

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/fx"
	"go.uber.org/zap"

	"fxcell.dev/fxcell/durability"
)

type (
	ringA struct{}
	ringB struct{}
)

func newRingA(*ringB) *ringA { return &ringA{} }
func newRingB(*ringA) *ringB { return &ringB{} }
func newLog() *zap.Logger    { return zap.NewNop() }

// dials keeps to its context, and says what it wanted.
func dials(ctx context.Context) error {
	<-ctx.Done()
	return fmt.Errorf("dial broker-0:9092: %w", ctx.Err())
}

// hanging does not, until the test ends.
type hanging chan struct{}

func (h hanging) hang(ctx context.Context) error {
	<-h
	return ctx.Err()
}

func startsWith(fn func(context.Context) error) fx.Option {
	return fx.Module("modules/hung", fx.Invoke(func(lc fx.Lifecycle) { lc.Append(fx.StartHook(fn)) }))
}

func stopsWith(fn func(context.Context) error) fx.Option {
	return fx.Module("modules/hung", fx.Invoke(func(lc fx.Lifecycle, end fx.Shutdowner) {
		lc.Append(fx.StartStopHook(func(context.Context) error { return end.Shutdown() }, fn))
	}))
}

const own = "fxcell.dev/fxcell."

// ran is a program that has one assembly.
func ran(timeout time.Duration, modules []fx.Option, args ...string) (code int, stdout, stderr string) {
	var out, errs bytes.Buffer
	p := program{
		name: "app", stdout: &out, stderr: &errs, startTimeout: timeout, stopTimeout: timeout,
		choices: []Choice{{Name: "demo", App: Assembly("x", durability.Demo, modules...)}},
	}
	code = p.run(args)
	return code, out.String(), errs.String()
}

// What ends a start is told in lines of its own, and Fx adds nothing to them.
func TestStartsThatFailAreTold(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name    string
		modules []fx.Option
		args    []string
		want    string
	}{
		{
			"a public cycle",
			[]fx.Option{fx.Module("ring", fx.Provide(newRingA, newRingB)), fx.Invoke(func(*ringA) {})},
			nil,
			"app: inspect: dependency cycle: " + own + "newRingA → " + own + "newRingB → " + own + "newRingA\n",
		},
		{
			"a public cycle, looked at",
			[]fx.Option{fx.Module("ring", fx.Provide(newRingA, newRingB)), fx.Invoke(func(*ringA) {})},
			[]string{"--doctor"},
			"app: inspect: dependency cycle: " + own + "newRingA → " + own + "newRingB → " + own + "newRingA\n",
		},
		{
			"what an Invoke lacks",
			[]fx.Option{fx.Module("modules/a", fx.Invoke(func(*zap.Logger) {}))},
			nil,
			"app: inspect: nothing provides *zap.Logger, which fxcell.TestStartsThatFailAreTold in modules/a takes: list modules/logging.Module\n",
		},
		{"no choice of that name", nil, []string{"--assembly", "mars"}, "app: --assembly mars is none of demo\n"},
		{"a graph of another kind", nil, []string{"--graph", "x.svg"}, "app: --graph x.svg: want a name that ends in .dot or .mmd, or - for the terminal: see app --help\n"},
		{"a graph without a place", nil, []string{"--graph", "/nonexistent/x.mmd"}, "app: --graph /nonexistent/x.mmd cannot be written: no such file or directory\n"},
		{"a detail of no graph", nil, []string{"--constructors"}, "app: --constructors says what --graph draws, and there is none: see app --help\n"},
		{"no configuration to print", nil, []string{"--print-config"}, "app: fxcell: --print-config: this assembly has no configuration: list modules/config.Module\n"},
		{"a panic", []fx.Option{fx.Invoke(func() { panic("out of hand") })}, nil, "out of hand"}, //nolint:forbidigo // what is tested
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			code, stdout, stderr := ran(time.Minute, tt.modules, tt.args...)
			if code != 1 || stdout != "" || stderr != tt.want && (strings.HasSuffix(tt.want, "\n") || !strings.Contains(stderr, tt.want)) {
				t.Errorf("exit code %d, stdout %q, stderr\n%swant\n%s", code, stdout, stderr, tt.want)
			}
			if strings.Count(stderr, "\n") != 1 {
				t.Errorf("want one line, got\n%s", stderr)
			}
		})
	}
}

// Fx says only that a deadline is over.
func TestAHungHookHasAName(t *testing.T) {
	t.Parallel()
	end := make(hanging)
	t.Cleanup(func() { close(end) })
	for _, tt := range []struct {
		name   string
		module fx.Option
		want   string
	}{
		{"at the start", startsWith(dials), "app: " + own + "dials (added by " + own + "startsWith.func1): not started within 2s: dial broker-0:9092: context deadline exceeded\n"},
		{"at the end", stopsWith(dials), "app: stop: " + own + "dials (added by " + own + "stopsWith.func1): not stopped within 2s: dial broker-0:9092: context deadline exceeded\n"},
		{"at the start, for good", startsWith(end.hang), "app: " + own + "hanging.hang (added by " + own + "startsWith.func1): not started within 2s: context deadline exceeded\n"},
		{"at the end, for good", stopsWith(end.hang), "app: stop: " + own + "hanging.hang (added by " + own + "stopsWith.func1): not stopped within 2s: context deadline exceeded\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			code, _, stderr := ran(2*time.Second, []fx.Option{tt.module, fx.Provide(newLog)}) // signals do not reach a bubble
			if code != 1 || stderr != tt.want {
				t.Errorf("exit code %d, stderr\n%swant\n%s", code, stderr, tt.want)
			}
		})
	}
}

func TestGraphsAreWrittenWhereTheyShould(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	mmd, dot := filepath.Join(dir, "x.mmd"), filepath.Join(dir, "x.dot")
	code, stdout, stderr := ran(time.Minute, []fx.Option{fx.Module("modules/log", fx.Provide(newLog))}, "--graph", mmd, "--graph", dot, "--graph", "-", "--doctor", "--modules")
	if code != 0 || stderr != "" {
		t.Fatalf("exit code %d, stderr %s", code, stderr)
	}
	for file, want := range map[string]string{mmd: "%% apps/x in mode demo\nflowchart LR\n", dot: "// apps/x in mode demo\ndigraph {\n"} {
		if text, err := os.ReadFile(file); err != nil || !strings.HasPrefix(string(text), want) || !strings.Contains(string(text), "modules/log") { //nolint:gosec // ours
			t.Errorf("%s: %v\n%s", file, err, text)
		}
	}
	text, err := os.ReadFile(mmd) //nolint:gosec // ours
	if err != nil || !strings.Contains(stdout, string(text)) {
		t.Errorf("- prints\n%s", stdout)
	}
	for _, want := range []string{"apps/x in mode demo: 2 modules", "nothing looks wrong"} {
		if !strings.Contains(stdout, want) {
			t.Errorf("no %q in\n%s", want, stdout)
		}
	}
}
