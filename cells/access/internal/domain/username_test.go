package domain_test

import (
	"errors"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"fxcell.dev/cells/access/internal/domain"
)

func ruleOf(err error) string {
	if rule, ok := errors.AsType[*domain.RuleError](err); ok {
		return rule.Rule
	}
	return ""
}

func TestUsernameIsNormalised(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, sent, want string }{
		{"plain", "ada", "ada"},
		{"case", "AdA", "ada"},
		{"width", "ａｄａ", "ada"},
		{"composed form", "jose\u0301", "josé"},
		{"punctuation", "a.d-a_1+x", "a.d-a_1+x"},
		{"other script", "Софья", "софья"},
		{"64 code points", strings.Repeat("ä", 64), strings.Repeat("ä", 64)},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, err := domain.ParseUsername(c.sent)
			if err != nil || got.Text != c.want {
				t.Errorf("got %q, %v, want %q", got.Text, err, c.want)
			}
		})
	}
}

func TestUsernameIsRefused(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, sent, rule string }{
		{"empty", "", "minLength"},
		{"short", "ab", "minLength"},
		{"short after normalisation", "e\u0301e\u0301", "minLength"},
		{"65 code points", strings.Repeat("a", 65), "maxLength"},
		{"a megabyte", strings.Repeat("a", 1<<20), "maxLength"},
		{"space inside", "ada lovelace", "username"},
		{"trailing space", "ada ", "username"},
		{"no-break space", "ada\u00a0", "username"},
		{"zero-width space", "admin\u200b", "username"},
		{"zero-width joiner where the profile allows it", "क्\u200dष", "username"},
		{"soft hyphen", "ad\u00admin", "username"},
		{"variation selector", "admin\ufe0f", "username"},
		{"hangul filler", "admin\u115f", "username"},
		{"right-to-left override", "admin\u202e", "username"},
		{"NUL", "admin\x00", "username"},
		{"newline", "admin\n", "username"},
		{"byte order mark", "\ufeffadmin", "username"},
		{"no UTF-8", "admin\xff", "username"},
		{"emoji", "admin😀", "username"},
		{"mixed directions", "אadmin", "username"},
		{"compatibility letter", "ﬁona", "username"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, err := domain.ParseUsername(c.sent)
			if got != (domain.Username{}) || ruleOf(err) != c.rule {
				t.Errorf("got %+v, %v, want rule %s", got, err, c.rule)
			}
			if len(c.sent) > 3 && strings.Contains(err.Error(), c.sent) {
				t.Error("the error quotes the name")
			}
		})
	}
}

func TestUsernamesThatLookAlikeHaveOneKey(t *testing.T) {
	t.Parallel()
	for _, twin := range []string{"Admin", "аdmin", "аdmіn", "αdmın", "ADMIN", "ａdmin"} {
		got, err := domain.ParseUsername(twin)
		if err != nil || got.Key != "admin" {
			t.Errorf("%+q: got key %q, %v", twin, got.Key, err)
		}
	}
	other, err := domain.ParseUsername("admins")
	if err != nil || other.Key == "admin" {
		t.Errorf("got key %q, %v", other.Key, err)
	}
}

func TestUsernameStaysWhatItIsWhenParsedAgain(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		sent := rapid.OneOf(rapid.String(), rapid.StringOf(rapid.RuneFrom([]rune("aAбБßẞſÅåσςΣΙιİıéé́ａー'..-_")))).Draw(t, "sent")
		first, err := domain.ParseUsername(sent)
		if err != nil {
			if ruleOf(err) == "" {
				t.Fatalf("refused without a rule: %v", err)
			}
			return
		}
		again, err := domain.ParseUsername(first.Text)
		if err != nil || again != first {
			t.Fatalf("%+q became %+q, then %+q, %v", sent, first, again, err)
		}
		if upper, err := domain.ParseUsername(domain.UsernameKey(first.Text)); err == nil && upper.Key != first.Key {
			t.Fatalf("the key of a key differs: %q, %q", upper.Key, first.Key)
		}
	})
}

func FuzzParseUsername(f *testing.F) {
	for _, seed := range []string{"ada", "аdmin", "admin\u200b", "e\u0301\u0301\u0301", "\xff", "ﬁ", "אב1"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, sent string) {
		got, err := domain.ParseUsername(sent)
		if (err == nil) != (got.Text != "" && got.Key != "") || err != nil && ruleOf(err) == "" {
			t.Errorf("got %+v, %v", got, err)
		}
	})
}
