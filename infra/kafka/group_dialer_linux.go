package kafka

import (
	"errors"
	"syscall"
	"time"
)

// tcpUserTimeout is how long what was sent may stay without the other side's word, in milliseconds (tcp(7)).
const tcpUserTimeout = 0x12

// giveUp makes a connection fail when nothing comes through for so long: the driver would wait for its longest answer, and a member whose partitions
// are others' by then would not know.
func giveUp(after time.Duration) func(network, address string, c syscall.RawConn) error {
	return func(_, _ string, c syscall.RawConn) error {
		var set error
		err := c.Control(func(fd uintptr) {
			set = syscall.SetsockoptInt(int(fd), syscall.IPPROTO_TCP, tcpUserTimeout, int(after.Milliseconds()))
		})
		return errors.Join(err, set)
	}
}
