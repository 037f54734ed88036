//go:build unix

package keyring

import (
	"io/fs"
	"os"
	"syscall"
)

// keepOwner gives f the owner and mode of the file that it takes the place of: one who adds a key as root must not lock the program out.
func keepOwner(f *os.File, info fs.FileInfo) error {
	if s, ok := info.Sys().(*syscall.Stat_t); ok {
		if err := f.Chown(int(s.Uid), int(s.Gid)); err != nil {
			return err
		}
	}
	return f.Chmod(info.Mode().Perm())
}
