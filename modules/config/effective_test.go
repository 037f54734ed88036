package config

import (
	"fmt"
	"net/netip"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	port "fxcell.dev/fxcell/config"
	"fxcell.dev/fxcell/secret"
)

type filled struct {
	Limit   int
	Wait    time.Duration
	Token   secret.Text
	Spare   secret.Text
	Tokens  []secret.Text
	Bind    *netip.AddrPort
	Names   []string
	Message string
}

// WithDefaults returns c with its zero fields filled.
func (c filled) WithDefaults() filled {
	if c.Limit == 0 {
		c.Limit = 7
	}
	if c.Wait == 0 {
		c.Wait = 90 * time.Second
	}
	return c
}

func TestEffectiveTellsEachValueItsSourceAndNoSecret(t *testing.T) {
	t.Parallel()
	s := newSource(t, embedded("filled:\n  limit: 3\n  token: hunter2\n  tokens: [hunter2, hunter2]\n  names: [a, \"b c\"]\n"+
		"server: {password: hunter2, public: {addr: \"file:1\"}}\n"),
		port.Args{Set: []string{"filled.bind=127.0.0.1:1", "server.public.addr=flag:1"}}, "FXCELL_FILLED__MESSAGE=", "FXCELL_SERVER__READ_TIMEOUT=1500ms")
	got, err := s.Effective([]port.Registered{{Name: "server", Type: reflect.TypeFor[server]()}, {Name: "filled", Type: reflect.TypeFor[filled]()}})
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, e := range got {
		lines = append(lines, fmt.Sprintf("%s=%s # %s", e.Key, e.Value, e.From))
	}
	want := []string{
		"filled.bind=127.0.0.1:1 # --set",
		"filled.limit=3 # configs/app.yaml:2",
		`filled.message="" # FXCELL_FILLED__MESSAGE`,
		`filled.names=[a, "b c"] # configs/app.yaml:5`,
		"filled.spare=(not set) # default",
		"filled.token=[redacted] # configs/app.yaml:3",
		"filled.tokens=[[redacted], [redacted]] # configs/app.yaml:4",
		"filled.wait=1m30s # default",
		"server.alias=(not set) # default", "server.max_bytes=(not set) # default", "server.ops.addr=(not set) # default",
		"server.origins=(not set) # default", "server.password=[redacted] # configs/app.yaml:6", "server.port=(not set) # default",
		"server.ports=(not set) # default", "server.public.addr=flag:1 # --set", "server.read_timeout=1.5s # FXCELL_SERVER__READ_TIMEOUT",
		"server.retry=(not set) # default", "server.share=(not set) # default", "server.verbose=(not set) # default",
	}
	if diff := cmp.Diff(want, lines); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// A configuration with faults is shown as far as it goes: who looks at it is probably looking for them.
func TestEffectiveReportsFaultsBesideWhatIsRight(t *testing.T) {
	t.Parallel()
	s := newSource(t, embedded("filled: {limit: hunter2, wait: 1s, limmit: 1}\n"), port.Args{})
	got, err := s.Effective([]port.Registered{{Name: "filled", Type: reflect.TypeFor[filled]()}, {Name: "odd", Type: reflect.TypeFor[int]()}})
	wantError(t, err, "filled.limit from configs/app.yaml:1: want a whole number from -9223372036854775808 to 9223372036854775807",
		"filled.limmit is unknown (configs/app.yaml:1): did you mean filled.limit?", "section odd has no struct type")
	for _, e := range got {
		if e.Key == "filled.wait" && e.Value != "1s" || e.Key == "filled.limit" && (e.Value != "7" || e.From != "default") || strings.Contains(e.Value, "hunter2") {
			t.Errorf("%+v", e)
		}
	}
	if len(got) != 8 {
		t.Errorf("%d settings, want 8", len(got))
	}
}
