package redis

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"strconv"
	"strings"

	goredis "github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"
)

// target is the server that a Config means.
type target struct {
	addrs              []string
	username, password string
	db                 int
	encrypted          bool
}

// String names the target without its password.
func (t target) String() string {
	text := strings.Join(t.addrs, ",") + "/" + strconv.Itoa(t.db)
	if t.username != "" {
		text += " as user " + t.username
	}
	return text
}

// target reads the server out of the URL or out of the single settings. The faults name no value: a URL holds a password.
func (c Config) target() (target, []error) {
	single := c.Cluster || len(c.Addrs) > 0 || c.Username != "" || !c.Password.IsZero() || c.DB != 0
	switch {
	case !c.URL.IsZero() && (single || c.TLS != ""):
		return target{}, []error{fault("url", "stands beside redis.addrs, cluster, username, password, db or tls: give one or the other")}
	case !c.URL.IsZero():
		return parseURL(c.URL.Reveal())
	case len(c.Addrs) == 0:
		return target{}, []error{fault("url", "is required, or redis.addrs")}
	}
	t := target{addrs: c.Addrs, username: c.Username, password: c.Password.Reveal(), db: c.DB, encrypted: c.TLS == tlsVerifyFull}
	var faults []error
	for _, addr := range c.Addrs {
		host, port, err := net.SplitHostPort(addr)
		if err != nil || host == "" || port == "" {
			faults = append(faults, fault("addrs", "must be host:port, each of them"))
			break
		}
		t.encrypted = t.encrypted || c.TLS == "" && !local(host)
	}
	if c.DB < 0 || c.DB > 0 && (c.Cluster || len(c.Addrs) > 1) {
		faults = append(faults, fault("db", "must be 0 of a cluster, and never negative"))
	}
	return t, faults
}

// local reports whether a host is this machine.
func local(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

func parseURL(text string) (target, []error) {
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Scheme != "redis" && u.Scheme != "rediss" || u.Opaque != "":
		return target{}, []error{fault("url", "must be redis://user:password@host:port/db, or rediss:// with TLS")}
	case u.Hostname() == "":
		return target{}, []error{fault("url", "names no host")}
	case u.RawQuery != "" || u.Fragment != "":
		return target{}, []error{fault("url", "has parameters: set them by their own settings")}
	}
	t := target{username: u.User.Username(), encrypted: u.Scheme == "rediss"}
	t.password, _ = u.User.Password()
	port := u.Port()
	if port == "" {
		port = "6379"
	}
	t.addrs = []string{net.JoinHostPort(u.Hostname(), port)}
	if path := strings.Trim(u.Path, "/"); path != "" {
		if t.db, err = strconv.Atoi(path); err != nil || t.db < 0 {
			return target{}, []error{fault("url", "names a database that is no number")}
		}
	}
	return t, nil
}

// options is what the driver is told: nothing comes from the environment.
func (c Config) options(t target) (*goredis.UniversalOptions, error) {
	o := &goredis.UniversalOptions{
		Addrs: t.addrs, Username: t.username, Password: t.password, DB: t.db, ClientName: "fxcell",
		PoolSize: c.MaxConns, PoolTimeout: c.Timeout, DialTimeout: c.ConnectTimeout, ReadTimeout: c.Timeout, WriteTimeout: c.Timeout,
		IsClusterMode: c.Cluster, ContextTimeoutEnabled: true, DialerRetries: 1, MaxRetries: 2, DisableIdentity: true,
		MaintNotificationsConfig: &maintnotifications.Config{Mode: maintnotifications.ModeDisabled},
	}
	if !t.encrypted {
		return o, nil
	}
	o.TLSConfig = &tls.Config{MinVersion: tls.VersionTLS12}
	if c.TLSRootCert == "" {
		return o, nil
	}
	pem, err := os.ReadFile(c.TLSRootCert)
	if err != nil {
		return nil, fmt.Errorf("infra/redis: redis.tls_root_cert: %w", err)
	}
	o.TLSConfig.RootCAs = x509.NewCertPool()
	if !o.TLSConfig.RootCAs.AppendCertsFromPEM(pem) {
		return nil, errors.New("infra/redis: redis.tls_root_cert holds no certificate in PEM form")
	}
	return o, nil
}
