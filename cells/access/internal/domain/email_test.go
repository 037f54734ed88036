package domain_test

import (
	"strings"
	"testing"

	"fxcell.dev/cells/access/internal/domain"
)

func TestEmailIsNormalised(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, sent, text, key string }{
		{"plain", "ada@example.org", "ada@example.org", "ada@example.org"},
		{"case", "Ada.L@Example.ORG", "Ada.L@example.org", "ada.l@example.org"},
		{"tag", "ada+x@example.org", "ada+x@example.org", "ada+x@example.org"},
		{"one label", "root@localhost", "root@localhost", "root@localhost"},
		{"other script", "söphie@bücher.example", "söphie@bücher.example", "söphie@bücher.example"},
		{"composed form", "so\u0308phie@example.org", "söphie@example.org", "söphie@example.org"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, err := domain.ParseEmail(c.sent)
			if want := (domain.Email{Text: c.text, Key: c.key}); err != nil || got != want {
				t.Errorf("got %+v, %v, want %+v", got, err, want)
			}
		})
	}
}

func TestEmailIsRefused(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, sent, rule string }{
		{"empty", "", "email"},
		{"no at", "ada.example.org", "email"},
		{"no local part", "@example.org", "email"},
		{"no host", "ada@", "email"},
		{"with a name", "Ada <ada@example.org>", "email"},
		{"in brackets", "<ada@example.org>", "email"},
		{"two addresses", "ada@example.org, bob@example.org", "email"},
		{"comment", "ada@example.org (x)", "email"},
		{"surrounding space", " ada@example.org", "email"},
		{"header injection", "ada@example.org\r\nBcc: bob@example.org", "email"},
		{"zero-width space", "ada\u200b@example.org", "email"},
		{"literal address", "ada@[127.0.0.1]", "email"},
		{"empty label", "ada@example..org", "email"},
		{"hyphen first", "ada@-example.org", "email"},
		{"hyphen last", "ada@example-.org", "email"},
		{"underscore in host", "ada@exa_mple.org", "email"},
		{"long label", "ada@" + strings.Repeat("a", 64) + ".org", "email"},
		{"long local part", strings.Repeat("a", 65) + "@example.org", "email"},
		{"255 bytes", "ada@" + strings.Repeat("a.", 125) + "b", "maxLength"},
		{"no UTF-8", "ada\xff@example.org", "email"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, err := domain.ParseEmail(c.sent)
			if got != (domain.Email{}) || ruleOf(err) != c.rule {
				t.Errorf("got %+v, %v, want rule %s", got, err, c.rule)
			}
			if len(c.sent) > 3 && strings.Contains(err.Error(), c.sent) {
				t.Error("the error quotes the address")
			}
		})
	}
}

func FuzzParseEmail(f *testing.F) {
	for _, seed := range []string{"ada@example.org", "a@b", `"a b"@example.org`, "a@b@c", "\xff@x"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, sent string) {
		got, err := domain.ParseEmail(sent)
		if err != nil {
			if ruleOf(err) == "" {
				t.Errorf("refused without a rule: %v", err)
			}
			return
		}
		if again, err := domain.ParseEmail(got.Text); err != nil || again != got {
			t.Errorf("%+q became %+q, then %+q, %v", sent, got, again, err)
		}
	})
}
