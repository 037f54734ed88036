package redis

import (
	"crypto/rand"
	"net"
	"strings"
	"testing"
	"time"

	"go.uber.org/fx"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"fxcell.dev/fxcell"
	"fxcell.dev/fxcell/config"
	"fxcell.dev/fxcell/durability"
	"fxcell.dev/fxcell/fxcelltest"
	"fxcell.dev/fxcell/health"
	"fxcell.dev/fxcell/idempotency"
	"fxcell.dev/fxcell/lock"
	"fxcell.dev/fxcell/ratelimit"
	"fxcell.dev/fxcell/secret"
	"fxcell.dev/infra/postgres"
)

// settings is the configuration of the tests.
type settings struct{ cfg Config }

func (s settings) Decode(_ string, into any) error {
	if c, ok := into.(*Config); ok {
		*c = s.cfg
	}
	return nil
}

type shown struct {
	fx.In

	Claimer idempotency.Claimer
	Locker  lock.Locker
	Limiter ratelimit.Limiter
	Checks  []health.Check `group:"fxcell.checks"`
}

func TestDurableAssemblyTakesClaimsAndLocksOfTheModule(t *testing.T) {
	t.Parallel()
	addr := fxcelltest.Server(t, "TESTENV_REDIS_ADDR")
	var in shown
	var l lock.Lock
	t.Cleanup(func() { within(t, "the lock is lost with the app", time.Second, l.Lost()) }) // registered before the app's stop, it runs after it
	app := fxcell.Assembly("shop", durability.Durable, Module, fx.Provide(zap.NewNop),
		fx.Provide(func() config.Source { return settings{Config{Addrs: []string{addr}, Prefix: "module:"}} }))
	fxcelltest.New(t, app, fx.Invoke(func(s shown) { in = s }))
	var err error
	l, err = in.Locker.Acquire(t.Context(), "job", time.Second)
	isErr(t, "Acquire", err, nil)
	claim, err := in.Claimer.Claim(t.Context(), "job", time.Second)
	isErr(t, "Claim", err, nil)
	isErr(t, "Complete", claim.Complete(t.Context(), time.Second), nil)
	n, err := in.Limiter.Take(t.Context(), rand.Text(), ratelimit.Policy{Limit: 1, Window: time.Second})
	if n != 1 || err != nil {
		t.Errorf("Take = %d, %v, want 1", n, err)
	}
	if len(in.Checks) != 1 || in.Checks[0].Name != "infra/redis" || in.Checks[0].Critical || in.Checks[0].Probe(t.Context()) != nil {
		t.Errorf("checks %+v, want a healthy one that is not critical", in.Checks)
	}
}

func TestStartNamesItsTargetAndNoPassword(t *testing.T) {
	t.Parallel()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	_ = l.Close()
	for name, c := range map[string]struct {
		cfg  Config
		want []string
	}{
		"nobody listens": {Config{URL: secret.NewText("redis://ada:hunter2@" + addr + "/3")}, []string{"redis: open " + addr + "/3 as user ada: ", "refused"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			made, err := newClient(c.cfg, zap.NewNop())
			if err != nil {
				t.Fatal(err)
			}
			err = made.open(t.Context())
			wants(t, err, c.want...)
			if strings.Contains(err.Error(), "hunter2") {
				t.Errorf("error %q shows the password", err)
			}
			if _, err := (claimer{made}).Claim(t.Context(), "a", time.Second); err == nil {
				t.Error("a client that did not open claims")
			}
		})
	}
}

func TestServersThatCannotKeepThePromisesAreRefused(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		args []string
		cfg  Config
		want string
	}{
		"one that removes keys":  {[]string{"--maxmemory", "50mb", "--maxmemory-policy", "allkeys-lru"}, Config{}, "maxmemory-policy allkeys-lru"},
		"one that is full":       {[]string{"--maxmemory", "1"}, Config{}, "the server answered OOM"},
		"a wrong password":       {[]string{"--requirepass", "right"}, Config{Password: secret.NewText("wrong")}, "the server answered WRONGPASS"},
		"no password":            {[]string{"--requirepass", "right"}, Config{}, "the server answered NOAUTH"},
		"one that only reads":    {[]string{"--replicaof", "127.0.0.1 1"}, Config{}, "the server answered"},
		"a database that is not": {nil, Config{DB: 99}, "the server answered ERR"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, c.args...)
			c.cfg.Addrs = []string{s.addr}
			made, err := newClient(c.cfg, zap.NewNop())
			if err != nil {
				t.Fatal(err)
			}
			wants(t, made.open(t.Context()), "redis: open "+s.addr, c.want)
		})
	}
}

func TestServerWithoutAFileIsToldAtTheStart(t *testing.T) {
	t.Parallel()
	for file, want := range map[string]int{"no": 1, "yes": 0} {
		core, logs := observer.New(zap.WarnLevel)
		s := serve(t, "--appendonly", file)
		made, err := newClient(Config{Addrs: []string{s.addr}}, zap.New(core))
		if err != nil {
			t.Fatal(err)
		}
		isErr(t, "open", made.open(t.Context()), nil)
		isErr(t, "close", made.close(t.Context()), nil)
		if logs.Len() != want {
			t.Errorf("appendonly %s: %d warnings, want %d", file, logs.Len(), want)
		}
	}
}

// Both adapters provide the two ports, by modules of which an assembly lists one.
func TestOneModuleOfLocksIsListedBesideTheOtherServers(t *testing.T) {
	t.Parallel()
	assembly := func(modules ...fx.Option) error {
		modules = append(modules, fx.Provide(zap.NewNop), fx.Provide(func() config.Source { return both{} }))
		return fxcelltest.Fault(fxcell.Assembly("shop", durability.Durable, modules...))
	}
	if err := assembly(postgres.Module, Module); err != nil {
		t.Errorf("PostgreSQL with the locks of Redis: %v", err)
	}
	if err := assembly(postgres.Module, postgres.Locks); err != nil {
		t.Errorf("PostgreSQL with its own locks: %v", err)
	}
	wants(t, assembly(postgres.Module, postgres.Locks, Module), "already provided")
}

// both is the configuration of two servers that nobody asks.
type both struct{}

func (both) Decode(_ string, into any) error {
	switch c := into.(type) {
	case *Config:
		c.Addrs = []string{"127.0.0.1:1"}
	case *postgres.Config:
		c.DSN = secret.NewText("postgres://u@127.0.0.1:1")
	}
	return nil
}
