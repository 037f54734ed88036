package config

import (
	"net/netip"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	port "fxcell.dev/fxcell/config"
)

// TestEveryFaultIsOneLine is the table of what a user reads. "hunter2" stands for a value: no line may hold it.
func TestEveryFaultIsOneLine(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		yaml    string
		set     []string
		environ []string
		want    []string // of Check, without the prefix
	}{
		"a key with letters swapped": {
			set:  []string{"server.pubilc.addr=hunter2"},
			want: []string{"server.pubilc is unknown (--set): did you mean server.public?"},
		},
		"a key of a key": {
			yaml: "server:\n  public:\n    adr: hunter2\n",
			want: []string{"server.public.adr is unknown (configs/app.yaml:3): did you mean server.public.addr?"},
		},
		"a key like no other": {
			yaml: "server:\n  public: {colour: hunter2}\n",
			want: []string{"server.public.colour is unknown (configs/app.yaml:2): there are addr"},
		},
		"a key below a value": {
			environ: []string{"FXCELL_SERVER__MAX_BYTES__DEEP=hunter2"},
			want:    []string{"server.max_bytes.deep is unknown (FXCELL_SERVER__MAX_BYTES__DEEP): server.max_bytes takes a value, not keys"},
		},
		"a section with a slip": {
			yaml: "\nloging: {level: hunter2, format: hunter2}\n",
			want: []string{"loging is unknown (configs/app.yaml:2): did you mean logging?"},
		},
		"a section like no other, empty": {
			yaml: "database: {}\n",
			want: []string{"database is unknown (configs/app.yaml:1): there are the sections logging, server"},
		},
		"a variable with one underscore": {
			environ: []string{"FXCELL_SERVER_READ_TIMEOUT=hunter2"},
			want:    []string{"server_read_timeout is unknown (FXCELL_SERVER_READ_TIMEOUT): did you mean FXCELL_SERVER__READ_TIMEOUT?"},
		},
		"a variable with one underscore inside a section": {
			environ: []string{"FXCELL_SERVER__PUBLIC_ADDR=hunter2"},
			want:    []string{"server.public_addr is unknown (FXCELL_SERVER__PUBLIC_ADDR): did you mean FXCELL_SERVER__PUBLIC__ADDR?"},
		},
		"variables that are no path": {
			environ: []string{"FXCELL_server__port=hunter2", "FXCELL_=hunter2", "FXCELL_A___B=hunter2", "FXCELL_CONFIG="},
			want: []string{
				"FXCELL_ is unknown: want FXCELL_SECTION__KEY in upper case, with two underscores between keys",
				"FXCELL_A___B is unknown: want FXCELL_SECTION__KEY in upper case, with two underscores between keys",
				"FXCELL_server__port is unknown: want FXCELL_SECTION__KEY in upper case, with two underscores between keys",
			},
		},
		"a value where keys are wanted": {
			yaml:    "server: {public: hunter2}\n",
			environ: []string{"FXCELL_LOGGING=hunter2"},
			set:     []string{"server.ops=hunter2"},
			want: []string{
				"logging from FXCELL_LOGGING: want keys below it: level",
				"server.ops from --set: want keys below it: addr",
				"server.public from configs/app.yaml:1: want keys below it: addr",
			},
		},
		"keys where a value is wanted": {
			yaml: "server:\n  read_timeout: {unit: hunter2}\n  max_bytes: {}\n",
			want: []string{
				"server.max_bytes from configs/app.yaml:3: want a whole number from -9223372036854775808 to 9223372036854775807",
				"server.read_timeout.unit is unknown (configs/app.yaml:2): server.read_timeout takes a value, not keys",
			},
		},
		"values of a file that do not fit": {
			yaml: "server:\n  public: {addr: 8080}\n  read_timeout: 10\n  max_bytes: \"1\"\n  port: 70000\n  share: .inf\n  verbose: yes\n" +
				"  retry: 1.0\n  origins: [a, 1]\n  ports: a\n  password: 1234567\n  alias: [hunter2]\n",
			want: []string{
				"server.alias from configs/app.yaml:12: want a string",
				"server.max_bytes from configs/app.yaml:4: want a whole number from -9223372036854775808 to 9223372036854775807",
				"server.origins from configs/app.yaml:9: want a list, each item a string",
				"server.password from configs/app.yaml:11: want a string",
				"server.port from configs/app.yaml:5: want a whole number from 0 to 65535",
				"server.ports from configs/app.yaml:10: want a list, each item a whole number from -9223372036854775808 to 9223372036854775807",
				"server.public.addr from configs/app.yaml:2: want a string",
				"server.read_timeout from configs/app.yaml:3: want a duration such as 10s",
				"server.retry from configs/app.yaml:8: want a whole number from -9223372036854775808 to 9223372036854775807",
				"server.share from configs/app.yaml:6: want a number",
				"server.verbose from configs/app.yaml:7: want true or false",
			},
		},
		"values of the environment that do not fit": {
			environ: []string{
				"FXCELL_SERVER__READ_TIMEOUT=hunter2", "FXCELL_SERVER__PORT=-1", "FXCELL_SERVER__SHARE=NaN", "FXCELL_SERVER__VERBOSE=1",
				"FXCELL_SERVER__ORIGINS=a,,hunter2", "FXCELL_SERVER__PORTS=1,hunter2", "FXCELL_SERVER__MAX_BYTES=1_0",
			},
			want: []string{
				"server.max_bytes from FXCELL_SERVER__MAX_BYTES: want a whole number from -9223372036854775808 to 9223372036854775807",
				"server.origins from FXCELL_SERVER__ORIGINS: want a comma-separated list, each item a string",
				"server.port from FXCELL_SERVER__PORT: want a whole number from 0 to 65535",
				"server.ports from FXCELL_SERVER__PORTS: want a comma-separated list, each item a whole number from -9223372036854775808 to 9223372036854775807",
				"server.read_timeout from FXCELL_SERVER__READ_TIMEOUT: want a duration such as 10s",
				"server.share from FXCELL_SERVER__SHARE: want a number",
				"server.verbose from FXCELL_SERVER__VERBOSE: want true or false",
			},
		},
		"only the value that counts is judged, by the source that it came from": {
			yaml: "server: {port: hunter2, max_bytes: 1}\n",
			set:  []string{"server.port=1", "server.max_bytes=hunter2"},
			want: []string{"server.max_bytes from --set: want a whole number from -9223372036854775808 to 9223372036854775807"},
		},
		"no fault hides another one": {
			yaml:    "server: {port: 1, public: {addr: 8080}}\n",
			environ: []string{"FXCELL_SERVER=hunter2", "FXCELL_SERVER__PUBLIC=hunter2"},
			set:     []string{"server.port.x=hunter2", "server.port.y=hunter2"},
			want: []string{
				"server from FXCELL_SERVER: want keys below it: alias, max_bytes, ops, origins, password, port, ports, public, read_timeout, retry, share, verbose",
				"server.port.x is unknown (--set): server.port takes a value, not keys",
				"server.port.y is unknown (--set): server.port takes a value, not keys",
				"server.public from FXCELL_SERVER__PUBLIC: want keys below it: addr",
				"server.public.addr from configs/app.yaml:1: want a string",
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSource(t, embedded(c.yaml), port.Args{Set: c.set}, c.environ...)
			wantError(t, s.Check(sections()), c.want...)
		})
	}
}

func wantError(t *testing.T, err error, lines ...string) {
	t.Helper()
	want := "modules/config: " + strings.Join(lines, "\nmodules/config: ")
	if err == nil || err.Error() != want {
		t.Errorf("got\n%v\nwant\n%s", err, want)
	}
	if err != nil && (strings.Contains(err.Error(), "hunter2") || strings.Contains(err.Error(), "1234567")) {
		t.Errorf("a value is shown: %v", err)
	}
}

func TestWhatCannotBeReadIsReportedAtOnce(t *testing.T) {
	t.Parallel()
	const file = "configs/app.yaml"
	for name, c := range map[string]struct {
		yaml    string
		set     []string
		environ []string
		want    []string
	}{
		"a key set twice": {
			yaml: "server:\n  port: 1\n  public: {addr: a}\n  port: 2\n  public: {addr: b}\n",
			want: []string{file + ":4: server.port is set twice, first in line 2: keep one", file + ":5: server.public is set twice, first in line 3: keep one"},
		},
		"a section set twice": {
			yaml: "server: {}\nserver: {}\n",
			want: []string{file + ":2: server is set twice, first in line 1: keep one"},
		},
		"keys that are not snake_case": {
			yaml: "Server: {}\nserver:\n  read-timeout: 1s\n  public.addr: x\n  1: x\n  ? [hunter2]\n  : x\n  a__b: hunter2\n  _x: 1\n  <<: {port: 1}\n",
			want: []string{
				file + ":10: want a key in snake_case", file + ":1: want a key in snake_case", file + ":3: want a key in snake_case",
				file + ":4: want a key in snake_case", file + ":6: want a key in snake_case", file + ":8: want a key in snake_case",
				file + ":9: want a key in snake_case",
			},
		},
		"no mapping":       {yaml: "hunter2\n", want: []string{file + ":1: want sections, e.g. logging:"}},
		"a list":           {yaml: "\n- hunter2\n", want: []string{file + ":2: want sections, e.g. logging:"}},
		"two documents":    {yaml: "server: {}\n---\nserver: {}\n", want: []string{file + ":2: a second document begins: want one"}},
		"broken":           {yaml: "server:\n  port: hunter2: 3\n", want: []string{file + ":2: not valid YAML: mapping values are not allowed in this context"}},
		"broken later":     {yaml: "server: {}\n---\n\"hunter2", want: []string{file + ":3: not valid YAML: found unexpected end of stream"}},
		"broken at once":   {yaml: "\t\x01hunter2", want: []string{file + ": not valid YAML: check colons, indentation, quotes and aliases"}},
		"an unknown alias": {yaml: "server: {password: *hunter2}\n", want: []string{file + ": not valid YAML: check colons, indentation, quotes and aliases"}},
		"an alias": {
			yaml: "logging: {level: &x hunter2}\nserver:\n  password: *x\n",
			want: []string{file + ":3: server.password: aliases are not supported: write the value out"},
		},
		"lists of lists": {
			yaml: "server:\n  origins:\n  - [hunter2]\n  - {a: hunter2}\n  -\n",
			want: []string{
				file + ":3: server.origins: a list holds plain values only", file + ":4: server.origins: a list holds plain values only",
				file + ":5: server.origins: an item of a list has a value",
			},
		},
		"tags": {
			yaml: "server:\n  port: !!int hunter2\n  password: !!binary aHVudGVyMg==\n  alias: !vault hunter2\n",
			want: []string{
				file + ":2: server.port: the value does not fit its tag", file + ":3: server.password: tags are not supported: write a plain value",
				file + ":4: server.alias: tags are not supported: write a plain value",
			},
		},
		"NUL": {
			yaml:    "server:\n  password: \"hunter2\\0\"\n",
			environ: []string{"FXCELL_SERVER__PASSWORD=hunter2\xff"},
			set:     []string{"server.password=hunter2\x00"},
			want: []string{
				"FXCELL_SERVER__PASSWORD: a value is UTF-8 without NUL", file + ":2: server.password: a value is UTF-8 without NUL",
				"server.password from --set: a value is UTF-8 without NUL",
			},
		},
		"flags without a path": {
			set: []string{"hunter2", "=hunter2", "server=hunter2", "Server.Port=hunter2", "server..port=hunter2", "server.port=1", ""},
			want: []string{
				"--set number 1: want section.key=value, keys in snake_case", "--set number 2: want section.key=value, keys in snake_case",
				"--set number 3: want section.key=value, keys in snake_case", "--set number 4: want section.key=value, keys in snake_case",
				"--set number 5: want section.key=value, keys in snake_case", "--set number 7: want section.key=value, keys in snake_case",
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := New(embedded(c.yaml), port.Args{Set: c.set}, c.environ)
			wantError(t, err, c.want...)
		})
	}
}

func TestAFileThatCannotBeReadIsNamed(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	absent, large, odd := filepath.Join(dir, "absent.yaml"), filepath.Join(dir, "large.yaml"), filepath.Join(dir, "a\nb.yaml")
	if err := os.WriteFile(large, make([]byte, maxFile+1), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(odd, []byte("Port: 1"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		flag    string
		environ []string
		want    string
	}{
		"absent":          {absent, nil, "--config " + absent + ": there is no such file: name one that exists, or leave --config out"},
		"absent variable": {"", []string{"FXCELL_CONFIG=" + absent}, "FXCELL_CONFIG " + absent + ": there is no such file: name one that exists, or leave FXCELL_CONFIG out"},
		"a folder":        {dir, nil, "--config " + dir + ": want a readable YAML file of at most 1048576 bytes"},
		"too large":       {large, nil, "--config " + large + ": want a readable YAML file of at most 1048576 bytes"},
		"an odd name":     {odd, nil, `"` + dir + `/a\nb.yaml":1: want a key in snake_case`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := New(port.File{}, port.Args{File: c.flag}, c.environ)
			wantError(t, err, c.want)
		})
	}
}

type loop struct{ Next *loop }

func TestAStructThatCannotBeASectionIsRefused(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		typ  reflect.Type
		want []string
	}{
		"fields that no source can fill": {
			reflect.TypeFor[struct {
				Labels map[string]string
				Any    any
				Lists  [][]string
				Peers  []listener
				Deep   **int
				Hook   func()
			}](),
			[]string{
				"x.any: the type interface {} is not supported: " + supported, "x.deep: the type **int is not supported: " + supported,
				"x.hook: the type func() is not supported: " + supported, "x.labels: the type map[string]string is not supported: " + supported,
				"x.lists: the type [][]string is not supported: " + supported,
				"x.peers: the type []config.listener is not supported: " + supported,
			},
		},
		"two fields of one key": {
			reflect.TypeFor[struct {
				Addr  string
				Other string `koanf:"addr"`
			}](),
			[]string{`x.addr: two fields of struct { Addr string; Other string "koanf:\"addr\"" } have this key`},
		},
		"a tag that is no key": {
			reflect.TypeFor[struct {
				Addr string `koanf:"a.b"`
			}](),
			[]string{`x: the key of struct { Addr string "koanf:\"a.b\"" }.Addr is not snake_case`},
		},
		"a type that holds itself": {reflect.TypeFor[loop](), []string{"x.next: the type config.loop holds itself"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSource(t, port.File{}, port.Args{})
			wantError(t, s.Check([]port.Registered{{Name: "x", Type: c.typ}}), c.want...)
			wantError(t, s.Decode("x", reflect.New(c.typ).Interface()), c.want...)
		})
	}
}

func TestTypesThatReadTextReadTheirs(t *testing.T) {
	t.Parallel()
	type section struct {
		Bind  netip.AddrPort
		Since *time.Time
		Nets  []netip.Prefix
	}
	good := newSource(t, embedded("x: {bind: \"127.0.0.1:1\", since: 2026-01-02T03:04:05Z}"), port.Args{}, "FXCELL_X__NETS=10.0.0.0/8,::/0")
	var got section
	if err := good.Decode("x", &got); err != nil {
		t.Fatal(err)
	}
	if got.Bind.Port() != 1 || got.Since.Minute() != 4 || len(got.Nets) != 2 || got.Nets[1].Bits() != 0 {
		t.Errorf("got %+v", got)
	}
	bad := newSource(t, embedded("x:\n  bind: hunter2\n  since: 2026\n"), port.Args{}, "FXCELL_X__NETS=10.0.0.0/8,hunter2")
	wantError(t, bad.Decode("x", &section{}),
		"x.bind from configs/app.yaml:2: want text that netip.AddrPort can read",
		"x.nets from FXCELL_X__NETS: want a comma-separated list, each item text that netip.Prefix can read",
		"x.since from configs/app.yaml:3: want text that time.Time can read")
}
