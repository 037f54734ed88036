package local

import (
	"net"
	"os"
	"path/filepath"
	"testing"
)

func TestPreferredPortIsTakenOnlyWhenItIsFree(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // it waits for nothing
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	taken := l.Addr().(*net.TCPAddr).Port
	port, err := FreePort(taken)
	if err != nil || port == taken || port < lowest || port >= highest {
		t.Errorf("port %d, %v, want another one, that clients are not given", port, err)
	}
	if again, err := FreePort(port); err != nil || again != port {
		t.Errorf("port %d, %v, want the preferred %d", again, err, port)
	}
}

func TestCacheIsWhereItsVariableSays(t *testing.T) {
	want := filepath.Join(t.TempDir(), "new", "folder")
	t.Setenv("TESTENV_CACHE", want)
	got, err := Cache()
	if err != nil || got != want {
		t.Errorf("%q, %v, want %q", got, err, want)
	}
	if _, err := os.Stat(want); err != nil {
		t.Error(err)
	}
}
