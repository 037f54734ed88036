package redis

import (
	"bufio"
	"fmt"
	"net"
	"os"
	"strings"
	"testing"
)

// tell sends a command and returns the first line of its answer, or why there is none.
func tell(addr, command string) string {
	c, err := net.Dial("tcp", addr) //nolint:noctx // of this machine
	if err != nil {
		return "nobody"
	}
	defer func() { _ = c.Close() }()
	if _, err := fmt.Fprintf(c, "%s\r\n", command); err != nil {
		return err.Error()
	}
	answer, err := bufio.NewReader(c).ReadString('\n')
	if err != nil {
		return err.Error()
	}
	return strings.TrimSpace(answer)
}

func TestServerKeepsWhatItHasAcknowledgedAcrossACrash(t *testing.T) {
	t.Parallel()
	s, err := Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	addr := s.Addr
	if !strings.HasPrefix(s.Text, "Redis ") || !strings.HasSuffix(s.Text, addr) {
		t.Errorf("it is %q", s.Text)
	}
	step := func(command, want string) {
		t.Helper()
		if got := tell(addr, command); got != want {
			t.Errorf("%s: %q, want %q", command, got, want)
		}
	}
	step("DBSIZE", ":0")
	step("SET place here", "+OK")
	if err := s.Crash(); err != nil {
		t.Fatal(err)
	}
	step("PING", "nobody")
	if err := s.Restart(); err != nil || s.Addr != addr {
		t.Fatalf("%v, at %s, want %s", err, s.Addr, addr)
	}
	step("STRLEN place", ":4")
	step("FLUSHALL", "+OK")
	step("DBSIZE", ":0")
	if err := s.Stop(); err != nil {
		t.Error(err)
	}
	step("PING", "nobody")
}

func TestServerIsToldFromAnotherOneAtItsPort(t *testing.T) {
	t.Parallel()
	s, err := Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := answers(t.Context(), "", s.Addr, os.Getpid()); err == nil {
		t.Error("the server of another process was taken for ours")
	}
	if err := s.Stop(); err != nil {
		t.Error(err)
	}
}
