package httpserver_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"fxcell.dev/modules/httpserver"
)

// dial opens a connection that fails the test rather than hang it.
func (p *process) dial(t *testing.T) net.Conn {
	t.Helper()
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", strings.TrimPrefix(p.public, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	return conn
}

// A client that does not send what it has announced is told so, when the contract's deadline or the server's own time is over, and is left.
func TestBodyThatDoesNotComeIsA408(t *testing.T) {
	t.Parallel()
	const announced = " HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n"
	short, long := free, free
	short.ReadTimeout = 200 * time.Millisecond
	long.ReadTimeout = 15 * time.Second // the deadline of soon is over long before
	cases := []struct {
		name, sent string
		config     httpserver.Config
	}{
		{"nothing comes, by the server's time", "POST /api/v1/hold" + announced, short},
		{"a part comes, by the server's time", "POST /api/v1/hold" + announced + `{"a": `, short},
		{"nothing comes, by the contract's deadline", "POST /api/v1/soon" + announced, long},
		{"a part comes, by the contract's deadline", "POST /api/v1/soon" + announced + `{"a": `, long},
		{"no chunk comes", "POST /api/v1/soon HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n", long},
		{"a part of a chunk comes", "POST /api/v1/soon HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n8\r\nabc", long},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := start(t, c.config)
			defer p.stop(t)
			conn := p.dial(t)
			began := time.Now()
			if _, err := io.WriteString(conn, c.sent); err != nil {
				t.Fatal(err)
			}
			all := bufio.NewReader(conn)
			res, err := http.ReadResponse(all, nil)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = res.Body.Close() }()
			sent, err := io.ReadAll(res.Body)
			if took := time.Since(began); err != nil || took > 10*time.Second {
				t.Errorf("error %v, after %s, want the whole answer soon", err, took)
			}
			d := problemOf(t, c.name, answer{res.StatusCode, res.Header, string(sent)})
			if res.StatusCode != http.StatusRequestTimeout || d.Code != "ERR_BODY_LATE" || !res.Close {
				t.Errorf("got %d %+v, closing %t, want 408 ERR_BODY_LATE and the end of the connection", res.StatusCode, d, res.Close)
			}
			if _, err := all.ReadByte(); err != io.EOF {
				t.Errorf("got %v, want the connection to be closed", err)
			}
			if n := p.logs.FilterMessage("request failed").Len() + p.logs.FilterMessage("request panicked").Len(); n > 0 {
				t.Errorf("a fault of the client is logged as one of ours: %v", p.logs.All())
			}
		})
	}
}

// What bounds the reading of a request bounds no handler: that has its contract's deadline.
func TestHandlerMayTakeLongerThanTheBody(t *testing.T) {
	t.Parallel()
	c := free
	c.ReadTimeout = 100 * time.Millisecond
	p := start(t, c)
	defer p.stop(t)
	conn := p.dial(t)
	all := bufio.NewReader(conn)
	var got []string
	for _, body := range []string{"", "{}", "{}"} { // on one connection, so that the bound of one request is none of the next
		if _, err := fmt.Fprintf(conn, "POST /api/v1/hold HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", len(body), body); err != nil {
			t.Fatal(err)
		}
		<-p.things.entered
		<-time.After(5 * c.ReadTimeout) // the handler is at work
		select {
		case p.things.release <- struct{}{}:
		case <-time.After(time.Second): // it has ended already: the answer tells
		}
		res, err := http.ReadResponse(all, nil)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, res.Body)
		_ = res.Body.Close()
		got = append(got, res.Status)
	}
	if diff := cmp.Diff([]string{"200 OK", "200 OK", "200 OK"}, got); diff != "" {
		t.Errorf("answers (-want +got):\n%s", diff)
	}
}
