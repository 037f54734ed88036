package fxcell

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/fx"

	"fxcell.dev/fxcell/app"
	"fxcell.dev/fxcell/config"
	"fxcell.dev/fxcell/durability"
	"fxcell.dev/fxcell/secret/keyring"
)

type verbOut struct {
	fx.Out

	Verb app.Command `group:"fxcell.commands"`
}

// pool is what a verb of an adapter works with. Nothing may open it before the verb does.
type pool struct{ opened, fed bool }

func newPool(lc fx.Lifecycle) *pool {
	p := &pool{}
	lc.Append(fx.StartHook(func() { p.opened = true }))
	return p
}

func migrating(p *pool, args config.Args) verbOut {
	return verbOut{Verb: app.Command{
		Name: "migrate", Short: "change the schema", Run: func(_ context.Context, words []string, out io.Writer) error {
			if len(words) == 0 {
				return errors.New("infra/store: migrate: want up, down or status")
			}
			_, err := fmt.Fprintln(out, words, args.File, "opened:", p.opened, "fed:", p.fed)
			return err
		},
	}}
}

func named(name string) fx.Option {
	return fx.Module("infra/"+name, fx.Provide(func() verbOut {
		return verbOut{Verb: app.Command{Name: name, Short: "do " + name, Run: func(context.Context, []string, io.Writer) error { return nil }}}
	}))
}

// fed is what the pool of a verb is given by an Invoke, as a group's reader is.
func fed(p *pool) { p.fed = true }

// migrates has a verb that works with what the assembly has been built to, and something that must not be started.
func migrates() []fx.Option {
	return []fx.Option{fx.Module("infra/store", fx.Provide(newPool, fx.Private), fx.Provide(migrating), fx.Invoke(fed))}
}

func TestVerbsRunOnAnAssemblyThatIsNotStarted(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name           string
		modules        []fx.Option
		args           []string
		stdout, stderr string
	}{
		{"with words, which may look like flags", migrates(), []string{"--config", "x.yaml", "migrate", "up", "--doctor", "-n"}, "[up --doctor -n] x.yaml opened: false fed: true\n", ""},
		{"that fail", migrates(), []string{"migrate"}, "", "app: infra/store: migrate: want up, down or status\n"},
		{"that are not there", append(migrates(), named("copy")), []string{"serve"}, "", "app: there is no verb \"serve\" in assembly demo, only keygen, copy, migrate: see app --help\n"},
		{"beside a flag that shows", migrates(), []string{"--modules", "migrate"}, "", "app: \"migrate\" is one thing too many: a flag that only shows something takes no verb: see app --help\n"},
		{"beside the version", migrates(), []string{"--version", "migrate"}, "", "app: \"migrate\" is one thing too many: a flag that only shows something takes no verb: see app --help\n"},
		{"of an unknown assembly", migrates(), []string{"--assembly", "mars", "migrate"}, "", "app: --assembly mars is none of demo\n"},
		{"of one name", append(migrates(), named("migrate")), []string{"migrate", "up"}, "", "app: fxcell: there are two verbs migrate: give one of them another name, or leave its module out\n"},
		{"of a built-in name", []fx.Option{named("keygen")}, []string{"x"}, "", "app: fxcell: there are two verbs keygen: give one of them another name, or leave its module out\n"},
		{"of no name", []fx.Option{named("Up down")}, []string{"x"}, "", "app: fxcell: the verb \"Up down\" has no proper name, or nothing to run: a name is one word in lower case\n"},
		{
			"that lack something",
			[]fx.Option{fx.Module("infra/store", fx.Provide(migrating))},
			[]string{"migrate", "up"},
			"",
			"app: inspect: nothing provides *fxcell.pool, which fxcell.dev/fxcell.migrating takes\n",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			code, stdout, stderr := ran(time.Minute, tt.modules, tt.args...)
			wantCode := 0
			if tt.stderr != "" {
				wantCode = 1
			}
			if code != wantCode || stdout != tt.stdout || stderr != tt.stderr {
				t.Errorf("exit code %d, stdout %q, stderr\n%swant %q and\n%s", code, stdout, stderr, tt.stdout, tt.stderr)
			}
		})
	}
}

func TestTheHelpListsTheVerbs(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name    string
		modules []fx.Option
		want    []string
	}{
		{"of an assembly", migrates(), []string{"\nVerbs of demo,", "\n  keygen  ", "\n  migrate            change the schema\n"}},
		{
			"but those of an assembly that cannot be built",
			[]fx.Option{fx.Module("infra/store", fx.Provide(func() (verbOut, error) { return verbOut{}, errors.New("infra/store: store.dsn is required") }))},
			[]string{"\n  keygen  ", "\n  and those of the assembly, which cannot be listed: infra/store: store.dsn is required (from "},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			code, stdout, stderr := ran(time.Minute, tt.modules, "--help")
			for _, want := range tt.want {
				if !strings.Contains(stdout, want) {
					t.Errorf("no %q in\n%s", want, stdout)
				}
			}
			if code != 0 || stderr != "" {
				t.Errorf("exit code %d, stderr %s", code, stderr)
			}
		})
	}
}

// Whoever feeds the group is read by Main.
func TestTheDoctorFindsNothingWrongWithVerbs(t *testing.T) {
	t.Parallel()
	if code, stdout, stderr := ran(time.Minute, migrates(), "--doctor"); code != 0 || stdout != "nothing looks wrong\n" {
		t.Errorf("exit code %d, stdout %s, stderr %s", code, stdout, stderr)
	}
}

// waitingVerb is the variable that makes this program one with a verb that waits.
const waitingVerb = "FXCELL_TEST_WAITING_VERB"

func waitsForTheEnd(ctx context.Context, _ []string, out io.Writer) error {
	if _, err := fmt.Fprintln(out, "waiting"); err != nil {
		return err
	}
	<-ctx.Done()
	return fmt.Errorf("infra/wait: %w", ctx.Err())
}

// A signal reaches a whole process, so the verb runs in one of its own.
func TestASignalCancelsAVerb(t *testing.T) {
	t.Parallel()
	if os.Getenv(waitingVerb) != "" {
		p := program{name: "app", stdout: os.Stdout, stderr: os.Stderr, choices: []Choice{{Name: "demo", App: Assembly("x", durability.Demo, fx.Module(
			"infra/wait", fx.Provide(func() verbOut { return verbOut{Verb: app.Command{Name: "wait", Run: waitsForTheEnd}} }),
		))}}}
		os.Exit(p.run([]string{"wait"})) //nolint:forbidigo // the end of the process that this test has started
	}
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestASignalCancelsAVerb$") //nolint:gosec // this very program
	cmd.Env = append(os.Environ(), waitingVerb+"=1")
	var stderr strings.Builder
	cmd.Stderr = &stderr
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(stdout).ReadString('\n'); line != "waiting\n" {
		t.Errorf("the verb printed %q, %v", line, err)
	}
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	err = cmd.Wait()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != 1 || stderr.String() != "app: infra/wait: context canceled\n" {
		t.Errorf("ended with %v, stderr %s", err, stderr.String())
	}
}

func TestKeygenNeverShowsAKeyThatItKeeps(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "keys")
	code, stdout, stderr := ran(time.Minute, nil, "keygen", file)
	if code != 0 || stdout != "FXCELL_KEYFILE__FILE="+file+"\n" {
		t.Fatalf("exit code %d, stdout %s, stderr %s", code, stdout, stderr)
	}
	written, err := os.ReadFile(file) //nolint:gosec // ours
	if err != nil {
		t.Fatal(err)
	}
	_, key, _ := strings.Cut(strings.TrimPrefix(strings.TrimSpace(string(written)), "v1:"), ":")
	if len(key) != 44 || strings.Contains(stderr, key) {
		t.Errorf("a key of %d characters; stderr %s", len(key), stderr)
	}
	ring, err := keyring.Read(file, keyring.OwnerOnly)
	if err != nil || !strings.Contains(stderr, ring.Primary()) {
		t.Errorf("Read = %v; stderr %s", err, stderr)
	}
}
