package attempts_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"fxcell.dev/cells/access/internal/accesstest"
	"fxcell.dev/cells/access/internal/settings"
)

func TestCountersTellNeitherNamesNorAddresses(t *testing.T) {
	t.Parallel()
	limits := accesstest.NewLimiter()
	wantPass(t, newGuard(t, limits, settings.Config{}), "192.0.2.1", "ada")
	keys := slices.Sorted(maps.Keys(limits.Counted()))
	want := []string{"access/account-source/", "access/account/", "access/source/"}
	if len(keys) != len(want) {
		t.Fatalf("got %v", keys)
	}
	for i, key := range keys {
		if rest, ok := strings.CutPrefix(key, want[i]); !ok || len(rest) != 43 || strings.Contains(key, "192.0") {
			t.Errorf("got %s, want %s and a digest", key, want[i])
		}
	}
	wantPass(t, newGuard(t, limits, settings.Config{}), "192.0.2.1", "ada")
	for key, n := range limits.Counted() {
		if n != 2 {
			t.Errorf("%s counts %d, want what two processes counted", key, n)
		}
	}
}

func TestEveryAccountHasCountersOfItsOwn(t *testing.T) {
	t.Parallel()
	limits := accesstest.NewLimiter()
	g := newGuard(t, limits, settings.Config{})
	for _, username := range []string{"", "ada", "ada1", "192.0.2.1/32", strings.Repeat("ü", 64), "аdа"} {
		wantPass(t, g, "192.0.2.1", username)
	}
	counts := limits.Counted()
	if len(counts) != 2*6+1 {
		t.Errorf("%d counters, want two for each account and one for the source", len(counts))
	}
}
