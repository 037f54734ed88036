//go:build !linux

package kafka

import (
	"syscall"
	"time"
)

// giveUp leaves connections to the driver's timeouts: this system has no other.
func giveUp(time.Duration) func(network, address string, c syscall.RawConn) error { return nil }
