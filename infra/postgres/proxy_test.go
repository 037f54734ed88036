package postgres

import (
	"context"
	"io"
	"net"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"

	"fxcell.dev/fxcell/secret"
)

// proxy stands between a pool and the server, and breaks what a test tells it to.
type proxy struct {
	listener net.Listener
	server   string

	lose   atomic.Bool // the next answer of the server is lost, and its connection with it
	freeze atomic.Bool // answers are kept back, and connections stay open

	mu    sync.Mutex
	conns []net.Conn
	all   sync.WaitGroup
}

// throughProxy returns a configuration that goes through a new proxy to the server under test.
func throughProxy(t *testing.T) (*proxy, Config) {
	t.Helper()
	u, err := url.Parse(dsn(t))
	if err != nil {
		t.Fatal("the DSN of the server under test is no URL")
	}
	p := &proxy{server: u.Host}
	p.listen(t, "127.0.0.1:0")
	t.Cleanup(func() {
		p.stop()
		p.all.Wait()
	})
	u.Host = p.listener.Addr().String()
	return p, Config{DSN: secret.NewText(u.String())}
}

func (p *proxy) listen(t *testing.T, address string) {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	p.listener = l
	ctx := context.WithoutCancel(t.Context()) // cleanups connect too
	p.all.Go(func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			p.all.Go(func() { p.join(ctx, client) })
		}
	})
}

// join connects a client with the server until one of them leaves.
func (p *proxy) join(ctx context.Context, client net.Conn) {
	server, err := (&net.Dialer{}).DialContext(ctx, "tcp", p.server)
	if err != nil {
		_ = client.Close()
		return
	}
	p.mu.Lock()
	p.conns = append(p.conns, client, server)
	p.mu.Unlock()
	p.all.Go(func() {
		_, _ = io.Copy(server, client)
		_, _ = client.Close(), server.Close()
	})
	buffer := make([]byte, 64<<10)
	for {
		n, err := server.Read(buffer)
		if err != nil || p.lose.CompareAndSwap(true, false) {
			break
		}
		if p.freeze.Load() {
			continue
		}
		if _, err := client.Write(buffer[:n]); err != nil {
			break
		}
	}
	_, _ = client.Close(), server.Close()
}

// cut ends every connection.
func (p *proxy) cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range p.conns {
		_ = c.Close()
	}
	p.conns = nil
}

// stop ends every connection and takes no more.
func (p *proxy) stop() {
	_ = p.listener.Close()
	p.cut()
}
