package postgres

import (
	"net"
	"sync"
	"time"
)

// line is the network connection under the driver's, which the driver waits on without an end.
type line struct {
	mu   sync.Mutex
	conn net.Conn
	dead bool // cut before there was a connection
}

func (l *line) use(c net.Conn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.conn = c
	if l.dead {
		_ = c.Close()
	}
}

// until gives up on the line at t: whoever waits on it then gets an error. The zero time takes that back.
func (l *line) until(t time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.conn != nil {
		_ = l.conn.SetDeadline(t) // a connection that is closed already needs none
	}
}

// cut gives up on the line at once.
func (l *line) cut() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.dead = true
	if l.conn != nil {
		_ = l.conn.Close()
	}
}
