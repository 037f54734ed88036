// Package tokenfile keeps the token of the first-run setup in a file that only its owner can read.
package tokenfile

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// mode lets the owner read and write, and nobody else do anything.
const mode = 0o600

// maxSize is more than a token file has.
const maxSize = 64

// tokenBytes is how many bytes a token encodes.
const tokenBytes = 32

// ErrForeign is returned when the file holds something else than a token: it is neither written over nor removed.
var ErrForeign = errors.New("the file there is none that held a setup token")

// File is where a token is kept. It is safe for concurrent use by many processes.
type File struct{ path string }

// New returns the file at the path, without looking at it.
func New(path string) (*File, error) {
	absolute, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("tokenfile: %w", err)
	}
	return &File{absolute}, nil
}

// Path returns where the file is.
func (f *File) Path() string { return f.path }

// Write puts the token into the file, in place of an earlier one, as a whole or not at all. When it returns nil, the file outlives the machine's fall.
func (f *File) Write(token string) error {
	if _, err := f.read(); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	beside := f.path + "." + rand.Text()
	if err := write(beside, token+"\n"); err != nil {
		return errors.Join(err, remove(beside))
	}
	if err := os.Rename(beside, f.path); err != nil {
		return errors.Join(fmt.Errorf("tokenfile: %w", err), remove(beside))
	}
	return f.settle()
}

func write(path, text string) (err error) {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return fmt.Errorf("tokenfile: %w", err)
	}
	defer func() {
		if err = errors.Join(err, file.Close()); err != nil {
			err = fmt.Errorf("tokenfile: %w", err)
		}
	}()
	if _, err := file.WriteString(text); err != nil {
		return err
	}
	return file.Sync()
}

// settle makes the directory remember the file's name.
func (f *File) settle() error {
	dir, err := os.Open(filepath.Dir(f.path))
	if err != nil {
		return fmt.Errorf("tokenfile: %w", err)
	}
	if err := errors.Join(dir.Sync(), dir.Close()); err != nil {
		return fmt.Errorf("tokenfile: %w", err)
	}
	return nil
}

// Holds reports whether the file holds the token of that hash.
func (f *File) Holds(hash [sha256.Size]byte) bool {
	token, err := f.read()
	return err == nil && sha256.Sum256([]byte(token)) == hash
}

// Remove removes the file when it holds the token of that hash.
func (f *File) Remove(hash [sha256.Size]byte) error {
	if !f.Holds(hash) {
		return nil
	}
	return remove(f.path)
}

func remove(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("tokenfile: %w", err)
	}
	return nil
}

// read returns the token in the file, or ErrForeign.
func (f *File) read() (token string, err error) {
	info, err := os.Lstat(f.path)
	if err != nil {
		return "", fmt.Errorf("tokenfile: %w", err)
	}
	if !info.Mode().IsRegular() { // what a link leads to is not ours
		return "", fmt.Errorf("tokenfile: %s: %w", f.path, ErrForeign)
	}
	file, err := os.Open(f.path)
	if err != nil {
		return "", fmt.Errorf("tokenfile: %w", err)
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	text, err := io.ReadAll(io.LimitReader(file, maxSize))
	if err != nil {
		return "", fmt.Errorf("tokenfile: %w", err)
	}
	token = strings.TrimSuffix(string(text), "\n")
	if raw, err := base64.RawURLEncoding.DecodeString(token); err != nil || len(raw) != tokenBytes {
		return "", fmt.Errorf("tokenfile: %s: %w", f.path, ErrForeign) // the text may be somebody's secret
	}
	return token, nil
}
