package kafka

import (
	"net"
	"sync"
	"time"

	"github.com/IBM/sarama"
)

// dialer makes the connections of one client, and can cut them. The driver closes a connection only when everything that was asked on it is answered,
// and somebody who wants to leave a group may not have so much time.
type dialer struct {
	net.Dialer

	mu    sync.Mutex
	open  map[*connection]struct{}
	isCut bool
}

// connection is open until it is closed.
type connection struct {
	net.Conn

	of *dialer
}

// newDialer returns a dialer that connects as the client would, and makes the client use it. Connections fail when nothing comes through for a session.
func newDialer(client *sarama.Config, session time.Duration) *dialer {
	d := &dialer{open: map[*connection]struct{}{}}
	d.Timeout, d.KeepAlive, d.Control = client.Net.DialTimeout, client.Net.KeepAlive, giveUp(session)
	client.Net.Proxy.Enable, client.Net.Proxy.Dialer = true, d
	return d
}

// Dial connects, unless the dialer was cut.
func (d *dialer) Dial(network, address string) (net.Conn, error) {
	conn, err := d.Dialer.Dial(network, address)
	if err != nil {
		return nil, err
	}
	c := &connection{conn, d}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.isCut {
		_ = conn.Close() // nobody has used it
		return nil, net.ErrClosed
	}
	d.open[c] = struct{}{}
	return c, nil
}

// Close implements net.Conn.
func (c *connection) Close() error {
	c.of.mu.Lock()
	delete(c.of.open, c)
	c.of.mu.Unlock()
	return c.Conn.Close()
}

// cut closes every connection, and lets no other be made: who waits for an answer gets an error instead.
func (d *dialer) cut() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.isCut = true
	for c := range d.open {
		_ = c.Conn.Close() // who uses it is told
	}
}
