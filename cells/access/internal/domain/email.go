package domain

import (
	"net/mail"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// MaxEmail bounds an e-mail address, in bytes (RFC 5321 with erratum 1690).
const MaxEmail = 254

const maxLocalPart = 64

// Email is an e-mail address with its domain in lower case. Addresses that differ only by case have the same Key, and only one of them can exist.
type Email struct {
	Text string
	Key  string
}

// ParseEmail normalises text or returns the *RuleError of what is wrong with it. Whether mail arrives there is another question.
func ParseEmail(text string) (Email, error) {
	if len(text) > MaxEmail {
		return Email{}, broken("maxLength", "must have at most 254 bytes")
	}
	text = norm.NFC.String(text)
	address, err := mail.ParseAddress(text)
	if err != nil || address.Name != "" || address.Address != text || strings.ContainsFunc(text, invisible) {
		return Email{}, notAnEmail() // its error quotes the text
	}
	at := strings.LastIndexByte(text, '@')
	local, host := text[:at], strings.ToLower(text[at+1:])
	if len(local) > maxLocalPart || !isHost(host) {
		return Email{}, notAnEmail()
	}
	return Email{Text: local + "@" + host, Key: strings.ToLower(local) + "@" + host}, nil
}

func notAnEmail() error { return broken("email", "must be an e-mail address: name@host") }

func isHost(host string) bool {
	for label := range strings.SplitSeq(host, ".") {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' || strings.ContainsFunc(label, notInLabel) {
			return false
		}
	}
	return true
}

func notInLabel(r rune) bool {
	return r != '-' && !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r)
}
