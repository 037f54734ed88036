package maven

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// fake puts a mvn of the given script first in the PATH. The script may call the folder that the jars belong to $jars.
func fake(t *testing.T, script string) {
	t.Helper()
	bin := t.TempDir()
	text := "#!/bin/sh\nfor a; do case $a in -DoutputDirectory=*) jars=${a#*=};; esac; done\n" + script + "\n"
	if err := os.WriteFile(filepath.Join(bin, "mvn"), []byte(text), 0o700); err != nil { //nolint:gosec // it is run
		t.Fatal(err)
	}
	t.Setenv("PATH", bin+":"+os.Getenv("PATH"))
}

func take(jars, to string) error {
	return os.Rename(filepath.Join(jars, "a.jar"), filepath.Join(to, "a"))
}

//nolint:paralleltest // it changes the PATH
func TestWhatWasFetchedIsKept(t *testing.T) {
	cache := t.TempDir()
	fake(t, `mkdir "$jars" && echo "$@" >"$jars/a.jar"`)
	dir, err := Keep(t.Context(), cache, "thing", []byte("<project/>"), []string{"-Dversion=1"}, take)
	if err != nil {
		t.Fatal(err)
	}
	if args, err := os.ReadFile(filepath.Join(dir, "a")); err != nil || !strings.Contains(string(args), "-Dversion=1") {
		t.Errorf("%q, %v", args, err)
	}
	fake(t, "exit 1")
	if again, err := Keep(t.Context(), cache, "thing", nil, nil, take); err != nil || again != dir {
		t.Errorf("again: %q, %v, want %q without Maven", again, err, dir)
	}
}

//nolint:paralleltest // it changes the PATH
func TestFetchThatFailsKeepsNothing(t *testing.T) {
	for _, c := range []struct{ name, script, says string }{ //nolint:paralleltest // see above
		{"Maven that finds no jar", "echo no such artifact; exit 1", "no such artifact"},
		{"a jar that holds something else", `mkdir "$jars"`, "a.jar"},
	} {
		t.Run(c.name, func(t *testing.T) {
			cache := t.TempDir()
			fake(t, c.script)
			if _, err := Keep(t.Context(), cache, "thing", nil, nil, take); err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%v, want %q", err, c.says)
			}
			if left, err := os.ReadDir(cache); err != nil || len(left) > 0 {
				t.Errorf("it left %v, %v", left, err)
			}
		})
	}
}

func TestMachineWithoutMavenIsTold(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	if _, err := Keep(t.Context(), t.TempDir(), "thing", nil, nil, take); !errors.Is(err, ErrMissing) {
		t.Errorf("%v, want %v", err, ErrMissing)
	}
}
