package redis

import (
	"cmp"
	"errors"
	"fmt"
	"strings"
	"time"

	"fxcell.dev/fxcell/secret"
)

// Config is the section redis: which server, and how much of it. The server is said by the URL, or by the addresses, the user and the database.
type Config struct {
	URL secret.Text // redis://user:password@host:port/db, or rediss:// with TLS

	Addrs    []string // host:port; several are nodes of one cluster
	Cluster  bool     // it is one, though a single address stands for it
	Username string
	Password secret.Text
	DB       int    // of a server that is no cluster
	TLS      string // disable or verify-full; when empty verify-full, on this machine disable

	TLSRootCert string // the PEM file of the authority; the machine's own when empty
	Prefix      string // what all keys begin with: apps that share a server have different ones; fxcell: when empty

	MaxConns       int           // open at a time, to each node; 16 when zero
	ConnectTimeout time.Duration // for a new connection; 2s when zero
	Timeout        time.Duration // for an answer; 1s when zero
}

const (
	tlsDisable    = "disable"
	tlsVerifyFull = "verify-full"
)

func (c Config) withDefaults() Config {
	c.Prefix = cmp.Or(c.Prefix, "fxcell:")
	c.MaxConns = cmp.Or(c.MaxConns, 16)
	c.ConnectTimeout = cmp.Or(c.ConnectTimeout, 2*time.Second)
	c.Timeout = cmp.Or(c.Timeout, time.Second)
	return c
}

// Validate reports every fault at once.
func (c Config) Validate() error {
	c = c.withDefaults()
	_, faults := c.target()
	for _, n := range []struct {
		key   string
		wrong bool
		what  string
	}{
		{"tls", c.TLS != "" && c.TLS != tlsDisable && c.TLS != tlsVerifyFull, "must be disable or verify-full"},
		{"prefix", strings.ContainsAny(c.Prefix, "{}"), "must have no { and no }"},
		{"max_conns", c.MaxConns < 1, "must be at least 1"},
		{"connect_timeout", c.ConnectTimeout < time.Millisecond, "must be at least 1ms"},
		{"timeout", c.Timeout < time.Millisecond, "must be at least 1ms"},
	} {
		if n.wrong {
			faults = append(faults, fault(n.key, n.what))
		}
	}
	return errors.Join(faults...)
}

// fault says what is wrong with a setting, and how it is set.
func fault(key, what string) error {
	return fmt.Errorf("infra/redis: redis.%s %s: set it in the file or FXCELL_REDIS__%s", key, what, strings.ToUpper(key))
}
