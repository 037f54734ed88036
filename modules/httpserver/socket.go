package httpserver

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"syscall"
	"time"

	"go.uber.org/zap"
)

// grace is how long requests may still take to answer once their time to shut down is over and their contexts have ended.
const grace = time.Second

// socket is one listener with the server behind it. It opens once.
type socket struct {
	name, addr string
	config     Config
	log        *zap.Logger
	fail       func(error) // told when the server ends without being asked to
	handler    http.Handler

	mu       sync.Mutex
	serving  bool
	listener net.Listener // nil when the address is Off
	server   *http.Server
	cancel   context.CancelFunc // ends the contexts of all requests
	done     chan struct{}      // closed when the server has ended
}

// open listens, and returns when connections are accepted. ctx bounds the opening only.
func (s *socket) open(ctx context.Context) error {
	if s.addr == Off {
		s.serve(nil) //nolint:contextcheck // requests outlive the start hook
		return nil
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", s.addr)
	if err != nil {
		return s.openFault(err)
	}
	s.serve(listener) //nolint:contextcheck // requests outlive the start hook
	return nil
}

func (s *socket) openFault(err error) error {
	key := "httpserver." + s.name + ".addr"
	if errors.Is(err, syscall.EADDRINUSE) {
		return fmt.Errorf("modules/httpserver: %s %s is in use: stop what listens there or set another with --set %s=…", key, s.addr, key)
	}
	if op, ok := errors.AsType[*net.OpError](err); ok {
		err = op.Err
	}
	return fmt.Errorf("modules/httpserver: %s %s cannot be listened on: %w: set another with --set %s=…", key, s.addr, err, key)
}

// serve starts the server. Its requests live in a context of their own: that of a start hook ends when the hook is done.
func (s *socket) serve(listener net.Listener) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.serving, s.listener = true, listener
	if listener == nil {
		return
	}
	base, cancel := context.WithCancel(context.Background())
	s.server = &http.Server{
		Handler: s.handler, ReadHeaderTimeout: s.config.ReadHeaderTimeout, ReadTimeout: s.config.ReadTimeout, WriteTimeout: s.config.WriteTimeout,
		IdleTimeout: s.config.IdleTimeout, MaxHeaderBytes: s.config.MaxHeaderBytes, DisableGeneralOptionsHandler: true,
		BaseContext: func(net.Listener) context.Context { return base },
	}
	if errorLog, err := zap.NewStdLogAt(s.log, zap.WarnLevel); err == nil {
		s.server.ErrorLog = errorLog
	}
	s.cancel, s.done = cancel, make(chan struct{})
	go func(server *http.Server, done chan struct{}) {
		defer close(done)
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			s.fail(fmt.Errorf("modules/httpserver: the %s listener has ended: %w", s.name, err))
		}
	}(s.server, s.done)
}

// drain takes no new requests and waits for those in flight, until the configured time or ctx is over: then it ends their contexts, and last
// breaks their connections.
func (s *socket) drain(ctx context.Context) error {
	s.mu.Lock()
	s.serving = false
	server, cancel, done := s.server, s.cancel, s.done
	s.mu.Unlock()
	if server == nil {
		return nil
	}
	defer cancel()
	within, stop := context.WithTimeout(ctx, s.config.ShutdownTimeout)
	defer stop()
	if server.Shutdown(within) != nil {
		s.log.Warn("requests in flight are ended: they took too long", zap.String("listener", s.name), zap.Duration("waited", s.config.ShutdownTimeout))
		cancel()
		last, stop := context.WithTimeout(context.WithoutCancel(ctx), grace)
		defer stop()
		if server.Shutdown(last) != nil {
			_ = server.Close() // only errors of closing a listener that is closed already
		}
	}
	<-done
	return nil
}

var errNotServing = errors.New("it does not accept requests")

// probe returns an error unless requests are accepted.
func (s *socket) probe(context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.serving {
		return errNotServing
	}
	return nil
}

// url returns where the listener answers, once it is open. A listener on every address is shown on the loopback one.
func (s *socket) url() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.listener == nil {
		return ""
	}
	addr, ok := s.listener.Addr().(*net.TCPAddr)
	if !ok || !addr.IP.IsUnspecified() {
		return "http://" + s.listener.Addr().String()
	}
	return fmt.Sprintf("http://127.0.0.1:%d", addr.Port)
}
