package redis

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"fxcell.dev/fxcell/secret"
)

func TestServerIsReadOutOfTheURLOrTheSettings(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		cfg  Config
		want target
	}{
		"a URL":           {Config{URL: secret.NewText("redis://ada:pw@cache:6380/2")}, target{[]string{"cache:6380"}, "ada", "pw", 2, false}},
		"a URL with TLS":  {Config{URL: secret.NewText("rediss://:pw@cache")}, target{[]string{"cache:6379"}, "", "pw", 0, true}},
		"of IPv6":         {Config{URL: secret.NewText("redis://[::1]")}, target{[]string{"[::1]:6379"}, "", "", 0, false}},
		"an address":      {Config{Addrs: []string{"localhost:6379"}, DB: 1}, target{[]string{"localhost:6379"}, "", "", 1, false}},
		"elsewhere":       {Config{Addrs: []string{"cache:6379"}}, target{[]string{"cache:6379"}, "", "", 0, true}},
		"without TLS":     {Config{Addrs: []string{"cache:6379"}, TLS: "disable"}, target{[]string{"cache:6379"}, "", "", 0, false}},
		"here, with TLS":  {Config{Addrs: []string{"127.0.0.1:1"}, TLS: "verify-full"}, target{[]string{"127.0.0.1:1"}, "", "", 0, true}},
		"several of them": {Config{Addrs: []string{"127.0.0.1:1", "b:2"}}, target{[]string{"127.0.0.1:1", "b:2"}, "", "", 0, true}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if err := c.cfg.Validate(); err != nil {
				t.Fatal(err)
			}
			got, _ := c.cfg.target()
			if diff := cmp.Diff(c.want, got, cmp.AllowUnexported(target{})); diff != "" {
				t.Errorf("target (-want +got):\n%s", diff)
			}
			o, err := c.cfg.withDefaults().options(got)
			if err != nil || (o.TLSConfig != nil) != c.want.encrypted {
				t.Errorf("options = %v, with TLS: %v, want %v", err, o.TLSConfig != nil, c.want.encrypted)
			}
		})
	}
}

func TestConfigFaultsNameKeyAndCureAndNoValue(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		cfg  Config
		want []string
	}{
		"nothing":         {Config{}, []string{"infra/redis: redis.url is required, or redis.addrs: set it in the file or FXCELL_REDIS__URL"}},
		"both":            {Config{URL: secret.NewText("redis://s3cret@h"), Addrs: []string{"s3cret:1"}}, []string{"redis.url stands beside redis.addrs"}},
		"another scheme":  {Config{URL: secret.NewText("http://s3cret@h")}, []string{"redis.url must be redis://"}},
		"no URL":          {Config{URL: secret.NewText("redis://%s3cret")}, []string{"redis.url must be redis://"}},
		"no host":         {Config{URL: secret.NewText("redis:///s3cret")}, []string{"redis.url names no host"}},
		"parameters":      {Config{URL: secret.NewText("redis://h/0?s3cret=1")}, []string{"redis.url has parameters"}},
		"no number":       {Config{URL: secret.NewText("redis://h/s3cret")}, []string{"redis.url names a database that is no number"}},
		"no port":         {Config{Addrs: []string{"s3cret"}}, []string{"redis.addrs must be host:port"}},
		"a cluster's DB":  {Config{Addrs: []string{"a:1", "b:1"}, DB: 1}, []string{"redis.db must be 0 of a cluster"}},
		"a cluster's DB ": {Config{Addrs: []string{"a:1"}, Cluster: true, DB: 1}, []string{"redis.db must be 0 of a cluster"}},
		"all at once": {
			Config{Addrs: []string{"a:1"}, TLS: "s3cret", Prefix: "{s3cret", MaxConns: -1, ConnectTimeout: -1, Timeout: -1},
			[]string{"redis.tls must be", "redis.prefix must", "redis.max_conns must", "redis.connect_timeout must", "redis.timeout must be at least 1ms: set it in the file or FXCELL_REDIS__TIMEOUT"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := c.cfg.Validate()
			wants(t, err, c.want...)
			if err == nil || strings.Contains(err.Error(), "s3cret") {
				t.Errorf("error %v, want one without what was set", err)
			}
		})
	}
}
