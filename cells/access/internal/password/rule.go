package password

import (
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"fxcell.dev/cells/access/internal/domain"
	"fxcell.dev/fxcell/secret"
)

// Bounds of a password that is set, after normalisation. There are no rules of composition.
const (
	MinLength = 15   // code points
	MaxLength = 256  // code points
	MaxBytes  = 1024 // as sent, and after normalisation
)

// Check returns nil for a password that may be set, else the *domain.RuleError of what is wrong with it.
func Check(plain secret.Text) error {
	normal, ok := normalise(plain)
	n := utf8.RuneCountInString(normal)
	switch {
	case !ok && !utf8.ValidString(plain.Reveal()):
		return &domain.RuleError{Rule: "utf8", Message: "must be UTF-8"}
	case !ok:
		return &domain.RuleError{Rule: "maxBytes", Message: "must have at most 1024 bytes"}
	case n < MinLength:
		return &domain.RuleError{Rule: "minLength", Message: "must have at least 15 characters"}
	case n > MaxLength:
		return &domain.RuleError{Rule: "maxLength", Message: "must have at most 256 characters"}
	default:
		return nil
	}
}

// normalise returns the password as it is hashed: NFC, so that one password has one form on every keyboard. ok is false for what can be
// nobody's password; a long text is not worked on.
func normalise(plain secret.Text) (normal string, ok bool) {
	text := plain.Reveal()
	if len(text) > MaxBytes || !utf8.ValidString(text) {
		return "", false
	}
	normal = norm.NFC.String(text)
	return normal, len(normal) <= MaxBytes
}
