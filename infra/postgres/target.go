package postgres

import (
	"cmp"
	"fmt"
	"net"
	"net/url"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/lib/pq"
)

// target is the server that a Config means.
type target struct {
	host, user, password, database  string
	port                            uint16
	sslMode, sslRootCert            string
	sslCert, sslKey, applicationTag string
}

// String names the target without its password.
func (t target) String() string {
	return net.JoinHostPort(t.host, strconv.Itoa(int(t.port))) + "/" + t.database + " as user " + t.user
}

// target reads the server out of the DSN or out of the single settings. The faults name no value: a DSN holds a password.
func (c Config) target() (target, []error) {
	var t target
	var faults []error
	switch single := c.single(); {
	case !c.DSN.IsZero() && len(single) > 0:
		return t, []error{fault("dsn", "stands beside postgres."+strings.Join(single, ", postgres.")+": give one or the other")}
	case !c.DSN.IsZero():
		t, faults = parseDSN(c.DSN.Reveal())
	case len(single) == 0:
		return t, []error{fault("dsn", "is required, or postgres.host with postgres.user")}
	default:
		t = target{
			host: c.Host, user: c.User, password: c.Password.Reveal(), database: c.Database, sslMode: c.SSLMode, sslRootCert: c.SSLRootCert,
		}
		if c.Port < 0 || c.Port > 65535 {
			faults = append(faults, fault("port", "must be 1 to 65535"))
		} else {
			t.port = uint16(c.Port)
		}
		faults = append(faults, required("host", c.Host), required("user", c.User))
		faults = append(faults, sslFaults("", c.SSLMode, c.SSLRootCert)...)
	}
	faults = slices.DeleteFunc(faults, func(err error) bool { return err == nil })
	return t.withDefaults(), faults
}

// single returns the keys of the single settings that are set.
func (c Config) single() []string {
	var keys []string
	for _, s := range []struct {
		key string
		set bool
	}{
		{"host", c.Host != ""},
		{"port", c.Port != 0},
		{"user", c.User != ""},
		{"password", !c.Password.IsZero()},
		{"database", c.Database != ""},
		{"sslmode", c.SSLMode != ""},
		{"sslrootcert", c.SSLRootCert != ""},
	} {
		if s.set {
			keys = append(keys, s.key)
		}
	}
	return keys
}

func required(key, value string) error {
	if value != "" {
		return nil
	}
	return fault(key, "is required")
}

func parseDSN(dsn string) (target, []error) {
	u, err := url.Parse(dsn)
	if err != nil || u.Scheme != "postgres" && u.Scheme != "postgresql" { // the error quotes the DSN
		return target{}, []error{fault("dsn", "is not of the form postgres://user:password@host:port/database?sslmode=…")}
	}
	password, _ := u.User.Password()
	t := target{host: u.Hostname(), user: u.User.Username(), password: password, database: strings.TrimPrefix(u.Path, "/")}
	var faults []error
	if port := u.Port(); port != "" {
		n, err := strconv.ParseUint(port, 10, 16)
		if err != nil {
			faults = append(faults, fault("dsn", "has a port that is no number from 1 to 65535"))
		}
		t.port = uint16(n)
	}
	known := map[string]*string{
		"host": &t.host, "sslmode": &t.sslMode, "sslrootcert": &t.sslRootCert, "sslcert": &t.sslCert, "sslkey": &t.sslKey,
		"application_name": &t.applicationTag,
	}
	query, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		faults = append(faults, fault("dsn", "has parameters that are not of the form name=value&…"))
	}
	for name, values := range query {
		if field, ok := known[name]; ok {
			*field = values[0]
		} else {
			faults = append(faults, fault("dsn", fmt.Sprintf("has the unknown parameter %q", name)))
		}
	}
	if t.host == "" {
		faults = append(faults, fault("dsn", "names no host"))
	}
	if t.user == "" {
		faults = append(faults, fault("dsn", "names no user"))
	}
	return t, append(faults, sslFaults("dsn with ", t.sslMode, t.sslRootCert)...)
}

func (t target) withDefaults() target {
	t.port = cmp.Or(t.port, 5432)
	t.database = cmp.Or(t.database, t.user)
	if t.sslMode == "" {
		t.sslMode = "verify-full"
		if ip := net.ParseIP(t.host); filepath.IsAbs(t.host) || t.host == "localhost" || ip != nil && ip.IsLoopback() {
			t.sslMode = "disable"
		}
	}
	if filepath.IsAbs(t.host) {
		t.sslMode = "disable" // a Unix socket has none
	}
	if t.sslMode == "verify-full" {
		t.sslRootCert = cmp.Or(t.sslRootCert, "system")
	}
	return t
}

// driverConfig is what the driver is told: nothing comes from the environment. A session that no transaction was begun on cannot write.
func (c Config) driverConfig(t target) pq.Config {
	return pq.Config{
		Host: t.host, Port: t.port, User: t.user, Password: t.password, Database: t.database,
		SSLMode: pq.SSLMode(t.sslMode), SSLRootCert: t.sslRootCert, SSLCert: t.sslCert, SSLKey: t.sslKey, SSLSNI: true,
		MinProtocolVersion: pq.ProtocolVersion30, MaxProtocolVersion: pq.ProtocolVersion30,
		ConnectTimeout: c.ConnectTimeout, BinaryParameters: true,
		ClientEncoding: "UTF8", Datestyle: "ISO, MDY", ApplicationName: cmp.Or(t.applicationTag, "fxcell"),
		Runtime: map[string]string{
			"TimeZone":                            "UTC",
			"default_transaction_read_only":       "on",
			"statement_timeout":                   milliseconds(c.StatementTimeout),
			"idle_in_transaction_session_timeout": milliseconds(c.IdleInTransaction),
		},
	}
}

// milliseconds returns d as the server reads it: 0 is none.
func milliseconds(d time.Duration) string { return strconv.FormatInt(max(d, 0).Milliseconds(), 10) }
