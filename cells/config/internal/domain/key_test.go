package domain

import (
	"strings"
	"testing"
)

func TestKeysKeepToTheGrammar(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("a", 128)
	for _, key := range []string{"a", "0", "a.b", "a_b-c.d", "9lives", long} {
		if !ValidKey(key) {
			t.Errorf("%q is refused", key)
		}
	}
	for _, key := range []string{
		"", ".a", "-a", "_a", "A", "aB", "../x", "%2e%2e", "__proto__", "a/b", "a b", "a\n", "a\x00", "ä", "a:b", long + "a", strings.Repeat("a", 4096),
	} {
		if ValidKey(key) {
			t.Errorf("%.20q is let through", key)
		}
	}
}
