//go:build unix

package keyring_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"fxcell.dev/fxcell/secret/keyring"
)

func put(t *testing.T, name, text string, mode fs.FileMode) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil { // the umask has no say
		t.Fatal(err)
	}
	return path
}

func content(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path) //nolint:gosec // ours
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestFilesThatOthersMayOpenAreRefused(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		mode, widest fs.FileMode
		ok           bool
	}{
		{0o600, keyring.OwnerOnly, true},
		{0o400, keyring.OwnerOnly, true},
		{0o700, keyring.OwnerOnly, true},
		{0o640, keyring.OwnerOnly, false},
		{0o620, keyring.OwnerOnly, false},
		{0o610, keyring.OwnerOnly, false},
		{0o604, keyring.OwnerOnly, false},
		{0o602, keyring.OwnerOnly, false},
		{0o601, keyring.OwnerOnly, false},
		{0o644, keyring.OwnerOnly, false},
		{0o640, keyring.GroupReads, true},
		{0o440, keyring.GroupReads, true},
		{0o660, keyring.GroupReads, false},
		{0o644, keyring.GroupReads, false},
	} {
		path := put(t, "keys", written("a"), tt.mode)
		_, err := keyring.Read(path, tt.widest)
		if tt.ok && err != nil || !tt.ok && (err == nil || !strings.Contains(err.Error(), "lets others in: run chmod ")) {
			t.Errorf("mode %#o where %#o is the widest: %v", tt.mode, tt.widest, err)
		}
	}
}

func TestWhatIsNoFileOfKeysIsRefused(t *testing.T) {
	t.Parallel()
	pipe := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	folder := filepath.Dir(pipe)
	large := put(t, "large", "#"+strings.Repeat(" ", 64<<10)+"\n"+written("a"), 0o600)
	short := put(t, "short", of("a", 31), 0o600)
	for path, want := range map[string]string{
		pipe:             "keyring: " + pipe + " is no regular file",
		folder:           "keyring: " + folder + " is no regular file",
		large:            "keyring: " + large + " has more than 65536 bytes",
		short:            short + ": keyring: key 1 has 31 bytes, want 32",
		folder + "/none": "keyring: open " + folder + "/none: no such file or directory",
	} {
		if _, err := keyring.Read(path, keyring.OwnerOnly); err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

func TestAFileIsMadeOnce(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "keys")
	var made sync.Map
	var all sync.WaitGroup
	for _, id := range []string{"a", "b", "c", "d"} {
		all.Go(func() {
			err := keyring.Create(path, keyring.Generate(id))
			if err == nil {
				made.Store("id", id)
			} else if !errors.Is(err, fs.ErrExist) {
				t.Errorf("Create = %v, want fs.ErrExist", err)
			}
		})
	}
	all.Wait()
	ring, err := keyring.Read(path, keyring.OwnerOnly)
	if err != nil {
		t.Fatal(err)
	}
	if id, _ := made.Load("id"); id != ring.Primary() {
		t.Errorf("%v made it, and the key of %s is there", id, ring.Primary())
	}
	if info, err := os.Stat(path); err != nil || info.Mode() != keyring.OwnerOnly {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
}

func TestAnAddedKeyWrapsAndTheOthersStay(t *testing.T) {
	t.Parallel()
	old := "# since last year\n" + written("old") + "\n"
	path := put(t, "keys", old, 0o640)
	link := filepath.Join(filepath.Dir(path), "link")
	if err := os.Symlink(path, link); err != nil {
		t.Fatal(err)
	}
	before, err := keyring.Read(path, keyring.GroupReads)
	if err != nil {
		t.Fatal(err)
	}
	w := before.Wrap("p", []byte("of old"))
	if err := keyring.Add(link, keyring.Generate("new")); err != nil {
		t.Fatal(err)
	}
	ring, err := keyring.Read(path, keyring.GroupReads)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := ring.Unwrap("p", w); string(got) != "of old" || err != nil || ring.Primary() != "new" {
		t.Errorf("the primary is %s; Unwrap = %q, %v", ring.Primary(), got, err)
	}
	if !strings.HasSuffix(content(t, path), old) {
		t.Error("what was in the file is not there as it was")
	}
	for name, mode := range map[string]fs.FileMode{path: 0o640, link: fs.ModeSymlink | 0o777} {
		if info, err := os.Lstat(name); err != nil || info.Mode() != mode {
			t.Errorf("%s: mode %v, %v, want %v", name, info.Mode(), err, mode)
		}
	}
	if err := keyring.Add(path, keyring.Generate("old")); err == nil || !strings.HasSuffix(err.Error(), "keyring: key 3 has the id of key 1") {
		t.Errorf("an id that is there: %v", err)
	}
}

func TestAFailedAddLeavesTheFileAsItWas(t *testing.T) {
	t.Parallel()
	broken := put(t, "broken", "v1:a:", 0o600)
	open := put(t, "open", written("a"), 0o644)
	locked := put(t, "locked", written("a"), 0o600)
	if err := os.WriteFile(locked+".new", nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		broken:                             "has 0 bytes",
		open:                               "lets others in",
		locked:                             locked + ".new: file exists",
		filepath.Dir(open):                 "is no regular file",
		filepath.Join(t.TempDir(), "none"): "no such file or directory",
	} {
		info, statErr := os.Stat(path)
		text := ""
		if statErr == nil && !info.IsDir() {
			text = content(t, path)
		}
		if err := keyring.Add(path, keyring.Generate("new")); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
		if text != "" && content(t, path) != text {
			t.Errorf("%s changed", path)
		}
		if _, err := os.Stat(path + ".new"); path != locked && !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s.new is left: %v", path, err)
		}
	}
	if content(t, locked+".new") != "" {
		t.Error("what somebody else is writing changed")
	}
}

// However many add at a time, each key that was said to be added is there.
func TestAddedKeysAreNotLost(t *testing.T) {
	t.Parallel()
	path := put(t, "keys", "", 0o600)
	ids := []string{"a", "b", "c", "d", "e", "f"}
	var all sync.WaitGroup
	for _, id := range ids {
		all.Go(func() {
			for {
				err := keyring.Add(path, keyring.Generate(id))
				if err == nil {
					return
				}
				if !errors.Is(err, fs.ErrExist) {
					t.Errorf("Add = %v", err)
					return
				}
			}
		})
	}
	all.Wait()
	text := content(t, path)
	for _, id := range ids {
		if strings.Count(text, "v1:"+id+":") != 1 {
			t.Errorf("the key %s is not there once", id)
		}
	}
}
