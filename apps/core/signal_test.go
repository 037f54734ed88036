package main_test

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestSignalsDrainAndExitZero(t *testing.T) {
	t.Parallel()
	for _, s := range []syscall.Signal{syscall.SIGTERM, syscall.SIGINT} {
		t.Run(s.String(), func(t *testing.T) {
			t.Parallel()
			p := start(t, onFreePorts()...)
			p.ready()
			if err := p.cmd.Process.Signal(s); err != nil {
				t.Fatal(err)
			}
			if code := p.exitCode(); code != 0 {
				_, stderr, _ := p.lines()
				t.Fatalf("exit code %d\n%s", code, strings.Join(stderr, "\n"))
			}
		})
	}
}

// flight is a request whose body is not all there yet, so its handler waits.
type flight struct {
	t    *testing.T
	conn net.Conn
}

const (
	flightBody = `{"token":"no such token","username":"root","email":"root@example.org","password":"correct horse battery staple"}`
	flightHead = "POST /api/v1/access/setup HTTP/1.1\r\nHost: core\r\nContent-Type: application/json\r\nContent-Length: %d\r\nExpect: 100-continue\r\n\r\n"
)

// takeOff sends all of a request but the end of its body, and returns when the handler asks for that.
func takeOff(t *testing.T, url string) *flight {
	t.Helper()
	conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", strings.TrimPrefix(url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	if _, err := fmt.Fprintf(conn, flightHead, len(flightBody)); err != nil {
		t.Fatal(err)
	}
	// the server says 100 Continue once its handler reads the body
	line, err := bufio.NewReaderSize(conn, 16).ReadString('\n')
	if err != nil || !strings.HasPrefix(line, "HTTP/1.1 100") {
		t.Fatalf("%q, %v", line, err)
	}
	if _, err := conn.Write([]byte(flightBody[:10])); err != nil {
		t.Fatal(err)
	}
	return &flight{t, conn}
}

// land sends the rest and returns the status of the answer.
func (f *flight) land() int {
	f.t.Helper()
	if _, err := f.conn.Write([]byte(flightBody[10:])); err != nil {
		f.t.Fatal(err)
	}
	r := bufio.NewReader(f.conn)
	for {
		res, err := http.ReadResponse(r, nil)
		if err != nil {
			f.t.Fatal(err)
		}
		_ = res.Body.Close()
		if res.StatusCode != http.StatusContinue {
			return res.StatusCode
		}
	}
}

// refuses waits until the product accepts no more connections: it drains.
func refuses(t *testing.T, url string) {
	t.Helper()
	for deadline := time.Now().Add(patience); ; {
		conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", strings.TrimPrefix(url, "http://"))
		if err != nil {
			return
		}
		_ = conn.Close()
		if time.Now().After(deadline) {
			t.Fatal("still accepts connections")
		}
	}
}

func (p *process) signal(s syscall.Signal) {
	p.t.Helper()
	if err := p.cmd.Process.Signal(s); err != nil {
		p.t.Fatal(err)
	}
}

func TestARequestInFlightIsAnsweredAfterSIGTERM(t *testing.T) {
	t.Parallel()
	p := start(t, onFreePorts()...)
	url := p.ready()
	f := takeOff(t, url)
	p.signal(syscall.SIGTERM)
	refuses(t, url)
	if status := f.land(); status != http.StatusForbidden {
		t.Errorf("the request in flight got %d, want 403 for a wrong token", status)
	}
	if code := p.exitCode(); code != 0 {
		t.Errorf("exit code %d", code)
	}
}

// A request that never ends is given the configured time, and no more.
func TestAHungRequestDoesNotHoldTheProcess(t *testing.T) {
	t.Parallel()
	const allowed = 300 * time.Millisecond
	p := start(t, append(onFreePorts(), "--set", "httpserver.shutdown_timeout="+allowed.String())...)
	takeOff(t, p.ready())
	began := time.Now()
	p.signal(syscall.SIGTERM)
	if code := p.exitCode(); code != 0 {
		t.Errorf("exit code %d", code)
	}
	if took := time.Since(began); took < allowed || took > allowed+10*time.Second {
		t.Errorf("ended after %v, want %v and the time to break the connection", took, allowed)
	}
}

func TestASecondSignalEndsAtOnce(t *testing.T) {
	t.Parallel()
	for s, want := range map[syscall.Signal]int{syscall.SIGTERM: 143, syscall.SIGINT: 130} {
		t.Run(s.String(), func(t *testing.T) {
			t.Parallel()
			p := start(t, append(onFreePorts(), "--set", "httpserver.shutdown_timeout=20s", "--set", "httpserver.read_timeout=5m")...)
			url := p.ready()
			takeOff(t, url)
			p.signal(syscall.SIGTERM)
			refuses(t, url) // so the first one was heard
			began := time.Now()
			p.signal(s)
			if code := p.exitCode(); code != want {
				t.Errorf("exit code %d, want %d", code, want)
			}
			if took := time.Since(began); took > 10*time.Second {
				t.Errorf("ended only after %v", took)
			}
		})
	}
}

// A start that takes too long for whoever waits for it is given up, and says where it was.
func TestASignalEndsAStart(t *testing.T) {
	t.Parallel()
	p := launch(t, exec.CommandContext(t.Context(), ill(t), append(onFreePorts(), "--assembly", "hung", "--set", "logging.level=error")...)) //nolint:gosec // ours
	p.waitFor("waits")
	p.signal(syscall.SIGTERM)
	code := p.exitCode()
	stdout, stderr, _ := p.lines()
	if want := []string{"ill: main.wait (added by main.run): not started: terminated signal received"}; code != 1 || !slices.Equal(stderr, want) {
		t.Errorf("exit code %d, stderr %q, want %q", code, stderr, want)
	}
	if !slices.Contains(stdout, "stopped what had started") {
		t.Errorf("stdout %q", stdout)
	}
}
