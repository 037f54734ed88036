// Package local finds what a server needs of this machine: a folder for what is kept between runs, and a free port.
package local

import (
	"errors"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"strconv"
)

// Cache returns the folder of what is kept between runs: TESTENV_CACHE, or one of the user's. A server's user must be able to read it, so root's own
// folder will not do.
func Cache() (string, error) {
	dir := os.Getenv("TESTENV_CACHE")
	switch {
	case dir != "":
	case os.Getuid() == 0:
		dir = "/var/cache/fxcell-testenv"
	default:
		own, err := os.UserCacheDir()
		if err != nil {
			return "", err
		}
		dir = filepath.Join(own, "fxcell-testenv")
	}
	return dir, os.MkdirAll(dir, 0o755) //nolint:gosec // others read it, see above
}

// The ports that are tried. Those above are the system's to give to clients: while a server is away to be started again, one of them could take its port.
const (
	lowest  = 20000
	highest = 32000
)

// FreePort returns the preferred port of the loopback interface if it is free, else any that is; 0 prefers none.
func FreePort(preferred int) (int, error) {
	for range 100 {
		if preferred == 0 {
			preferred = lowest + rand.IntN(highest-lowest) //nolint:gosec // no secret
		}
		if Free(preferred) {
			return preferred, nil
		}
		preferred = 0
	}
	return 0, errors.New("no port is free")
}

// Free reports whether nobody listens at a port of the loopback interface.
func Free(port int) bool {
	l, err := net.Listen("tcp", Address(port)) //nolint:noctx // it waits for nothing
	return err == nil && l.Close() == nil
}

// Address is host:port of a port of the loopback interface.
func Address(port int) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)) }
