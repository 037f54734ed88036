package postgres

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"fxcell.dev/fxcell/secret"
)

// Config is the section postgres: which server, and how much of it. The server is said by the DSN, or by host, user, password and database.
type Config struct {
	DSN secret.Text // postgres://user:password@host:port/database?sslmode=…&sslrootcert=…; of a Unix socket ?host=/its/folder

	Host        string // a name, an address, or the folder of a Unix socket
	Port        int    // 5432 when zero
	User        string
	Password    secret.Text
	Database    string // the user's name when empty
	SSLMode     string `koanf:"sslmode"`     // disable, require, verify-ca, verify-full; when empty verify-full, on this machine disable
	SSLRootCert string `koanf:"sslrootcert"` // the PEM file of the authority; the machine's own when empty

	MaxConns        int           // open at a time; 16 when zero
	MaxIdleConns    int           // kept open without work; all when zero, none when negative
	MaxConnLifetime time.Duration // after it a connection is replaced; 30m when zero
	MaxConnIdleTime time.Duration // after it an idle connection is closed; 5m when zero

	ConnectTimeout     time.Duration // for a new connection; 5s when zero
	StatementTimeout   time.Duration // for one statement, on the server; 30s when zero, none when negative
	IdleInTransaction  time.Duration // how long a transaction may do nothing before the server ends it: who is frozen in one holds its locks as long; 10s when zero, for ever when negative
	PreparedStatements int           // kept prepared for each connection; 256 when zero, none when negative
	Migrate            string        // auto: bring schemas to the versions of the program's files at the start; check: only refuse others; auto when empty
	MaxClockSkew       time.Duration // how far this machine's clock may be from the server's; 10s when zero, unchecked when negative

	Outbox OutboxConfig
	Inbox  InboxConfig
}

func (c Config) withDefaults() Config {
	c.MaxConns = cmp.Or(c.MaxConns, 16)
	c.MaxIdleConns = cmp.Or(c.MaxIdleConns, c.MaxConns)
	c.MaxConnLifetime = cmp.Or(c.MaxConnLifetime, 30*time.Minute)
	c.MaxConnIdleTime = cmp.Or(c.MaxConnIdleTime, 5*time.Minute)
	c.ConnectTimeout = cmp.Or(c.ConnectTimeout, 5*time.Second)
	c.StatementTimeout = cmp.Or(c.StatementTimeout, 30*time.Second)
	c.IdleInTransaction = cmp.Or(c.IdleInTransaction, 10*time.Second)
	c.PreparedStatements = cmp.Or(c.PreparedStatements, 256)
	c.Migrate = cmp.Or(c.Migrate, migrateAuto)
	c.MaxClockSkew = cmp.Or(c.MaxClockSkew, 10*time.Second)
	c.Outbox = c.Outbox.withDefaults()
	c.Inbox = c.Inbox.withDefaults(c.Outbox)
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
		{"max_conns", c.MaxConns < 1, "must be at least 1"},
		{"max_idle_conns", c.MaxIdleConns > c.MaxConns, "is more than max_conns"},
		{"max_conn_lifetime", c.MaxConnLifetime < time.Second, "must be at least 1s"},
		{"max_conn_idle_time", c.MaxConnIdleTime < time.Second, "must be at least 1s"},
		{"connect_timeout", c.ConnectTimeout < time.Millisecond, "must be at least 1ms"},
		{"statement_timeout", short(c.StatementTimeout), "must be at least 1ms, or negative for none"},
		{"idle_in_transaction", short(c.IdleInTransaction), "must be at least 1ms, or negative for none"},
		{"outbox.retention", c.Outbox.Retention < time.Second, "must be at least 1s"},
		{"outbox.lease", c.Outbox.Lease < 100*time.Millisecond, "must be at least 100ms"},
		{"inbox.retention", c.Inbox.Retention < c.Outbox.Retention, "is shorter than outbox.retention"},
		{"migrate", c.Migrate != migrateAuto && c.Migrate != migrateCheck, "must be auto or check"},
	} {
		if n.wrong {
			faults = append(faults, fault(n.key, n.what))
		}
	}
	return errors.Join(faults...)
}

// short reports whether the server could not tell d from none.
func short(d time.Duration) bool { return d >= 0 && d < time.Millisecond }

// sslModes are what sslmode can be: those that promise something.
var sslModes = []string{"disable", "require", "verify-ca", "verify-full"}

func sslFaults(prefix, mode, rootCert string) []error {
	var faults []error
	if mode != "" && !slices.Contains(sslModes, mode) {
		faults = append(faults, fault(prefix+"sslmode", "must be one of "+strings.Join(sslModes, ", ")))
	}
	if mode == "verify-ca" && rootCert == "" {
		faults = append(faults, fault(prefix+"sslrootcert", "is required by sslmode verify-ca"))
	}
	return faults
}

// fault says what is wrong with a setting, and how it is set.
func fault(key, what string) error {
	name, _, _ := strings.Cut(key, " ")
	return fmt.Errorf("infra/postgres: postgres.%s %s: set it in the file or FXCELL_POSTGRES__%s", key, what, strings.ToUpper(strings.ReplaceAll(name, ".", "__")))
}
