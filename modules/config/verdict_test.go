package config

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	port "fxcell.dev/fxcell/config"
)

// strictly is a section with rules of its own. Its Validate has a pointer receiver, which is as good.
type strictly struct {
	Level    string
	From, To time.Duration
	ToGo     int
	Owner    string
}

// WithDefaults returns c with its zero fields filled.
func (c strictly) WithDefaults() strictly {
	if c.From == 0 {
		c.From = time.Second
	}
	if c.To == 0 {
		c.To = 10 * time.Second
	}
	return c
}

var errLoud = errors.New("modules/strictly: strictly.level must be low: set it in the file or FXCELL_STRICTLY__LEVEL")

// Validate reports every fault.
func (c *strictly) Validate() error {
	var faults, inner []error
	if c.Level == "loud" {
		faults = append(faults, errLoud)
	}
	if c.Owner == "" {
		faults = append(faults, errors.New("modules/strictly: strictly.owner is required: set it in the file or FXCELL_STRICTLY__OWNER"))
	}
	if c.To < c.From {
		inner = append(inner, errors.New("modules/strictly: strictly.to must not be less than strictly.from: set it in the file or FXCELL_STRICTLY__TO"))
	}
	if c.ToGo < 0 {
		inner = append(inner, fmt.Errorf("modules/strictly: strictly.to_go is %d: %w", c.ToGo, errors.Join(errors.New("one reason"), errors.New("another"))))
	}
	return errors.Join(append(faults, errors.Join(inner...))...)
}

func TestWhatASectionRefusesIsToldWithItsSource(t *testing.T) {
	t.Parallel()
	only := []port.Registered{{Name: "strictly", Type: reflect.TypeFor[strictly]()}}
	for name, c := range map[string]struct {
		yaml    string
		set     []string
		environ []string
		want    []string
	}{
		"a flag":     {set: []string{"strictly.level=loud"}, want: []string{"strictly.level must be low (--set)"}},
		"a file":     {yaml: "strictly:\n  level: loud\n", want: []string{"strictly.level must be low (configs/app.yaml:2)"}},
		"a variable": {environ: []string{"FXCELL_STRICTLY__LEVEL=loud"}, want: []string{"strictly.level must be low (FXCELL_STRICTLY__LEVEL)"}},
		"all at once, each with the source that counts": {
			yaml: "strictly:\n  level: low\n  to_go: -7\n", set: []string{"strictly.level=loud"}, environ: []string{"FXCELL_STRICTLY__TO=1ms"},
			want: []string{
				"strictly.level must be low (--set)", "strictly.to must not be less than strictly.from (FXCELL_STRICTLY__TO)",
				"strictly.to_go (configs/app.yaml:3) is -7: one reason\nanother",
			},
		},
		"a default that another key puts in the wrong is the constructor's to tell": {set: []string{"strictly.from=1h"}},
		"what nobody said is the constructor's to tell":                             {set: []string{"strictly.level=low"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			want := ""
			if len(c.want) > 0 {
				want = "modules/strictly: " + strings.Join(c.want, "\nmodules/strictly: ")
			}
			s := newSource(t, embedded(c.yaml), port.Args{Set: c.set}, c.environ...)
			err := s.Check(only)
			if fmt.Sprint(err) != want && (err != nil || want != "") {
				t.Errorf("Check: got\n%v\nwant\n%s", err, want)
			}
			if decode := s.Decode("strictly", &strictly{}); fmt.Sprint(decode) != fmt.Sprint(err) {
				t.Errorf("Decode: got\n%v\nwant\n%v", decode, err)
			}
			if loud := strings.Contains(want, "level"); errors.Is(err, errLoud) != loud {
				t.Errorf("got %v, want the section's own error inside: %t", err, loud)
			}
		})
	}
}

func TestKeyIsNamedWhole(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int{
		"a.to": 0, "x: a.to is": 3, "a.to_go is": -1, "aa.to": -1, "a.to_go and a.to": 12, "a.to.": 0, "a.t": -1, "": -1, "a.to2 a.to": 6,
	} {
		if got := indexOfKey(text, "a.to"); got != want {
			t.Errorf("%q: got %d, want %d", text, got, want)
		}
	}
}
