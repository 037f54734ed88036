package config

import (
	"reflect"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	port "fxcell.dev/fxcell/config"
)

// generous has defaults for every form of a field but a pointer, to which zero is a value.
type generous struct {
	Wait    time.Duration
	Limit   int
	Size    uint16
	Share   float64
	Open    bool
	Name    string
	Names   []string
	Free    int // its default is zero
	Retries *int
	Inner   struct{ Addr string }
}

// WithDefaults returns c with its zero fields filled.
func (c generous) WithDefaults() generous {
	five := 5
	d := generous{30 * time.Second, 7, 8, 0.5, true, "a name", []string{"a", "b"}, 0, &five, struct{ Addr string }{"127.0.0.1:1"}}
	v, defaults := reflect.ValueOf(&c).Elem(), reflect.ValueOf(d)
	for i := range v.NumField() {
		if f := v.Field(i); f.IsZero() || f.Kind() == reflect.Slice && f.Len() == 0 {
			f.Set(defaults.Field(i))
		}
	}
	return c
}

func TestZeroThatStandsForADefaultIsRefused(t *testing.T) {
	t.Parallel()
	const cure = ": say that, or another value, or leave it out"
	want := func(from func(key, variable string) string) []string {
		var lines []string
		for _, l := range [][3]string{
			{"inner.addr", "INNER__ADDR", "an empty value stands for the default, 127.0.0.1:1"},
			{"limit", "LIMIT", "zero stands for the default, 7"},
			{"name", "NAME", `an empty value stands for the default, "a name"`},
			{"names", "NAMES", "an empty value stands for the default, [a, b]"},
			{"open", "OPEN", "false stands for the default, true"},
			{"share", "SHARE", "zero stands for the default, 0.5"},
			{"size", "SIZE", "zero stands for the default, 8"},
			{"wait", "WAIT", "zero stands for the default, 30s"},
		} {
			lines = append(lines, "generous."+l[0]+" from "+from(l[0], l[1])+": "+l[2]+cure)
		}
		return lines
	}
	only := []port.Registered{{Name: "generous", Type: reflect.TypeFor[generous]()}}
	environ := []string{
		"FXCELL_GENEROUS__INNER__ADDR=", "FXCELL_GENEROUS__LIMIT=0", "FXCELL_GENEROUS__NAME=", "FXCELL_GENEROUS__NAMES=", "FXCELL_GENEROUS__OPEN=false",
		"FXCELL_GENEROUS__SHARE=0.0", "FXCELL_GENEROUS__SIZE=0", "FXCELL_GENEROUS__WAIT=0ms", "FXCELL_GENEROUS__FREE=0", "FXCELL_GENEROUS__RETRIES=0",
	}
	flags := []string{
		"generous.inner.addr=", "generous.limit=0", "generous.name=", "generous.names=", "generous.open=false", "generous.share=0", "generous.size=0",
		"generous.wait=0s", "generous.free=0", "generous.retries=0",
	}
	const yaml = `generous: {inner: {addr: ""}, limit: 0, name: "", names: [], open: false, share: 0, size: 0, wait: 0s, free: 0, retries: 0}`
	wantError(t, newSource(t, embedded(yaml), port.Args{}).Check(only), want(func(string, string) string { return "configs/app.yaml:1" })...)
	wantError(t, newSource(t, port.File{}, port.Args{}, environ...).Check(only), want(func(_, variable string) string { return "FXCELL_GENEROUS__" + variable })...)
	s := newSource(t, embedded("generous: {limit: 1}\n"), port.Args{Set: flags})
	wantError(t, s.Decode("generous", &generous{}), want(func(string, string) string { return "--set" })...)
	shown, err := s.Effective(only)
	wantError(t, err, want(func(string, string) string { return "--set" })...)
	if len(shown) != 10 {
		t.Errorf("got the settings %v, want all 10 in spite of the faults", shown)
	}
}

func TestZeroThatStandsForItselfIsTaken(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		yaml string
		set  []string
	}{
		"a default of zero, a pointer, and what says nothing": {"generous: {free: 0, retries: 0, wait: , inner: {}}\n", nil},
		"a zero that another source overrides":                {"generous: {free: 0, retries: 0, wait: 0s}\n", []string{"generous.wait=30s"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got generous
			if err := newSource(t, embedded(c.yaml), port.Args{Set: c.set}).Decode("generous", &got); err != nil {
				t.Fatal(err)
			}
			want := generous{Retries: new(int)}.WithDefaults()
			if diff := cmp.Diff(want, got.WithDefaults()); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// A section that keeps its defaults to itself cannot be judged.
func TestZeroOfASectionWithoutWithDefaultsIsTaken(t *testing.T) {
	t.Parallel()
	if err := newSource(t, embedded("server: {read_timeout: 0s, max_bytes: 0, alias: \"\"}\n"), port.Args{}).Check(sections()); err != nil {
		t.Error(err)
	}
}
