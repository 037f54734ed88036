// Package domain holds what the audit trail is made of: entries, the chain of MACs over them, the head record and the check of it all. It does
// no I/O.
package domain

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"unicode"
)

// MaxText is the longest text of an entry, in bytes.
const MaxText = 512

// Text returns s as entries hold it: valid UTF-8 in which control characters, line separators and marks of writing direction stand as \u000a, so
// that no reader of the trail, its export or its columns can be fooled by them. A text over MaxText bytes becomes its digest.
func Text(s string) string {
	safe := s
	if !isPlain(s) {
		safe = strings.ToValidUTF8(s, "\uFFFD")
		if strings.ContainsFunc(safe, isHidden) {
			safe = escape(safe)
		}
	}
	if len(safe) > MaxText {
		return Digest([]byte(s))
	}
	return safe
}

// Digest returns what an entry holds in place of bytes that it does not keep.
func Digest(b []byte) string {
	sum := sha256.Sum256(b)
	return "sha256:" + hex.EncodeToString(sum[:])
}

// isPlain reports whether s is printable ASCII, as nearly every text is.
func isPlain(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

func isHidden(r rune) bool {
	return unicode.In(r, unicode.Cc, unicode.Zl, unicode.Zp, unicode.Bidi_Control)
}

func escape(s string) string {
	var b strings.Builder
	for _, r := range s {
		if isHidden(r) {
			fmt.Fprintf(&b, `\u%04x`, r)
			continue
		}
		b.WriteRune(r)
	}
	return b.String()
}
