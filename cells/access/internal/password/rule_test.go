package password_test

import (
	"errors"
	"strings"
	"testing"

	"fxcell.dev/cells/access/internal/domain"
	"fxcell.dev/cells/access/internal/password"
	"fxcell.dev/fxcell/secret"
)

func TestPasswordRules(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, plain, rule string }{
		{"15 letters", "abcdefghijklmno", ""},
		{"15 times one letter", strings.Repeat("a", 15), ""},
		{"15 emoji", strings.Repeat("😀", 15), ""},
		{"only spaces", strings.Repeat(" ", 15), ""},
		{"control characters", "abcdefghijklmn\x00", ""},
		{"256 letters", strings.Repeat("a", 256), ""},
		{"256 letters of four bytes", strings.Repeat("𝕏", 256), ""},
		{"512 code points that normalise to 256", strings.Repeat("e\u0301", 256), ""},
		{"empty", "", "minLength"},
		{"14 letters", "abcdefghijklmn", "minLength"},
		{"15 code points that normalise to 14", strings.Repeat("a", 13) + "e\u0301", "minLength"},
		{"257 letters", strings.Repeat("a", 257), "maxLength"},
		{"1024 bytes", strings.Repeat("a", 1024), "maxLength"},
		{"1025 bytes", strings.Repeat("a", 1025), "maxBytes"},
		{"1025 bytes that normalise to fewer", strings.Repeat("e\u0301", 341) + "aa", "maxBytes"},
		{"1023 bytes that normalise to more", strings.Repeat("\u0958", 256) + strings.Repeat("\u0958", 85), "maxBytes"},
		{"a megabyte", strings.Repeat("a", 1<<20), "maxBytes"},
		{"no UTF-8", "abcdefghijklmnop\xff", "utf8"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			err := password.Check(secret.NewText(c.plain))
			var rule *domain.RuleError
			if c.rule == "" {
				if err != nil {
					t.Errorf("got %v", err)
				}
				return
			}
			if !errors.As(err, &rule) || rule.Rule != c.rule || rule.Message == "" {
				t.Errorf("got %v, want %s", err, c.rule)
			}
		})
	}
}
