package faults

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
)

// proxy stands between replicas and their server. What it does to the traffic can change while it runs.
type proxy struct {
	t        *testing.T
	listener net.Listener

	every atomic.Int64 // of so many commits one is not answered; none when zero
	seen  atomic.Int64
	cut   atomic.Int64 // commits that were done and not answered

	mu     sync.Mutex
	server string // where connections lead to; nowhere when empty
	away   bool   // nothing comes through, and nobody hears of it: packets are lost on the way
	back   chan struct{}
	conns  map[net.Conn]bool
	group  sync.WaitGroup
}

// between puts a proxy between the product and its database. The checker goes its own way.
func (p *product) between() *proxy {
	p.Helper()
	u, err := url.Parse(p.dsn)
	if err != nil {
		p.Fatal("the address of the server is none")
	}
	x := p.proxyTo(u.Host)
	u.Host = x.address()
	p.dsn = u.String()
	return x
}

// proxyTo makes a proxy to a server, which may be named later.
func (p *product) proxyTo(server string) *proxy {
	p.Helper()
	l, err := new(net.ListenConfig).Listen(p.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		p.Fatal(err)
	}
	x := &proxy{t: p.T, listener: l, server: server, back: make(chan struct{}), conns: map[net.Conn]bool{}}
	close(x.back)
	x.group.Go(x.accept)
	p.Cleanup(func() {
		_ = l.Close()
		x.mend()
		x.closeAll()
		x.group.Wait()
	})
	return x
}

func (x *proxy) address() string { return x.listener.Addr().String() }

// to names the server.
func (x *proxy) to(server string) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.server = server
}

// cutOff loses everything that is sent, either way, until mend. Connections stay, and nobody is told.
func (x *proxy) cutOff() {
	x.mu.Lock()
	defer x.mu.Unlock()
	if !x.away {
		x.away, x.back = true, make(chan struct{})
	}
}

// mend lets traffic through again. What was lost stays lost, so connections that were cut end.
func (x *proxy) mend() {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.away {
		x.away = false
		close(x.back)
	}
}

// passes waits while the way is cut. It reports false when it was: what was to pass is lost.
func (x *proxy) passes() bool {
	x.mu.Lock()
	away, back := x.away, x.back
	x.mu.Unlock()
	<-back
	return !away
}

func (x *proxy) accept() {
	for {
		client, err := x.listener.Accept()
		if err != nil {
			return
		}
		x.mu.Lock()
		address := x.server
		x.mu.Unlock()
		server, err := new(net.Dialer).DialContext(context.Background(), "tcp", address)
		if err != nil {
			_ = client.Close()
			continue
		}
		x.mu.Lock()
		x.conns[client], x.conns[server] = true, true
		x.mu.Unlock()
		var silent atomic.Bool // the next answer is the last thing that happens here
		end := func() {
			_, _ = client.Close(), server.Close()
			x.mu.Lock()
			defer x.mu.Unlock()
			delete(x.conns, client)
			delete(x.conns, server)
		}
		x.group.Go(func() {
			defer end()
			x.forward(client, server, func(b []byte) bool {
				if n := x.every.Load(); n > 0 && bytes.Contains(b, []byte("COMMIT\x00")) && x.seen.Add(1)%n == 0 {
					silent.Store(true)
				}
				return true
			})
		})
		x.group.Go(func() {
			defer end()
			x.forward(server, client, func([]byte) bool {
				if silent.Load() {
					x.cut.Add(1)
					return false
				}
				return true
			})
		})
	}
}

// forward copies until one side ends, or pass refuses what was read.
func (x *proxy) forward(from io.Reader, to io.Writer, pass func([]byte) bool) {
	buffer := make([]byte, 64<<10)
	for {
		n, err := from.Read(buffer)
		if n > 0 {
			if !x.passes() || !pass(buffer[:n]) {
				return
			}
			if _, err := to.Write(buffer[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

// closeAll cuts every connection there is.
func (x *proxy) closeAll() {
	x.mu.Lock()
	defer x.mu.Unlock()
	for c := range x.conns {
		_ = c.Close()
	}
}
