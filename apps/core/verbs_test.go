package main_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// A key that is printed is all that stands on stdout, so that it can be put into a variable.
func TestKeygenPrintsAKey(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for range 2 {
		code, stdout, stderr := run(t, "keygen")
		if code != 0 || !regexp.MustCompile(`^v1:\d{8}-[a-z2-7]{10}:[A-Za-z0-9+/]{43}=$`).MatchString(stdout) {
			t.Errorf("exit code %d, stdout %q", code, stdout)
		}
		for i, part := range strings.Split(stdout, ":") {
			if seen[part] && i > 0 {
				t.Errorf("part %d of %q was there before", i, stdout)
			}
			seen[part] = true
		}
		if !strings.Contains(stderr, "FXCELL_KEYFILE__KEYS") || strings.Contains(stderr, strings.Split(stdout, ":")[2]) {
			t.Errorf("stderr names no setting, or shows the key:\n%s", stderr)
		}
	}
}

func TestKeygenMakesAFileOnce(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "keys")
	code, stdout, stderr := run(t, "keygen", file)
	if code != 0 || stdout != "FXCELL_KEYFILE__FILE="+file {
		t.Fatalf("exit code %d, stdout %s, stderr %s", code, stdout, stderr)
	}
	made := keysOf(t, file)
	if len(made) != 1 {
		t.Fatalf("%d keys", len(made))
	}

	code, stdout, stderr = run(t, "keygen", file)
	want := `core: keygen: ` + file + ` is there already and stays as it is: "core keygen --add ` + file + `" adds a key to it, which wraps from then on`
	if code != 1 || stdout != "" || stderr != want {
		t.Errorf("exit code %d, stdout %s, stderr\n%s\nwant\n%s", code, stdout, stderr, want)
	}
	if again := keysOf(t, file); len(again) != 1 || again[0] != made[0] {
		t.Error("the file changed")
	}

	if code, stdout, stderr = run(t, "keygen", "--add", file); code != 0 || stdout != "FXCELL_KEYFILE__FILE="+file {
		t.Fatalf("exit code %d, stdout %s, stderr %s", code, stdout, stderr)
	}
	if again := keysOf(t, file); len(again) != 2 || again[1] != made[0] {
		t.Error("the new key does not stand in front of the first one")
	}
}

// keysOf returns the lines of a file that only its owner may open.
func keysOf(t *testing.T, file string) []string {
	t.Helper()
	info, err := os.Stat(file)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode() != fs.FileMode(0o600) {
		t.Errorf("mode %v, want 0600", info.Mode())
	}
	text, err := os.ReadFile(file) //nolint:gosec // ours
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSpace(string(text)), "\n")
}

func TestKeygenSaysWhatItCannotDo(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	open := filepath.Join(dir, "open")
	if err := os.WriteFile(open, nil, 0o644); err != nil { //nolint:gosec // what is refused
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name string
		args []string
		want string // all of stderr
	}{
		{"nothing to add to", []string{"--add", dir + "/none"}, `core: keygen: there is no file ` + dir + `/none to add to: "core keygen ` + dir + `/none" makes it`},
		{"a file of others", []string{"--add", open}, `core: keygen: keyring: ` + open + ` has mode 0644, which lets others in: run chmod 600 ` + open},
		{"a folder", []string{"--add", dir}, `core: keygen: keyring: ` + dir + ` is no regular file`},
		{"no folder", []string{dir + "/none/keys"}, `core: keygen: keyring: open ` + dir + `/none/keys: no such file or directory`},
		{"two files", []string{"a", "b"}, `core: keygen: want one file: see core keygen --help`},
		{"no file", []string{"--add"}, `core: keygen: want one file: see core keygen --help`},
		{"an unknown flag", []string{"--replace", "a"}, `core: keygen: flag provided but not defined: -replace: see core keygen --help`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if code, stdout, stderr := run(t, append([]string{"keygen"}, tt.args...)...); code != 1 || stdout != "" || stderr != tt.want {
				t.Errorf("exit code %d, stdout %q, stderr\n%s\nwant\n%s", code, stdout, stderr, tt.want)
			}
		})
	}
	if code, stdout, _ := run(t, "keygen", "--help"); code != 0 || !strings.HasPrefix(stdout, "Usage: core keygen | core keygen FILE | core keygen --add FILE") {
		t.Errorf("exit code %d, stdout %s", code, stdout)
	}
}
