package httpserver

import (
	"cmp"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"
)

// Off as an address means no listener. The public handler can still be driven in process.
const Off = "off"

// Listener is where one kind of caller is answered.
type Listener struct {
	Addr string // host:port, port 0 takes a free one, "off" listens nowhere
}

// Config is the section httpserver.
type Config struct {
	Public Listener // everybody's; 127.0.0.1:8080 when empty
	Ops    Listener // health and the like, for operators only; 127.0.0.1:8081 when empty

	ShutdownTimeout   time.Duration // how long requests in flight may take to end; 10s when zero
	ReadHeaderTimeout time.Duration // 5s when zero
	ReadTimeout       time.Duration // of a request with its body, which has its contract's deadline at most; 30s when zero
	WriteTimeout      time.Duration // from a request's header to the end of its answer: more than any contract's deadline; 2m when zero
	IdleTimeout       time.Duration // between two requests of a connection; 2m when zero
	MaxHeaderBytes    int           // 64 KiB when zero
}

const (
	minHeaderBytes = 4 << 10
	maxHeaderBytes = 1 << 20
)

// WithDefaults returns c with the documented default in each field that is zero.
func (c Config) WithDefaults() Config {
	c.Public.Addr = cmp.Or(c.Public.Addr, "127.0.0.1:8080")
	c.Ops.Addr = cmp.Or(c.Ops.Addr, "127.0.0.1:8081")
	c.ShutdownTimeout = cmp.Or(c.ShutdownTimeout, 10*time.Second)
	c.ReadHeaderTimeout = cmp.Or(c.ReadHeaderTimeout, 5*time.Second)
	c.ReadTimeout = cmp.Or(c.ReadTimeout, 30*time.Second)
	c.WriteTimeout = cmp.Or(c.WriteTimeout, 2*time.Minute)
	c.IdleTimeout = cmp.Or(c.IdleTimeout, 2*time.Minute)
	c.MaxHeaderBytes = cmp.Or(c.MaxHeaderBytes, 64<<10)
	return c
}

// Validate reports every fault of a Config that has its defaults.
func (c Config) Validate() error {
	faults := []error{addrFault("public.addr", c.Public.Addr), addrFault("ops.addr", c.Ops.Addr)}
	if c.Public.Addr == c.Ops.Addr && c.Public.Addr != Off && !strings.HasSuffix(c.Public.Addr, ":0") {
		faults = append(faults, fault("ops.addr", "is that of the public listener: operators have one of their own"))
	}
	for _, t := range []struct {
		key string
		d   time.Duration
	}{
		{"shutdown_timeout", c.ShutdownTimeout},
		{"read_header_timeout", c.ReadHeaderTimeout},
		{"read_timeout", c.ReadTimeout},
		{"write_timeout", c.WriteTimeout},
		{"idle_timeout", c.IdleTimeout},
	} {
		if t.d <= 0 {
			faults = append(faults, fault(t.key, "must be more than 0s"))
		}
	}
	if c.MaxHeaderBytes < minHeaderBytes || c.MaxHeaderBytes > maxHeaderBytes {
		faults = append(faults, fault("max_header_bytes", fmt.Sprintf("must be %d to %d", minHeaderBytes, maxHeaderBytes)))
	}
	return errors.Join(faults...)
}

func addrFault(key, addr string) error {
	if addr == Off {
		return nil
	}
	_, port, err := net.SplitHostPort(addr)
	n, parsed := strconv.ParseUint(port, 10, 16)
	switch {
	case err == nil && errors.Is(parsed, strconv.ErrRange):
		return fault(key, "must have a port from 0, which takes a free one, to 65535")
	case err != nil || parsed != nil || strconv.FormatUint(n, 10) != port:
		return fault(key, `must be host:port with a number as port, or "off"`)
	default:
		return nil
	}
}

// fault says what is wrong with a setting, and how it is set.
func fault(key, what string) error {
	variable := strings.ToUpper(strings.ReplaceAll(key, ".", "__"))
	return fmt.Errorf("modules/httpserver: httpserver.%s %s: set it in the file or FXCELL_HTTPSERVER__%s", key, what, variable)
}
