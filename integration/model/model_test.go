package model

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// check searches each case and compares what was found with what is wanted. MODEL_TRACES names a folder that the counterexamples are written to.
func check(t *testing.T, cases []one) {
	t.Helper()
	tools(t)
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			got, words, err := do(t.Context(), dir, c)
			if err != nil {
				t.Fatal(err)
			}
			if got != c.want {
				t.Errorf("outbox.pml with %q: %s, want %s\n%s", c.flags, got, c.want, words)
			}
			if to := os.Getenv("MODEL_TRACES"); to != "" && got != holds {
				if err := trace(t.Context(), dir, c.flags, filepath.Join(to, strings.ReplaceAll(c.name, " ", "-")+".txt")); err != nil {
					t.Error(err)
				}
			}
		})
	}
}

func TestProtocolBreaksNoPromise(t *testing.T) {
	t.Parallel()
	check(t, sound)
}

func TestProtocolWithoutOneOfItsPartsBreaksAPromise(t *testing.T) {
	t.Parallel()
	check(t, mutations)
}

func TestProtocolAtLargerSizes(t *testing.T) {
	t.Parallel()
	if os.Getenv("MODEL_LONG") == "" {
		t.Skip("model: it takes half an hour and 8 GB: MODEL_LONG=1 go test -C integration -timeout 2h -parallel 1 -run LargerSizes ./model")
	}
	check(t, long)
}

func TestEveryMutationOfTheModelHasItsCounterexample(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("outbox.pml")
	if err != nil {
		t.Fatal(err)
	}
	inModel, inCases := map[string]bool{}, map[string]bool{}
	for _, name := range regexp.MustCompile(`\bM[0-9]+\b`).FindAllString(string(text), -1) {
		inModel[name] = true
	}
	for _, c := range mutations {
		if name, _, _ := strings.Cut(strings.TrimPrefix(c.flags, "-D"), " "); strings.HasPrefix(c.name, "M") {
			inCases[name] = true
		}
		if c.want == holds {
			t.Errorf("%s is a mutation that is expected to hold", c.name)
		}
	}
	for n := 1; n <= 19; n++ {
		if name := fmt.Sprintf("M%d", n); !inModel[name] || !inCases[name] {
			t.Errorf("%s: in the model %v, in the cases %v", name, inModel[name], inCases[name])
		}
	}
	if got := slices.Collect(maps.Keys(inModel)); len(got) != 19 {
		t.Errorf("the model has the mutations %v, the cases know 19", got)
	}
}

func TestVerdictIsThatOfTheSearcher(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, words string
		want        verdict
	}{
		{"all states", "State-vector 132 byte, depth reached 84, errors: 0", holds},
		{"an assertion", "pan:1: assertion violated S2 (at depth 40)\nWarning: Search not completed\nerrors: 1", reordered},
		{"an endless run", "pan:1: acceptance cycle (at depth 88)\nerrors: 1", never},
		{"out of memory", "pan: reached -DMEMLIM bound\nWarning: Search not completed\nerrors: 0", "no verdict"},
		{"a path that was cut", "error: max search depth too small\nerrors: 0", "no verdict"},
		{"a deadlock", "pan:1: invalid end state (at depth 3)\nerrors: 1", "no verdict"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := read(c.words); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}
