package redis

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"regexp"
)

//go:embed install.sh
var install string

var errNone = errors.New(
	"there is no Redis: name one by TESTENV_REDIS_ADDR, install redis-server, or run this as root where there is apt-get, which installs it")

// binary is a redis-server.
type binary struct {
	path      string
	version   string // e.g. 7.0.15
	installed bool   // just now
}

func (b binary) String() string {
	if b.installed {
		return fmt.Sprintf("Redis %s, just installed (%s)", b.version, b.path)
	}
	return fmt.Sprintf("Redis %s of this machine (%s)", b.version, b.path)
}

// machine is what decides where the binary comes from.
type machine struct {
	root bool
	look func(program string) (string, error)
}

func this() machine { return machine{os.Getuid() == 0, exec.LookPath} }

func find(ctx context.Context, m machine) (binary, error) {
	path, err := m.look("redis-server")
	missing := err != nil
	if missing {
		if path, err = installed(ctx, m); err != nil {
			return binary{}, err
		}
	}
	out, err := exec.CommandContext(ctx, path, "--version").Output() //nolint:gosec // redis-server of the PATH
	if err != nil {
		return binary{}, fmt.Errorf("%s --version: %w", path, err)
	}
	version := regexp.MustCompile(`v=([0-9.]+)`).FindSubmatch(out)
	if version == nil {
		return binary{}, fmt.Errorf("%s --version says no version: %q", path, out)
	}
	return binary{path, string(version[1]), missing}, nil
}

// installed installs the system's package and returns its redis-server.
func installed(ctx context.Context, m machine) (string, error) {
	apt, err := m.look("apt-get")
	if !m.root || err != nil {
		return "", errNone
	}
	if out, err := exec.CommandContext(ctx, "sh", "-c", install, "install.sh", apt).CombinedOutput(); err != nil { //nolint:gosec // apt-get of the PATH
		return "", fmt.Errorf("install redis-server: %w\n%s", err, out)
	}
	path, err := m.look("redis-server")
	if err != nil {
		return "", fmt.Errorf("apt-get has installed redis-server, but: %w", err)
	}
	return path, nil
}
