package postgres

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/lib/pq"

	"fxcell.dev/fxcell/secret"
)

const password = "hunter2"

func TestConfigFaultsAreToldAllAtOnceAndWithoutAPassword(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		cfg  Config
		want []string
	}{
		{"nothing", Config{}, []string{"infra/postgres: postgres.dsn is required, or postgres.host with postgres.user: set it in the file or FXCELL_POSTGRES__DSN"}},
		{"numbers", Config{
			Host: "h", User: "u", Port: -1, MaxConns: -1, MaxIdleConns: 7, MaxConnLifetime: -1, MaxConnIdleTime: -1, ConnectTimeout: -1,
			StatementTimeout: 1, IdleInTransaction: 1,
		}, []string{
			"postgres.port must be 1 to 65535", "postgres.max_conns must be at least 1", "postgres.max_idle_conns is more than max_conns",
			"postgres.max_conn_lifetime must", "postgres.max_conn_idle_time must", "postgres.connect_timeout must",
			"postgres.statement_timeout must be at least 1ms, or negative for none", "FXCELL_POSTGRES__IDLE_IN_TRANSACTION",
		}},
		{"TLS", Config{Host: "h", SSLMode: "prefer", Password: secret.NewText(password)}, []string{
			"postgres.user is required", "postgres.sslmode must be one of disable, require, verify-ca, verify-full",
		}},
		{"an authority", Config{Host: "h", User: "u", SSLMode: "verify-ca"}, []string{"postgres.sslrootcert is required by sslmode verify-ca"}},
		{"both", Config{DSN: secret.NewText("postgres://u@h/d"), Host: "h", Database: "d"}, []string{
			"postgres.dsn stands beside postgres.host, postgres.database: give one or the other",
		}},
		{"no DSN", Config{DSN: secret.NewText("host=h password=" + password)}, []string{"postgres.dsn is not of the form postgres://"}},
		{"a broken DSN", Config{DSN: secret.NewText("postgres://u:" + password + "%zz@h/d")}, []string{"postgres.dsn is not of the form postgres://"}},
		{"an incomplete DSN", Config{DSN: secret.NewText("postgres:///d?target=x&sslmode=allow")}, []string{
			"postgres.dsn names no host", "postgres.dsn names no user", `postgres.dsn has the unknown parameter "target"`,
			"postgres.dsn with sslmode must be one of disable, require, verify-ca, verify-full: set it in the file or FXCELL_POSTGRES__DSN",
		}},
		{"a port of a DSN", Config{DSN: secret.NewText("postgres://u:" + password + "@h:99999/d")}, []string{"postgres.dsn has a port that is no number from 1 to 65535"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			err := c.cfg.Validate()
			wants(t, err, c.want...)
			if strings.Contains(fmt.Sprint(err), password) {
				t.Errorf("error %q tells the password", err)
			}
			if _, err := newPool(c.cfg); err == nil {
				t.Error("a pool was made of it")
			}
		})
	}
}

func TestTargetIsReadOutOfEitherForm(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		cfg  Config
		want target
	}{
		{
			"a DSN",
			Config{DSN: secret.NewText("postgres://u:p%40ss@db.example:5433/app?sslmode=require&sslrootcert=/ca.pem&sslcert=/c.pem&sslkey=/k.pem&application_name=shop")},
			target{"db.example", "u", "p@ss", "app", 5433, "require", "/ca.pem", "/c.pem", "/k.pem", "shop"},
		},
		{"a short DSN", Config{DSN: secret.NewText("postgresql://u@db.example")}, target{"db.example", "u", "", "u", 5432, "verify-full", "system", "", "", ""}},
		{"a DSN of this machine", Config{DSN: secret.NewText("postgres://u@[::1]/d")}, target{"::1", "u", "", "d", 5432, "disable", "", "", "", ""}},
		{"a DSN of a socket", Config{DSN: secret.NewText("postgres://u@/d?host=/run/pg&sslmode=require")}, target{"/run/pg", "u", "", "d", 5432, "disable", "", "", "", ""}},
		{
			"single settings",
			Config{Host: "10.0.0.7", User: "u", Password: secret.NewText("p"), Database: "d", SSLMode: "verify-full", SSLRootCert: "/ca.pem"},
			target{"10.0.0.7", "u", "p", "d", 5432, "verify-full", "/ca.pem", "", "", ""},
		},
	} {
		got, faults := c.cfg.target()
		if got != c.want || len(faults) > 0 {
			t.Errorf("%s: %+v, %v, want %+v", c.name, got, faults, c.want)
		}
	}
}

func TestSessionsAreToldTheirLimits(t *testing.T) {
	t.Parallel()
	cfg := Config{DSN: secret.NewText("postgres://u@localhost"), StatementTimeout: 1500 * time.Millisecond, IdleInTransaction: -1}.withDefaults()
	target, _ := cfg.target()
	got := cfg.driverConfig(target)
	if got.Runtime["statement_timeout"] != "1500" || got.Runtime["idle_in_transaction_session_timeout"] != "0" || !got.BinaryParameters ||
		got.SSLMode != pq.SSLModeDisable || got.ApplicationName != "fxcell" {
		t.Errorf("the driver is told %+v", got)
	}
}
