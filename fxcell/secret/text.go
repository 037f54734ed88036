// Package secret holds values that must not be shown, and the port by which keys are wrapped.
package secret

import (
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"

	"go.uber.org/zap/zapcore"
)

const redacted = "[redacted]"

var errNoString = errors.New("secret: must be a string")

// Text is a secret string. No way of printing, logging or encoding it shows the value; Reveal does. Decoding reads it as a plain string.
// Two secrets are compared with Equal.
type Text struct {
	_     [0]func() // no ==, which would compare pointers
	value *string   // fmt calls no method of an unexported field, but it does not follow a pointer to a string either
}

// NewText returns s as a secret.
func NewText(s string) Text { return Text{value: &s} }

// Reveal returns the secret itself. Keep it out of errors, logs and traces.
func (t Text) Reveal() string {
	if t.value == nil {
		return ""
	}
	return *t.value
}

// IsZero reports whether the secret is empty.
func (t Text) IsZero() bool { return t.Reveal() == "" }

// Equal reports whether both are the same secret, in a time that depends on their lengths only.
func (t Text) Equal(other Text) bool {
	return subtle.ConstantTimeCompare([]byte(t.Reveal()), []byte(other.Reveal())) == 1
}

// String returns a fixed text.
func (Text) String() string { return redacted }

// GoString returns a fixed text.
func (Text) GoString() string { return redacted }

// Format writes a fixed text for every verb.
func (Text) Format(s fmt.State, _ rune) { _, _ = s.Write([]byte(redacted)) }

// MarshalText returns a fixed text.
func (Text) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// MarshalJSON returns a fixed text.
func (Text) MarshalJSON() ([]byte, error) { return []byte(`"` + redacted + `"`), nil }

// MarshalYAML returns a fixed text.
func (Text) MarshalYAML() (any, error) { return redacted, nil }

// LogValue returns a fixed text.
func (Text) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalLogObject writes a fixed text.
func (Text) MarshalLogObject(e zapcore.ObjectEncoder) error {
	e.AddString("secret", redacted)
	return nil
}

// UnmarshalText reads the secret.
func (t *Text) UnmarshalText(b []byte) error {
	*t = NewText(string(b))
	return nil
}

// UnmarshalJSON reads the secret from a JSON string.
func (t *Text) UnmarshalJSON(b []byte) error {
	var s *string
	if err := json.Unmarshal(b, &s); err != nil {
		return errNoString // the cause may quote the secret
	}
	if s != nil { // null says nothing, as for every other type
		*t = NewText(*s)
	}
	return nil
}
