package main

import (
	"context"
	"errors"
	"io"
	"net"
	"sync"
	"time"
)

// delay is a way to a server that is longer than it is: each answer comes so much later, and what is asked comes at once. Answers that are on their way
// together are late together, as over a long wire.
type delay struct {
	by       time.Duration
	listener net.Listener
	group    sync.WaitGroup

	mu     sync.Mutex
	server string // host:port; known after the way is: the server must know the way
	conns  map[net.Conn]struct{}
	closed bool
}

func newDelay(ctx context.Context, by time.Duration) (*delay, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	d := &delay{by: by, listener: l, conns: map[net.Conn]struct{}{}}
	d.group.Go(d.accept)
	return d, nil
}

func (d *delay) address() string { return d.listener.Addr().String() }

func (d *delay) to(server string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.server = server
}

// close cuts every connection there is.
func (d *delay) close() error {
	err := d.listener.Close()
	d.mu.Lock()
	d.closed = true
	for c := range d.conns {
		_ = c.Close()
	}
	d.mu.Unlock()
	d.group.Wait()
	return err
}

func (d *delay) accept() {
	for {
		client, err := d.listener.Accept()
		if err != nil {
			return
		}
		d.group.Go(func() { d.connect(client) })
	}
}

func (d *delay) connect(client net.Conn) {
	d.mu.Lock()
	address := d.server
	d.mu.Unlock()
	server, err := new(net.Dialer).DialContext(context.Background(), "tcp", address)
	if err != nil {
		_ = client.Close()
		return
	}
	if !d.keep(client, server) {
		return
	}
	end := sync.OnceFunc(func() { d.drop(client, server) })
	d.group.Go(func() {
		defer end()
		_, _ = io.Copy(server, client)
	})
	d.late(server, client)
	end()
}

func (d *delay) keep(conns ...net.Conn) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, c := range conns {
		d.conns[c] = struct{}{}
		if d.closed {
			_ = c.Close()
		}
	}
	return !d.closed
}

func (d *delay) drop(conns ...net.Conn) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, c := range conns {
		_ = c.Close()
		delete(d.conns, c)
	}
}

// chunk is what was read at once.
type chunk struct {
	bytes []byte
	due   time.Time
}

// chunks is how many are on their way at most.
const chunks = 1024

// late copies until one side ends. What comes is passed on when it is due.
func (d *delay) late(from io.Reader, to io.Writer) {
	way := make(chan chunk, chunks)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		var err error
		for c := range way {
			if err == nil {
				err = errors.Join(pause(context.Background(), time.Until(c.due)), write(to, c.bytes))
			}
		}
	}()
	for {
		buffer := make([]byte, 64<<10)
		n, err := from.Read(buffer)
		if n > 0 {
			way <- chunk{buffer[:n], time.Now().Add(d.by)}
		}
		if err != nil {
			break
		}
	}
	close(way)
	<-ended
}

func write(to io.Writer, b []byte) error {
	_, err := to.Write(b)
	return err
}
