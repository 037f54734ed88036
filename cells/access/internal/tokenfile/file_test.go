package tokenfile_test

import (
	"crypto/sha256"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"fxcell.dev/cells/access/internal/tokenfile"
)

var (
	first  = strings.Repeat("A", 43)
	second = strings.Repeat("B", 42) + "A"
)

func hash(token string) [32]byte { return sha256.Sum256([]byte(token)) }

func open(t *testing.T, path string) *tokenfile.File {
	t.Helper()
	f, err := tokenfile.New(path)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestFileIsItsOwnersAlone(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	f := open(t, filepath.Join(dir, "token"))
	if f.Holds(hash(first)) || f.Remove(hash(first)) != nil {
		t.Error("it holds a token before there is one, or cannot be removed")
	}
	for _, token := range []string{first, second} {
		if err := f.Write(token); err != nil {
			t.Fatal(err)
		}
		info, err := os.Stat(f.Path())
		if err != nil || info.Mode() != 0o600 {
			t.Errorf("got mode %v, %v", info.Mode(), err)
		}
		if text, err := os.ReadFile(f.Path()); err != nil || string(text) != token+"\n" || !f.Holds(hash(token)) {
			t.Errorf("it holds %q, %v", text, err)
		}
	}
	if f.Holds(hash(first)) {
		t.Error("it holds the token before too")
	}
	if err := f.Remove(hash(first)); err != nil || !f.Holds(hash(second)) {
		t.Errorf("another token's removal: %v, and it is gone", err)
	}
	if err := f.Remove(hash(second)); err != nil || f.Holds(hash(second)) {
		t.Errorf("its removal: %v", err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 0 {
		t.Errorf("left are %v, %v", left, err)
	}
}

func TestPathIsMadeAbsolute(t *testing.T) {
	t.Parallel()
	if got := open(t, "token").Path(); !filepath.IsAbs(got) || filepath.Base(got) != "token" {
		t.Errorf("got %s", got)
	}
}

func TestWhatIsNoTokenIsLeftAlone(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		make func(path string) error
		want error
	}{
		"another text":   {func(path string) error { return os.WriteFile(path, []byte("root:x:0:0\n"), 0o600) }, tokenfile.ErrForeign},
		"a longer text":  {func(path string) error { return os.WriteFile(path, []byte(strings.Repeat("A", 1<<20)), 0o600) }, tokenfile.ErrForeign},
		"an empty file":  {func(path string) error { return os.WriteFile(path, nil, 0o600) }, tokenfile.ErrForeign},
		"a directory":    {func(path string) error { return os.Mkdir(path, 0o700) }, tokenfile.ErrForeign},
		"a link":         {func(path string) error { return os.Symlink("/dev/null", path) }, tokenfile.ErrForeign},
		"a file as path": {func(path string) error { return os.WriteFile(filepath.Dir(path), nil, 0o600) }, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := filepath.Join(t.TempDir(), "dir")
			if name != "a file as path" {
				if err := os.Mkdir(dir, 0o700); err != nil {
					t.Fatal(err)
				}
			}
			f := open(t, filepath.Join(dir, "token"))
			if err := c.make(f.Path()); err != nil {
				t.Fatal(err)
			}
			before, _ := os.Lstat(f.Path())
			err := f.Write(first)
			if err == nil || c.want != nil && !errors.Is(err, c.want) || strings.Contains(err.Error(), first) {
				t.Errorf("got %v", err)
			}
			if err := f.Remove(hash(first)); err != nil {
				t.Errorf("its removal: %v", err)
			}
			if after, _ := os.Lstat(f.Path()); before != nil && !os.SameFile(before, after) {
				t.Error("another file is there")
			}
		})
	}
}

func TestFileThatCannotBeWrittenLeavesNothing(t *testing.T) {
	t.Parallel()
	f := open(t, filepath.Join(t.TempDir(), "none", "token"))
	if err := f.Write(first); !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), f.Path()) || strings.Contains(err.Error(), first) {
		t.Errorf("got %v", err)
	}
}
