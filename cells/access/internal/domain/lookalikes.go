package domain

import (
	"strings"

	"golang.org/x/text/unicode/norm"
)

// lookalikes maps lower-case letters of other scripts to the Latin letter that they look like (after the confusables of Unicode TS #39).
var lookalikes = map[rune]rune{
	// Latin of another kind
	'ı': 'i', 'ɩ': 'i', 'ɑ': 'a', 'ɡ': 'g', 'ʏ': 'y', 'ɣ': 'y',
	// Cyrillic
	'а': 'a', 'с': 'c', 'ԁ': 'd', 'е': 'e', 'ҽ': 'e', 'һ': 'h', 'і': 'i', 'ј': 'j', 'ӏ': 'l', 'о': 'o', 'р': 'p', 'ԛ': 'q', 'г': 'r',
	'ѕ': 's', 'ѵ': 'v', 'ԝ': 'w', 'ѡ': 'w', 'х': 'x', 'у': 'y', 'ү': 'y',
	// Greek
	'α': 'a', 'ϲ': 'c', 'ι': 'i', 'ϳ': 'j', 'ο': 'o', 'σ': 'o', 'ρ': 'p', 'υ': 'u', 'ν': 'v', 'γ': 'y',
	// Armenian
	'ց': 'g', 'հ': 'h', 'յ': 'j', 'ո': 'n', 'օ': 'o', 'զ': 'q', 'ս': 'u',
}

// UsernameKey returns what normalised usernames that look alike have in common. Marks are taken off their letters first, so that a letter of
// another script is found under them too.
func UsernameKey(name string) string {
	return norm.NFC.String(strings.Map(func(r rune) rune {
		if latin, ok := lookalikes[r]; ok {
			return latin
		}
		return r
	}, norm.NFD.String(name)))
}
