package redis

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// machineWith returns a machine that has nothing but an apt-get of the given script, if any. The script may call its folder $bin.
func machineWith(t *testing.T, root bool, apt string) (m machine, calls func() string) {
	t.Helper()
	bin := t.TempDir()
	log := filepath.Join(bin, "calls")
	if apt != "" {
		text := "#!/bin/sh\nbin=" + bin + "\necho \"$@\" >>" + log + "\n" + apt + "\n"
		if err := os.WriteFile(filepath.Join(bin, "apt-get"), []byte(text), 0o700); err != nil { //nolint:gosec // it is run
			t.Fatal(err)
		}
	}
	look := func(program string) (string, error) { return exec.LookPath(filepath.Join(bin, program)) }
	return machine{root, look}, func() string {
		text, err := os.ReadFile(log) //nolint:gosec // a folder of ours
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			t.Fatal(err)
		}
		return string(text)
	}
}

const brings = `case "$*" in *install*) printf '#!/bin/sh\necho Redis server v=9.8.7 sha=0' >"$bin/redis-server"; chmod +x "$bin/redis-server";; esac`

func TestRootInstallsAMissingServer(t *testing.T) {
	t.Parallel()
	m, calls := machineWith(t, true, brings)
	b, err := find(t.Context(), m)
	if err != nil || !strings.HasPrefix(b.String(), "Redis 9.8.7, just installed (") {
		t.Errorf("%v, %v", b, err)
	}
	if got := calls(); strings.Count(got, "\n") != 2 || !strings.Contains(got, " update\n") || !strings.Contains(got, "redis-server\n") {
		t.Errorf("apt-get was called with %q, want update, then install", got)
	}
	again, err := find(t.Context(), m)
	if err != nil || !strings.HasPrefix(again.String(), "Redis 9.8.7 of this machine (") || strings.Count(calls(), "\n") != 2 {
		t.Errorf("again: %v, %v, calls %q, want none more", again, err, calls())
	}
}

func TestMissingServerIsAnErrorThatSaysWhatToDo(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		root  bool
		apt   string
		says  string
		calls bool
	}{
		{"who may not install", false, brings, "there is no Redis: name one by TESTENV_REDIS_ADDR", false},
		{"where nothing installs", true, "", "there is no Redis: name one by TESTENV_REDIS_ADDR", false},
		{"an installation that fails", true, "echo no network; exit 100", "no network", true},
		{"an installation that brings none", true, "exit 0", "apt-get has installed redis-server, but", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			m, calls := machineWith(t, c.root, c.apt)
			_, err := find(t.Context(), m)
			if err == nil || !strings.Contains(err.Error(), c.says) || (calls() != "") != c.calls {
				t.Errorf("%v, calls %q, want %q", err, calls(), c.says)
			}
		})
	}
}
