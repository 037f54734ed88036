package kafka

import (
	"net"
	"syscall"
	"testing"
	"time"

	"github.com/IBM/sarama"
)

func TestConnectionsOfAGroupGiveUpWithItsSession(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // it is closed below
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	d := newDialer(sarama.NewConfig(), 7*time.Second)
	conn, err := d.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	c, ok := conn.(*connection).Conn.(*net.TCPConn)
	if !ok {
		t.Fatalf("a %T", conn)
	}
	raw, err := c.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	var got int
	if err := raw.Control(func(fd uintptr) { got, err = syscall.GetsockoptInt(int(fd), syscall.IPPROTO_TCP, tcpUserTimeout) }); err != nil || got != 7000 {
		t.Errorf("gives up after %d ms, %v, want 7000", got, err)
	}
	d.cut()
	if _, err := conn.Read(make([]byte, 1)); err == nil {
		t.Error("the connection is open after the cut")
	}
	if _, err := d.Dial("tcp", l.Addr().String()); err == nil {
		t.Error("another connection after the cut")
	}
	_ = conn.Close()
}
