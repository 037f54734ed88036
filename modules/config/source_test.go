package config

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	port "fxcell.dev/fxcell/config"
	"fxcell.dev/fxcell/secret"
)

// server has a field of every form that a section may have.
type server struct {
	Public      listener
	Ops         *listener
	ReadTimeout time.Duration
	MaxBytes    int
	Port        uint16
	Share       float64
	Verbose     bool
	Retry       *int
	Origins     []string
	Ports       []int
	Password    secret.Text
	Renamed     string `koanf:"alias"`
	Ignored     string `koanf:"-"`
	hidden      string
}

type listener struct{ Addr string }

const text = `
server:
  public:
    addr: file:1
  read_timeout: 1s
  max_bytes: 1
  origins: [a, b]
  password: from-file
`

func embedded(yaml string) port.File { return port.File{Name: "configs/app.yaml", YAML: []byte(yaml)} }

func newSource(t *testing.T, file port.File, args port.Args, environ ...string) *Source {
	t.Helper()
	s, err := New(file, args, environ)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func sections() []port.Registered {
	return []port.Registered{{Name: "server", Type: reflect.TypeFor[server]()}, {Name: "logging", Type: reflect.TypeFor[struct{ Level string }]()}}
}

func TestEachSourceStandsOverTheOneBefore(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "more.yaml")
	if err := os.WriteFile(path, []byte("server: {max_bytes: 2, read_timeout: 2s, origins: [c]}"), 0o600); err != nil {
		t.Fatal(err)
	}
	environ := []string{"HOME=/x", "FXCELL_SERVER__READ_TIMEOUT=3s", "FXCELL_SERVER__PORT=3", "FXCELL_CONFIG=" + path}
	args := port.Args{Set: []string{"server.port=4", "server.port=5", "server.ops.addr=a=b"}}
	for name, args := range map[string]port.Args{
		"file of the variable": args,
		"file of the flag":     {File: path, Set: args.Set},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSource(t, embedded(text), args, environ...)
			got := server{Share: 0.5, Public: listener{Addr: "default"}, Origins: []string{"x", "y", "z"}, hidden: "h"}
			if err := s.Decode("server", &got); err != nil {
				t.Fatal(err)
			}
			want := server{
				Public: listener{Addr: "file:1"}, Ops: &listener{Addr: "a=b"}, ReadTimeout: 3 * time.Second, MaxBytes: 2, Port: 5, Share: 0.5,
				Origins: []string{"c"}, hidden: "h",
			}
			if got.Password.Reveal() != "from-file" {
				t.Error("the secret is not what the file says")
			}
			got.Password = secret.Text{}
			if diff := cmp.Diff(want, got, cmp.AllowUnexported(server{}, secret.Text{})); diff != "" {
				t.Error(diff)
			}
			if err := s.Check(sections()); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestTheFileOfTheFlagWinsOverTheVariable(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "flag.yaml")
	if err := os.WriteFile(path, []byte("server: {max_bytes: 7}"), 0o600); err != nil {
		t.Fatal(err)
	}
	var got server
	if err := newSource(t, port.File{}, port.Args{File: path}, "FXCELL_CONFIG=/nowhere").Decode("server", &got); err != nil || got.MaxBytes != 7 {
		t.Errorf("got %d, %v; want 7", got.MaxBytes, err)
	}
}

func TestEveryFormOfAValueIsRead(t *testing.T) {
	t.Parallel()
	seven := 7
	want := server{
		Public: listener{"a"}, Ops: &listener{"b"}, ReadTimeout: 90 * time.Second, MaxBytes: -1, Port: 65535, Share: 0.25, Verbose: true,
		Retry: &seven, Origins: []string{"x", "y"}, Ports: []int{1, 2}, Password: secret.NewText("p"), Renamed: "r",
	}
	for name, s := range map[string]*Source{
		"file": newSource(t, embedded(`
server:
  public: {addr: a}
  ops: {addr: "b"}
  read_timeout: 1m30s
  max_bytes: -1
  port: 0xffff
  share: 0.25
  verbose: true
  retry: 7
  origins: [x, y]
  ports: [1, 2]
  password: p
  alias: r
`), port.Args{}),
		"environment": newSource(t, port.File{}, port.Args{}, "FXCELL_SERVER__PUBLIC__ADDR=a", "FXCELL_SERVER__OPS__ADDR=b",
			"FXCELL_SERVER__READ_TIMEOUT=1m30s", "FXCELL_SERVER__MAX_BYTES=-1", "FXCELL_SERVER__PORT=65535", "FXCELL_SERVER__SHARE=0.25",
			"FXCELL_SERVER__VERBOSE=true", "FXCELL_SERVER__RETRY=7", "FXCELL_SERVER__ORIGINS=x, y", "FXCELL_SERVER__PORTS=1,2",
			"FXCELL_SERVER__PASSWORD=p", "FXCELL_SERVER__ALIAS=r"),
		"flags": newSource(t, port.File{}, port.Args{Set: []string{
			"server.public.addr=a", "server.ops.addr=b", "server.read_timeout=1m30s",
			"server.max_bytes=-1", "server.port=65535", "server.share=0.25", "server.verbose=true", "server.retry=7", "server.origins=x,y",
			"server.ports=1 ,2", "server.password=p", "server.alias=r",
		}}),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got server
			if err := s.Decode("server", &got); err != nil {
				t.Fatal(err)
			}
			reveal := cmp.Comparer(func(a, b secret.Text) bool { return a.Reveal() == b.Reveal() })
			if diff := cmp.Diff(want, got, reveal, cmp.AllowUnexported(server{})); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestWhatNoSourceNamesStaysAsItIs(t *testing.T) {
	t.Parallel()
	for _, yaml := range []string{"", "# nothing\n", "---\n", "null\n", "server:\n", "server: {}\n", "server:\n  public:\n  origins:\n", "logging: {level: x}"} {
		got := server{Public: listener{"kept"}, Origins: []string{"kept"}}
		want := server{Public: listener{"kept"}, Origins: []string{"kept"}}
		s := newSource(t, embedded(yaml), port.Args{})
		if err := s.Decode("server", &got); err != nil {
			t.Errorf("%q: %v", yaml, err)
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%q: got %+v, want %+v", yaml, got, want)
		}
		if err := s.Check(sections()); err != nil {
			t.Errorf("%q: %v", yaml, err)
		}
	}
}

func TestAnEmptyValueInAFileLeavesWhatStandsBelow(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "empty.yaml")
	if err := os.WriteFile(path, []byte("server:\n  public:\n  max_bytes:\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var got server
	if err := newSource(t, embedded(text), port.Args{File: path}).Decode("server", &got); err != nil {
		t.Fatal(err)
	}
	if got.Public.Addr != "file:1" || got.MaxBytes != 1 {
		t.Errorf("got %q and %d, want the embedded file's", got.Public.Addr, got.MaxBytes)
	}
}

func TestAnEmptyListReplacesAList(t *testing.T) {
	t.Parallel()
	got := server{Origins: []string{"default"}}
	if err := newSource(t, embedded(text), port.Args{}, "FXCELL_SERVER__ORIGINS=").Decode("server", &got); err != nil {
		t.Fatal(err)
	}
	if got.Origins == nil || len(got.Origins) != 0 {
		t.Errorf("got %q, want an empty list", got.Origins)
	}
}

func TestDecodeWantsAPointerToAStruct(t *testing.T) {
	t.Parallel()
	s := newSource(t, port.File{}, port.Args{})
	var absent *server
	for _, into := range []any{nil, server{}, absent, new(int)} {
		want := fmt.Sprintf("modules/config: section server: want a pointer to a struct to decode into, got %T", into)
		if err := s.Decode("server", into); err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

func TestDecodeIsSafeForConcurrentUse(t *testing.T) {
	t.Parallel()
	s := newSource(t, embedded(text), port.Args{})
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			var got server
			if err := s.Decode("server", &got); err != nil || got.MaxBytes != 1 {
				t.Errorf("got %d, %v", got.MaxBytes, err)
			}
			got.Origins[0] = "mine"
			if err := s.Check(sections()); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
}

func TestNoWayOfPrintingASourceShowsAValue(t *testing.T) {
	t.Parallel()
	s := newSource(t, embedded("server: {password: hunter2, alias: hunter2}"), port.Args{Set: []string{"server.password=hunter2"}}, "FXCELL_SERVER__PASSWORD=hunter2")
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x"} {
		for _, v := range []any{s, *s, s.settings} {
			got := fmt.Sprintf(verb, v)
			if strings.Contains(got, "hunter2") || strings.Contains(got, fmt.Sprintf("%x", "hunter2")) {
				t.Errorf("%s of %T shows a value: %s", verb, v, got)
			}
		}
	}
}

func TestTwoSectionsOfOneNameAreRefused(t *testing.T) {
	t.Parallel()
	twice := append(sections(), port.Registered{Name: "server", Type: reflect.TypeFor[listener]()})
	want := "modules/config: two sections are named server, of fxcell.dev/modules/config.listener and fxcell.dev/modules/config.server: rename one"
	for range 2 {
		slices.Reverse(twice)
		if err := newSource(t, port.File{}, port.Args{}).Check(twice); err == nil || err.Error() != want {
			t.Errorf("got %v\nwant %s", err, want)
		}
	}
}

func TestASectionWithoutAStructIsRefused(t *testing.T) {
	t.Parallel()
	err := newSource(t, port.File{}, port.Args{}).Check([]port.Registered{{Name: "a"}, {Name: "b", Type: reflect.TypeFor[int]()}})
	want := "modules/config: section a has no struct type\nmodules/config: section b has no struct type"
	if err == nil || err.Error() != want {
		t.Errorf("got %v\nwant %s", err, want)
	}
}
