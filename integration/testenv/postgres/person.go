package postgres

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"fxcell.dev/integration/testenv/internal/local"
)

// personPort is where a person's server listens when nobody else does.
const personPort = 54329

// Up starts a server for a person: it stays until Down, and what is in it stays after that too. One that runs already is left alone. It returns the
// server's address and a line that says what it is.
func Up(ctx context.Context, o Options) (dsn, text string, err error) {
	if o.Origin == "" {
		o.Origin = Auto
	}
	b, err := find(ctx, o.Origin)
	if err != nil {
		return "", "", fmt.Errorf("postgres: %w", err)
	}
	kept, err := local.Cache()
	if err != nil {
		return "", "", fmt.Errorf("postgres: %w", err)
	}
	dir := filepath.Join(kept, "up-"+b.major())
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", "", fmt.Errorf("postgres: %w", err)
	}
	address := filepath.Join(dir, "dsn")
	if runs(dir, b.dir) {
		known, err := os.ReadFile(address) //nolint:gosec // of a folder of ours
		return string(known), "it runs already, in " + dir, err
	}
	h, err := furnish(dir, b, o, personPort)
	if err != nil {
		return "", "", fmt.Errorf("postgres: %w", err)
	}
	c, err := h.command("up")
	if err != nil {
		return "", "", fmt.Errorf("postgres: %w", err)
	}
	if _, err := ready(c); err != nil {
		return "", "", fmt.Errorf("postgres: %v does not start: %w", b, err)
	}
	err = errors.Join(
		c.Wait(),
		os.WriteFile(address, []byte(h.dsn()), 0o600),
		os.WriteFile(filepath.Join(dir, "bin"), []byte(b.dir), 0o600),
	)
	return h.dsn(), h.text() + ", in " + dir, err
}

// Down stops what Up has started, and returns the folders in which its data stays.
func Down() ([]string, error) {
	kept, err := local.Cache()
	if err != nil {
		return nil, fmt.Errorf("postgres: %w", err)
	}
	dirs, err := filepath.Glob(filepath.Join(kept, "up-*"))
	if err != nil {
		return nil, fmt.Errorf("postgres: %w", err)
	}
	var stopped []string
	for _, dir := range dirs {
		bin, err := os.ReadFile(filepath.Join(dir, "bin")) //nolint:gosec // of a folder of ours
		if err != nil || !runs(dir, string(bin)) {
			continue
		}
		c, err := home{dir: dir, binaries: binaries{dir: string(bin)}}.command("down")
		if err != nil {
			return stopped, fmt.Errorf("postgres: %w", err)
		}
		if err := c.Run(); err != nil {
			return stopped, fmt.Errorf("postgres: stop the server in %s: %w", dir, err)
		}
		stopped = append(stopped, dir)
	}
	return stopped, nil
}

// runs reports whether a server runs in the folder.
func runs(dir, bin string) bool {
	c, err := home{dir: dir, binaries: binaries{dir: bin}}.command("status")
	return err == nil && c.Run() == nil
}
