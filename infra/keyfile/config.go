package keyfile

import (
	"errors"
	"fmt"
	"io/fs"

	"fxcell.dev/fxcell/secret"
	"fxcell.dev/fxcell/secret/keyring"
)

// Config is the section keyfile: where the key-encryption keys are. The first one wraps, all unwrap. One of File and Keys is required.
type Config struct {
	// File holds the keys, as the verb keygen writes them. It is read at the start, and again when something was wrapped under a key that it did not
	// hold then: a key that is added reaches the processes that run.
	File string
	// Keys are the keys themselves, parted by white space or commas. They belong into the environment, FXCELL_KEYFILE__KEYS, not into a file of
	// settings.
	Keys secret.Text
	// GroupReads accepts a file that its group may read, as Kubernetes mounts a secret for a user who is not root.
	GroupReads bool
}

// Validate reports every fault at once. It does not look at the file.
func (c Config) Validate() error {
	switch {
	case c.File == "" && c.Keys.IsZero():
		return errors.New(module + `: there is no key-encryption key: make one with "core keygen FILE", and set keyfile.file in the file or FXCELL_KEYFILE__FILE to it`)
	case c.File != "" && !c.Keys.IsZero():
		return errors.New(module + ": both keyfile.file and keyfile.keys are set: keep one, and look into FXCELL_KEYFILE__FILE and FXCELL_KEYFILE__KEYS too")
	case c.File != "":
		return nil
	}
	_, err := c.ring()
	return err
}

// ring reads the keys where they are.
func (c Config) ring() (*keyring.Ring, error) {
	if c.File == "" {
		ring, err := keyring.Parse(c.Keys.Reveal())
		return ring, told("keyfile.keys (FXCELL_KEYFILE__KEYS)", `make one with "core keygen"`, err)
	}
	ring, err := keyring.Read(c.File, c.widest())
	return ring, told("keyfile.file", fmt.Sprintf(`make one with "core keygen %s"`, c.File), err)
}

// told says which setting led to the fault, and how to get a key where there is none.
func told(setting, cure string, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, keyring.ErrNoKey), errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%s: %s: %w: %s", module, setting, err, cure)
	default:
		return fmt.Errorf("%s: %s: %w", module, setting, err)
	}
}

func (c Config) widest() fs.FileMode {
	if c.GroupReads {
		return keyring.GroupReads
	}
	return keyring.OwnerOnly
}
