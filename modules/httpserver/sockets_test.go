package httpserver_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/fx"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"fxcell.dev/fxcell/fxcelltest"
	"fxcell.dev/fxcell/inspect"
	"fxcell.dev/modules/health"
	"fxcell.dev/modules/httpserver"
)

// free lets both listeners take a free port.
var free = httpserver.Config{Public: httpserver.Listener{Addr: "127.0.0.1:0"}, Ops: httpserver.Listener{Addr: "127.0.0.1:0"}}

// process is an app on real sockets that the test starts and stops.
type process struct {
	*fx.App

	things      *things
	logs        *observer.ObservedLogs
	public, ops string // URLs
	client      *http.Client
}

func start(t *testing.T, c httpserver.Config, modules ...fx.Option) *process {
	t.Helper()
	core, logs := observer.New(zap.DebugLevel)
	p := &process{things: &things{entered: make(chan struct{}, 10), release: make(chan struct{})}, logs: logs, client: &http.Client{Transport: &http.Transport{}}}
	var report *inspect.Report
	p.App = fx.New(assembly(zap.New(core), append(modules, cell(p.things))...), fx.Replace(c), fx.NopLogger, fx.Populate(&report))
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	if err := p.Start(ctx); err != nil {
		t.Fatal(err)
	}
	cancel() // requests must not live in the context of the start
	for _, l := range report.Listeners {
		if l.Name == "public" {
			p.public = l.URL()
		} else {
			p.ops = l.URL()
		}
	}
	t.Cleanup(p.client.CloseIdleConnections)
	return p
}

func (p *process) do(t *testing.T, method, url string) (answer, error) {
	t.Helper()
	r, err := http.NewRequestWithContext(context.Background(), method, url, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	res, err := p.client.Do(r)
	if err != nil {
		return answer{}, err //nolint:wrapcheck // looked at as it is
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	return answer{res.StatusCode, res.Header, string(body)}, err //nolint:wrapcheck // looked at as it is
}

func (p *process) stop(t *testing.T) {
	t.Helper()
	if err := p.Stop(context.Background()); err != nil {
		t.Errorf("does not stop: %v", err)
	}
}

func TestBothListenersAnswerOnTheirOwnPort(t *testing.T) {
	t.Parallel()
	p := start(t, free, health.Module)
	defer p.stop(t)
	cases := []struct {
		url    string
		status int
	}{
		{p.public + "/api/v1/things", 200},
		{p.ops + "/readyz", 200},
		{p.ops + "/healthz", 200},
		{p.public + "/readyz", 404},
		{p.ops + "/api/v1/things", 404},
	}
	for _, c := range cases {
		for _, method := range []string{http.MethodGet, http.MethodHead} {
			got, err := p.do(t, method, c.url)
			if err != nil || got.Status != c.status || (method == http.MethodHead) != (got.Body == "") {
				t.Errorf("%s %s: got %d %q, error %v, want %d", method, c.url, got.Status, got.Body, err, c.status)
			}
		}
	}
}

func TestRequestInFlightEndsBeforeTheStop(t *testing.T) {
	t.Parallel()
	for _, order := range [][]fx.Option{{health.Module}, nil} {
		p := start(t, free, order...)
		answered := make(chan answer, 1)
		go func() {
			got, _ := p.do(t, http.MethodPost, p.public+"/api/v1/hold")
			answered <- got
		}()
		<-p.things.entered
		stopped := make(chan struct{})
		go func() {
			defer close(stopped)
			p.stop(t)
		}()
		refused(t, p.public)
		if len(order) > 0 { // operators are still told how it is
			if got, err := p.do(t, http.MethodGet, p.ops+"/readyz"); err != nil || got.Status != 503 || got.Body != `{"status":"draining"}` {
				t.Errorf("/readyz: got %d %s, error %v, want 503 draining", got.Status, got.Body, err)
			}
		}
		select {
		case <-stopped:
			t.Error("it stopped while a request was in flight")
		default:
		}
		close(p.things.release)
		if got := <-answered; got.Status != http.StatusOK {
			t.Errorf("the request in flight: got %d, want 200", got.Status)
		}
		<-stopped
		refused(t, p.ops)
	}
}

// refused waits until nobody listens at the URL.
func refused(t *testing.T, url string) {
	t.Helper()
	addr := strings.TrimPrefix(url, "http://")
	for {
		conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", addr)
		if err != nil {
			return
		}
		_ = conn.Close()
		if t.Context().Err() != nil {
			t.Fatalf("%s still listens", url)
		}
	}
}

func TestRequestThatOutlastsTheShutdownIsEnded(t *testing.T) {
	t.Parallel()
	c := free
	c.ShutdownTimeout = 50 * time.Millisecond
	p := start(t, c)
	answered := make(chan answer, 1)
	go func() {
		got, _ := p.do(t, http.MethodPost, p.public+"/api/v1/hold")
		answered <- got
	}()
	<-p.things.entered
	p.stop(t)
	got := <-answered
	if got.Status != http.StatusServiceUnavailable {
		t.Errorf("got %d, want 503", got.Status)
	}
	if n := p.logs.FilterMessage("requests in flight are ended: they took too long").Len(); n != 1 {
		t.Errorf("got %d warnings, want 1", n)
	}
}

func TestBusyPortIsOneLineWithItsCure(t *testing.T) {
	t.Parallel()
	taken, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = taken.Close() }()
	addr := taken.Addr().String()
	cases := []struct {
		config httpserver.Config
		want   string
	}{
		{
			httpserver.Config{Public: httpserver.Listener{Addr: addr}, Ops: free.Ops},
			"modules/httpserver: httpserver.public.addr " + addr + " is in use: stop what listens there or set another with --set httpserver.public.addr=…",
		},
		{
			httpserver.Config{Public: free.Public, Ops: httpserver.Listener{Addr: addr}},
			"modules/httpserver: httpserver.ops.addr " + addr + " is in use: stop what listens there or set another with --set httpserver.ops.addr=…",
		},
		{
			httpserver.Config{Public: httpserver.Listener{Addr: "192.0.2.1:80"}, Ops: free.Ops},
			"modules/httpserver: httpserver.public.addr 192.0.2.1:80 cannot be listened on: bind: cannot assign requested address: " +
				"set another with --set httpserver.public.addr=…",
		},
	}
	for _, c := range cases {
		app := fx.New(assembly(zap.NewNop(), cell(&things{})), fx.Replace(c.config), fx.NopLogger)
		if err := app.Start(t.Context()); err == nil || err.Error() != c.want {
			t.Errorf("got error:\n%v\nwant:\n%s", err, c.want)
		}
	}
}

func TestStartKeepsToItsContext(t *testing.T) {
	t.Parallel()
	app := fx.New(assembly(zap.NewNop(), cell(&things{})), fx.Replace(free), fx.NopLogger)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := app.Start(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("got error %v, want %v", err, context.Canceled)
	}
}

func TestConfigFaultsComeAtOnce(t *testing.T) {
	t.Parallel()
	err := fxcelltest.Fault(assembly(zap.NewNop(), cell(&things{})), fx.Replace(httpserver.Config{
		Public: httpserver.Listener{Addr: "8080"}, Ops: httpserver.Listener{Addr: "localhost:http"}, ReadTimeout: -1, IdleTimeout: -1, MaxHeaderBytes: 1,
	}))
	var want []string
	for _, line := range []string{
		`public.addr must be host:port with a number as port, or "off": set it in the file or FXCELL_HTTPSERVER__PUBLIC__ADDR`,
		`ops.addr must be host:port with a number as port, or "off": set it in the file or FXCELL_HTTPSERVER__OPS__ADDR`,
		`read_timeout must be more than 0s: set it in the file or FXCELL_HTTPSERVER__READ_TIMEOUT`,
		`idle_timeout must be more than 0s: set it in the file or FXCELL_HTTPSERVER__IDLE_TIMEOUT`,
		`max_header_bytes must be 4096 to 1048576: set it in the file or FXCELL_HTTPSERVER__MAX_HEADER_BYTES`,
	} {
		want = append(want, "modules/httpserver: httpserver."+line)
	}
	if err == nil || !strings.Contains(err.Error(), strings.Join(want, "\n")) {
		t.Errorf("got error:\n%v\nwant:\n%s", err, strings.Join(want, "\n"))
	}
	same := httpserver.Listener{Addr: "127.0.0.1:9000"}
	err = httpserver.Config{Public: same, Ops: same, ShutdownTimeout: 1, ReadHeaderTimeout: 1, ReadTimeout: 1, WriteTimeout: 1, IdleTimeout: 1, MaxHeaderBytes: 1 << 16}.Validate()
	if err == nil || !strings.Contains(err.Error(), "httpserver.ops.addr is that of the public listener") {
		t.Errorf("one address for both: got error %v", err)
	}
}

func TestAddressThatCannotBeListenedOnSaysWhatIsWrongWithIt(t *testing.T) {
	t.Parallel()
	const form, port = `must be host:port with a number as port, or "off"`, "must have a port from 0, which takes a free one, to 65535"
	for addr, want := range map[string]string{
		":0": "", "127.0.0.1:65535": "", "[::1]:80": "", "off": "",
		":65536": port, "127.0.0.1:80800": port, "[::1]:99999999999999999999": port,
		"8080": form, "localhost": form, "127.0.0.1:": form, ":http": form, ":-1": form, ":+1": form, ":080": form, ":00": form, "::1:80800": form,
	} {
		c := httpserver.Config{Public: httpserver.Listener{Addr: addr}}.WithDefaults()
		if want != "" {
			want = "modules/httpserver: httpserver.public.addr " + want + ": set it in the file or FXCELL_HTTPSERVER__PUBLIC__ADDR"
		}
		got := ""
		if err := c.Validate(); err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%s: got error %q, want %q", addr, got, want)
		}
	}
}

// TestOddRequestsGetAnAnswer sends bytes that no client library sends.
func TestOddRequestsGetAnAnswer(t *testing.T) {
	t.Parallel()
	p := start(t, free)
	defer p.stop(t)
	cases := []struct{ name, sent, want string }{
		{"OPTIONS *", "OPTIONS * HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", "HTTP/1.1 404 Not Found"},
		{"CONNECT", "CONNECT x:1 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", "HTTP/1.1 404 Not Found"},
		{"an absolute URL", "GET http://x/api/v1/things HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", "HTTP/1.1 200 OK"},
		{"HTTP/1.0", "GET /api/v1/things HTTP/1.0\r\n\r\n", "HTTP/1.0 200 OK"},
		{"a header without end", "GET / HTTP/1.1\r\nHost: x\r\nA: " + strings.Repeat("a", 80<<10), "HTTP/1.1 431 Request Header Fields Too Large"},
		{"a malformed escape", "GET /%zz HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 400 Bad Request"},
		{"two lengths", "POST /api/v1/login HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", "HTTP/1.1 400 Bad Request"},
		{"two hosts", "GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", "HTTP/1.1 400 Bad Request"},
		{"no HTTP", "hello\r\n\r\n", "HTTP/1.1 400 Bad Request"},
	}
	var got, want []string
	for _, c := range cases {
		conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", strings.TrimPrefix(p.public, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.WriteString(conn, c.sent) // the server may answer before all is sent
		line, _ := bufio.NewReader(conn).ReadString('\n')
		_ = conn.Close()
		got, want = append(got, c.name+": "+strings.TrimSpace(line)), append(want, c.name+": "+c.want)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("status lines (-want +got):\n%s", diff)
	}
}
