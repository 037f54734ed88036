package keyring

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// Modes of a file of keys.
const (
	OwnerOnly  fs.FileMode = 0o600
	GroupReads fs.FileMode = 0o640
)

// maxFile is how many bytes a file of keys may have: hundreds of them.
const maxFile = 64 << 10

// Read returns the ring of a file, which no more people may open than the mode says.
func Read(path string, widest fs.FileMode) (*Ring, error) {
	text, _, err := read(path, widest)
	if err != nil {
		return nil, err
	}
	ring, err := Parse(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return ring, nil
}

// read looks at the file that it has opened, not at what may lie there a moment later.
func read(path string, widest fs.FileMode) (string, fs.FileInfo, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0) //nolint:gosec // the operator's own; a pipe must not hold the start
	if err != nil {
		return "", nil, fmt.Errorf("keyring: %w", err)
	}
	defer func() { _ = f.Close() }() // it was only read
	info, err := f.Stat()
	switch {
	case err != nil:
		return "", nil, fmt.Errorf("keyring: %w", err)
	case !info.Mode().IsRegular():
		return "", nil, fmt.Errorf("keyring: %s is no regular file", path)
	case info.Mode().Perm()&^(widest|0o700) != 0:
		return "", nil, fmt.Errorf("keyring: %s has mode %#o, which lets others in: run chmod %o %s", path, info.Mode().Perm(), OwnerOnly, path)
	}
	text, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	switch {
	case err != nil:
		return "", nil, fmt.Errorf("keyring: %w", err)
	case len(text) > maxFile:
		return "", nil, fmt.Errorf("keyring: %s has more than %d bytes", path, maxFile)
	default:
		return string(text), info, nil
	}
}

// Create writes the key to a file that only its owner may open. A file that is there already is left alone: the error is fs.ErrExist.
func Create(path string, k Key) error {
	if err := write(path, func(f *os.File) error { return fill(f, written(k)) }); err != nil {
		return err
	}
	return syncFolder(path)
}

// Add writes the key in front of those in the file, so that it is the one that wraps. The file is replaced as a whole, or not at all; its owner and
// mode stay. While somebody else adds to it, or when somebody was interrupted, the error is fs.ErrExist and names the file that is in the way.
func Add(path string, k Key) error {
	path, err := filepath.EvalSymlinks(path) // what is replaced is the file, not the link
	if err != nil {
		return fmt.Errorf("keyring: %w", err)
	}
	next := path + ".new" // its being there is the lock
	if err := write(next, func(f *os.File) error { return fillNext(f, path, k) }); err != nil {
		return err
	}
	if err := os.Rename(next, path); err != nil {
		return errors.Join(fmt.Errorf("keyring: %w", err), os.Remove(next))
	}
	return syncFolder(path)
}

func fillNext(f *os.File, path string, k Key) error {
	text, info, err := read(path, GroupReads)
	if err != nil {
		return err
	}
	if _, err := Parse(text); err != nil && !errors.Is(err, ErrNoKey) {
		return fmt.Errorf("%s: %w", path, err)
	}
	text = written(k) + text
	if _, err := Parse(text); err != nil {
		return fmt.Errorf("%s with the new key: %w", path, err)
	}
	if err := keepOwner(f, info); err != nil {
		return fmt.Errorf("keyring: keep owner and mode of %s: %w", path, err)
	}
	return fill(f, text)
}

func written(k Key) string { return k.Written().Reveal() + "\n" }

func fill(f *os.File, text string) error {
	if _, err := f.WriteString(text); err != nil {
		return fmt.Errorf("keyring: %w", err)
	}
	if err := f.Sync(); err != nil {
		return fmt.Errorf("keyring: %w", err)
	}
	return nil
}

// write makes a file and fills it. After an error there is none.
func write(path string, fill func(*os.File) error) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, OwnerOnly) //nolint:gosec // the operator's own
	if err != nil {
		return fmt.Errorf("keyring: %w", err)
	}
	if err := errors.Join(fill(f), f.Close()); err != nil {
		return errors.Join(err, os.Remove(path))
	}
	return nil
}

// syncFolder makes the name of a file survive a crash, where the system can.
func syncFolder(path string) error {
	folder, err := os.Open(filepath.Dir(path))
	if err != nil {
		return fmt.Errorf("keyring: %w", err)
	}
	defer func() { _ = folder.Close() }() // it was only read
	if err := folder.Sync(); err != nil && !errors.Is(err, errors.ErrUnsupported) && !errors.Is(err, syscall.EINVAL) {
		return fmt.Errorf("keyring: %w", err)
	}
	return nil
}
