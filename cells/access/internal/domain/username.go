package domain

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/secure/precis"
)

// Bounds of a username in code points, after normalisation.
const (
	MinUsername = 3
	MaxUsername = 64
)

// maxUsernameInput bounds what is normalised at all, in bytes.
const maxUsernameInput = 1024

// Username is a normalised username (RFC 8265, UsernameCaseMapped). Two that look alike have the same Key, and only one of them can exist.
type Username struct {
	Text string
	Key  string
}

// ParseUsername normalises text or returns the *RuleError of what is wrong with it.
func ParseUsername(text string) (Username, error) {
	if len(text) > maxUsernameInput {
		return Username{}, tooLongUsername()
	}
	if strings.ContainsFunc(text, invisible) {
		return Username{}, broken("username", "must not hold control or invisible characters")
	}
	normal, err := stable(text)
	if err != nil { // its error may quote the text
		return Username{}, broken("username", "must consist of letters, digits and punctuation, without spaces")
	}
	switch n := utf8.RuneCountInString(normal); {
	case n < MinUsername:
		return Username{}, broken("minLength", "must have at least 3 characters")
	case n > MaxUsername:
		return Username{}, tooLongUsername()
	}
	return Username{Text: normal, Key: UsernameKey(normal)}, nil
}

func tooLongUsername() error { return broken("maxLength", "must have at most 64 characters") }

// invisible also covers what the profile allows between certain letters, such as joiners: nobody could tell such names apart.
func invisible(r rune) bool {
	return r == utf8.RuneError || unicode.Is(unicode.C, r) || unicode.Is(unicode.Other_Default_Ignorable_Code_Point, r) || unicode.Is(unicode.Variation_Selector, r)
}

// stable applies the profile until it changes nothing more: one pass is not enough for every text (RFC 8264 section 7).
func stable(text string) (string, error) {
	for range 4 {
		next, err := precis.UsernameCaseMapped.String(text)
		if err != nil || next == text {
			return next, err
		}
		text = next
	}
	return "", broken("username", "has no normal form")
}
