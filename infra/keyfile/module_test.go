package keyfile_test

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/fx"
	"go.uber.org/goleak"

	"fxcell.dev/fxcell/config"
	"fxcell.dev/fxcell/durability"
	"fxcell.dev/fxcell/health"
	"fxcell.dev/fxcell/secret"
	"fxcell.dev/fxcell/secret/keyring"
	"fxcell.dev/fxcell/secret/secrettest"
	"fxcell.dev/infra/keyfile"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// silent is a configuration that says nothing.
type silent struct{}

func (silent) Decode(string, any) error { return nil }

type shown struct {
	fx.In

	Keys   secret.KeyProvider
	Claims []durability.Claim `group:"fxcell.claims"`
	Checks []health.Check     `group:"fxcell.checks"`
}

// build wires the module and starts nothing.
func build(t *testing.T, c keyfile.Config) (shown, *fx.App) {
	t.Helper()
	var s shown
	app := fx.New(keyfile.Module, fx.NopLogger, fx.Replace(c),
		fx.Provide(func() config.Source { return silent{} }),
		fx.Invoke(func(in shown) { s = in }),
	)
	return s, app
}

// start returns the keys of an app that runs until the test ends.
func start(t *testing.T, c keyfile.Config) shown {
	t.Helper()
	s, app := build(t, c)
	if err := app.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := app.Stop(context.Background()); err != nil { // the test's own context is over by now
			t.Error(err)
		}
	})
	return s
}

func written(id string) string { return keyring.Generate(id).Written().Reveal() }

func file(t *testing.T, text string, mode fs.FileMode) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "keys")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil { // the umask has no say
		t.Fatal(err)
	}
	return path
}

func TestKeysKeepThePromisesOfThePort(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]func(t *testing.T) keyfile.Config{
		"in a file": func(t *testing.T) keyfile.Config {
			t.Helper()
			return keyfile.Config{File: file(t, written("a")+"\n"+written("b")+"\n", 0o600)}
		},
		"in the environment": func(*testing.T) keyfile.Config {
			return keyfile.Config{Keys: secret.NewText(written("a") + " " + written("b"))}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			same := c(t)
			secrettest.Run(t, func(t *testing.T) secret.KeyProvider {
				t.Helper()
				return start(t, same).Keys
			})
		})
	}
	t.Run("each its own", func(t *testing.T) {
		t.Parallel()
		secrettest.Run(t, func(t *testing.T) secret.KeyProvider {
			t.Helper()
			return start(t, keyfile.Config{File: file(t, written(rand.Text()), 0o600)}).Keys
		})
	})
}

func TestModuleShowsThePortWithItsClaimAndItsCheck(t *testing.T) {
	t.Parallel()
	s := start(t, keyfile.Config{File: file(t, written("a"), 0o400)})
	if len(s.Claims) != 1 || len(s.Checks) != 1 {
		t.Fatalf("claims %v, checks %v", s.Claims, s.Checks)
	}
	if c := s.Claims[0]; c.Port != "secret.KeyProvider" || c.Module != "infra/keyfile" || any(c.Subject) != s.Keys || s.Keys.Durability() != durability.Persistent {
		t.Errorf("claim %+v, want the live value of the port, of infra/keyfile, persistent", c)
	}
	if c := s.Checks[0]; c.Name != "infra/keyfile" || !c.Critical || c.Probe(t.Context()) != nil {
		t.Errorf("check %s, critical %v, %v, want healthy", c.Name, c.Critical, c.Probe(t.Context()))
	}
}

// An app that is only looked at has no use for its keys, and need not have them.
func TestNothingIsReadBeforeTheStart(t *testing.T) {
	t.Parallel()
	s, app := build(t, keyfile.Config{File: filepath.Join(t.TempDir(), "none")})
	if err := app.Err(); err != nil {
		t.Fatal(err)
	}
	_, wrapErr := s.Keys.Wrap(t.Context(), "p", []byte("key"))
	_, unwrapErr := s.Keys.Unwrap(t.Context(), "p", secret.Wrapped{KeyID: "a"})
	for what, err := range map[string]error{"Wrap": wrapErr, "Unwrap": unwrapErr, "the check": s.Checks[0].Probe(t.Context())} {
		if want := "infra/keyfile: the file of keys is read at the start, which has not come yet"; err == nil || err.Error() != want {
			t.Errorf("%s: %v, want %s", what, err, want)
		}
	}
}

func TestWhatIsWrongIsToldWithItsCure(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	zeros := "v1:a:" + base64.StdEncoding.EncodeToString(make([]byte, 32))
	short := "v1:a:" + base64.StdEncoding.EncodeToString([]byte("sixteen bytes...")) // which no error may show
	exposed, empty, unknown, brief := file(t, written("a"), 0o644), file(t, "# none\n", 0o600), file(t, "age-secret-key", 0o600), file(t, short, 0o600)
	const env = "infra/keyfile: keyfile.keys (FXCELL_KEYFILE__KEYS): keyring: "
	for name, c := range map[string]struct {
		config  keyfile.Config
		started bool // it is the start that fails, not the wiring
		want    string
	}{
		"nothing": {
			keyfile.Config{},
			false,
			`infra/keyfile: there is no key-encryption key: make one with "core keygen FILE", and set keyfile.file in the file or FXCELL_KEYFILE__FILE to it`,
		},
		"both": {
			keyfile.Config{File: exposed, Keys: secret.NewText(written("a"))},
			false,
			"infra/keyfile: both keyfile.file and keyfile.keys are set: keep one, and look into FXCELL_KEYFILE__FILE and FXCELL_KEYFILE__KEYS too",
		},
		"blank":        {keyfile.Config{Keys: secret.NewText(" ")}, false, env + `there is no key: make one with "core keygen"`},
		"zeros":        {keyfile.Config{Keys: secret.NewText(zeros)}, false, env + "key 1 is not random: all its bytes are the same"},
		"short":        {keyfile.Config{Keys: secret.NewText(short)}, false, env + "key 1 has 16 bytes, want 32"},
		"one id twice": {keyfile.Config{Keys: secret.NewText(written("a") + " " + written("a"))}, false, env + "key 2 has the id of key 1"},
		"no file": {
			keyfile.Config{File: dir + "/none"},
			true,
			`infra/keyfile: keyfile.file: keyring: open ` + dir + `/none: no such file or directory: make one with "core keygen ` + dir + `/none"`,
		},
		"a folder":             {keyfile.Config{File: dir}, true, "infra/keyfile: keyfile.file: keyring: " + dir + " is no regular file"},
		"a file of others":     {keyfile.Config{File: exposed}, true, "infra/keyfile: keyfile.file: keyring: " + exposed + " has mode 0644, which lets others in: run chmod 600 " + exposed},
		"of others than those": {keyfile.Config{File: exposed, GroupReads: true}, true, "infra/keyfile: keyfile.file: keyring: " + exposed + " has mode 0644, which lets others in: run chmod 600 " + exposed},
		"an empty file":        {keyfile.Config{File: empty}, true, "infra/keyfile: keyfile.file: " + empty + `: keyring: there is no key: make one with "core keygen ` + empty + `"`},
		"an unknown format":    {keyfile.Config{File: unknown}, true, "infra/keyfile: keyfile.file: " + unknown + ": keyring: key 1 has an unknown format: want v1:ID:BASE64, as the verb keygen prints it"},
		"a short key in it":    {keyfile.Config{File: brief}, true, "infra/keyfile: keyfile.file: " + brief + ": keyring: key 1 has 16 bytes, want 32"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, app := build(t, c.config)
			err := app.Err()
			if c.started {
				if err != nil {
					t.Fatalf("wiring: %v", err)
				}
				err = app.Start(t.Context())
			}
			if err == nil || !strings.HasSuffix(err.Error(), c.want) {
				t.Errorf("got %v\nwant %s", err, c.want)
			}
			if err != nil && (strings.Contains(err.Error(), short) || strings.Contains(err.Error(), "sixteen")) {
				t.Errorf("the error shows a key: %v", err)
			}
		})
	}
}

func TestAFileOfTheGroupIsReadWhenItMayBe(t *testing.T) {
	t.Parallel()
	s := start(t, keyfile.Config{File: file(t, written("a"), 0o440), GroupReads: true})
	if w, err := s.Keys.Wrap(t.Context(), "p", []byte("key")); err != nil || w.KeyID != "a" {
		t.Errorf("Wrap = %s, %v", w.KeyID, err)
	}
}

// An added key reaches a process that runs as soon as it meets what another one has wrapped under it.
func TestARingIsRotatedWithoutLosingWhatWasWrapped(t *testing.T) {
	t.Parallel()
	path := file(t, written("old"), 0o600)
	running := start(t, keyfile.Config{File: path}).Keys
	before, err := running.Wrap(t.Context(), "p", []byte("before"))
	if err != nil {
		t.Fatal(err)
	}
	if err := keyring.Add(path, keyring.Generate("new")); err != nil {
		t.Fatal(err)
	}
	restarted := start(t, keyfile.Config{File: path}).Keys
	after, err := restarted.Wrap(t.Context(), "p", []byte("after"))
	if err != nil || before.KeyID != "old" || after.KeyID != "new" {
		t.Fatalf("wrapped under %s and %s, %v", before.KeyID, after.KeyID, err)
	}
	for name, keys := range map[string]secret.KeyProvider{"running": running, "restarted": restarted} {
		for want, w := range map[string]secret.Wrapped{"before": before, "after": after} {
			if got, err := keys.Unwrap(t.Context(), "p", w); string(got) != want || err != nil {
				t.Errorf("%s: Unwrap = %q, %v, want %q", name, got, err, want)
			}
		}
	}
	if again, err := running.Wrap(t.Context(), "p", nil); again.KeyID != "new" || err != nil {
		t.Errorf("the running one wraps under %s, %v", again.KeyID, err)
	}
}

// A file that is gone or was broken later does no harm to what is known.
func TestARunningProcessKeepsItsKeys(t *testing.T) {
	t.Parallel()
	path := file(t, written("a"), 0o600)
	keys := start(t, keyfile.Config{File: path}).Keys
	w, err := keys.Wrap(t.Context(), "p", []byte("key"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, 0o644); err != nil { //nolint:gosec // what is refused
		t.Fatal(err)
	}
	_, err = keys.Unwrap(t.Context(), "p", secret.Wrapped{KeyID: "other", Data: w.Data})
	if !errors.Is(err, secret.ErrUnknownKey) || !strings.Contains(err.Error(), "lets others in") {
		t.Errorf("Unwrap = %v, want secret.ErrUnknownKey and why the file was of no help", err)
	}
	if got, err := keys.Unwrap(t.Context(), "p", w); string(got) != "key" || err != nil {
		t.Errorf("Unwrap = %q, %v", got, err)
	}
}
