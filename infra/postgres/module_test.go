package postgres

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/fx"

	"fxcell.dev/fxcell/config"
	"fxcell.dev/fxcell/db"
	"fxcell.dev/fxcell/durability"
	"fxcell.dev/fxcell/event"
	"fxcell.dev/fxcell/health"
	"fxcell.dev/fxcell/outbox"
	"fxcell.dev/fxcell/secret"
	"fxcell.dev/fxcell/worker"
)

// said is what the sources say for the section.
type said struct{ cfg Config }

func (s said) Decode(_ string, into any) error {
	*into.(*Config) = s.cfg
	return nil
}

type shown struct {
	fx.In

	Tx      db.Transactor
	SQL     db.SQL
	Writer  outbox.Writer
	Log     outbox.Log
	Inbox   event.Inbox
	Parking event.Parking
	Claims  []durability.Claim `group:"fxcell.claims"`
	Checks  []health.Check     `group:"fxcell.checks"`
	Workers []worker.Worker    `group:"fxcell.workers"`
}

// check returns the check with a name.
func (s shown) check(name string) health.Check {
	for _, c := range s.Checks {
		if c.Name == name {
			return c
		}
	}
	return health.Check{Probe: func(context.Context) error { return errors.New("there is no check " + name) }}
}

func build(cfg Config) (app *fx.App, s shown) {
	app = fx.New(Module, fx.NopLogger, fx.Provide(func() config.Source { return said{cfg} }), fx.Invoke(func(in shown) { s = in }))
	return app, s
}

func TestModuleShowsEveryPortWithItsClaimAndItsCheck(t *testing.T) {
	t.Parallel()
	app, s := build(Config{DSN: secret.NewText("postgres://u@127.0.0.1:1")})
	if err := app.Err(); err != nil {
		t.Fatal(err)
	}
	claims := map[string]any{}
	for _, c := range s.Claims {
		if c.Module != "infra/postgres" || c.Subject.Durability() != durability.Persistent {
			t.Errorf("claim %+v, want a persistent one of infra/postgres", c)
		}
		claims[c.Port] = c.Subject
	}
	for port, live := range map[string]any{
		"db.Transactor": s.Tx, "db.SQL": s.SQL, "outbox.Writer": s.Writer, "outbox.Log": s.Log, "event.Inbox": s.Inbox, "event.Parking": s.Parking,
	} {
		if claims[port] != live {
			t.Errorf("claim of %s has %v, want the live value", port, claims[port])
		}
	}
	if !s.check("infra/postgres").Critical || s.check("infra/postgres/outbox-partitions").Critical {
		t.Errorf("checks %+v, want a critical one of the server, and one of the partitions that is not", s.Checks)
	}
	if !slices.ContainsFunc(s.Workers, func(w worker.Worker) bool { return w.Name == "infra/postgres/outbox-partitions" && !w.Essential }) {
		t.Errorf("workers %+v, want the one that keeps the partitions up", s.Workers)
	}
	ran := func(context.Context) error { t.Error("a transaction ran before the start"); return nil }
	for what, err := range map[string]error{
		"InTx": s.Tx.InTx(t.Context(), ran), "Get": s.SQL.Get(t.Context(), new(int), "SELECT 1"), "the check": s.check("infra/postgres").Probe(t.Context()),
		"the check of the partitions": s.check("infra/postgres/outbox-partitions").Probe(t.Context()),
	} {
		if !errors.Is(err, db.ErrUnavailable) {
			t.Errorf("%s before the start = %v, want ErrUnavailable", what, err)
		}
	}
}

func TestModuleOpensAtTheStartAndClosesAtTheStop(t *testing.T) {
	t.Parallel()
	app, s := build(Config{DSN: secret.NewText(dsn(t))})
	if err := app.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	var n int
	if err := errors.Join(s.SQL.Get(t.Context(), &n, "SELECT 1"), s.check("infra/postgres").Probe(t.Context())); err != nil {
		t.Error(err)
	}
	if err := app.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := s.SQL.Get(t.Context(), &n, "SELECT 1"); !errors.Is(err, db.ErrUnavailable) {
		t.Errorf("after the stop Get = %v, want ErrUnavailable", err)
	}
}

func TestStartThatFailsNamesItsTargetAndNotThePassword(t *testing.T) {
	t.Parallel()
	u, err := url.Parse(dsn(t))
	if err != nil {
		t.Fatal("the DSN of the server under test is no URL")
	}
	for _, c := range []struct {
		name   string
		change func(*url.URL)
		cfg    Config
		want   []string
	}{
		{"nobody there", func(u *url.URL) { u.Host = "127.0.0.1:1" }, Config{}, []string{"postgres: open 127.0.0.1:1/postgres as user fxcell: ", "connection refused: start the server, or set postgres.dsn to where it listens"}},
		{"a wrong password", func(u *url.URL) { u.User = url.UserPassword("fxcell", password) }, Config{}, []string{"28P01 invalid_password", `"fxcell"`, "check user and password in postgres.dsn"}},
		{"a wrong database", func(u *url.URL) { u.Path = "/nowhere" }, Config{}, []string{"/nowhere as user ", "3D000", "create the database, or name another one in postgres.dsn"}},
		{"no TLS", func(u *url.URL) { u.RawQuery = "sslmode=require" }, Config{}, []string{"SSL is not enabled on the server"}},
	} {
		target := *u
		c.change(&target)
		c.cfg.DSN = secret.NewText(target.String())
		app, _ := build(c.cfg)
		err := app.Start(t.Context())
		if err == nil {
			t.Errorf("%s: it started", c.name)
			_ = app.Stop(t.Context())
			continue
		}
		real, _ := target.User.Password()
		if text := fmt.Sprint(err); strings.Contains(text, real) {
			t.Errorf("%s: error %q tells the password", c.name, text)
		}
		wants(t, err, append(c.want, "postgres: open ")...)
	}
}

func TestStartKeepsToItsContext(t *testing.T) {
	t.Parallel()
	p, cfg := throughProxy(t)
	p.freeze.Store(true)
	opened, err := newPool(cfg)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	began := time.Now()
	err = opened.open(ctx) // Fx would not wait for it
	if !errors.Is(err, context.DeadlineExceeded) || time.Since(began) > 3*time.Second {
		t.Errorf("open = %v after %v, want the end of its context", err, time.Since(began))
	}
}

func TestServerIsJudgedByItsVersionAndItsClock(t *testing.T) {
	t.Parallel()
	p, err := newPool(Config{DSN: secret.NewText("postgres://u@localhost"), MaxClockSkew: 2 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	asked := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for _, c := range []struct {
		name                    string
		version                 int
		skew, took              time.Duration
		versionFault, skewFault bool
	}{
		{"the oldest that will do", 140000, 0, 0, false, false},
		{"too old", 130022, 0, 0, true, false},
		{"a clock that is behind", 150018, -3 * time.Second, 0, false, true},
		{"a clock that is ahead", 150018, 3 * time.Second, 0, false, true},
		{"a way that took long", 150018, 3 * time.Second, 2 * time.Second, false, false},
		{"both", 120000, time.Hour, 0, true, true},
	} {
		text := fmt.Sprint(p.judge(c.version, asked, asked.Add(c.skew), asked.Add(c.took)))
		got := []bool{strings.Contains(text, "at least 14 is needed"), strings.Contains(text, "postgres.max_clock_skew")}
		if diff := cmp.Diff([]bool{c.versionFault, c.skewFault}, got); diff != "" {
			t.Errorf("%s: %s: %s", c.name, text, diff)
		}
	}
	p.cfg.MaxClockSkew = -1
	if err := p.judge(140000, asked, asked.Add(time.Hour), asked); err != nil {
		t.Errorf("an unchecked clock = %v", err)
	}
}
