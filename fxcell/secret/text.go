// Package secret holds values that must not be shown, and the port by which keys are wrapped.
package secret

import (
	"encoding/json"
	"fmt"
	"log/slog"

	"go.uber.org/zap/zapcore"
)

const redacted = "[redacted]"

// Text is a secret string. No way of printing, logging or encoding it shows the value; Reveal does. Decoding reads it as a plain string.
type Text struct{ value string }

// NewText returns s as a secret.
func NewText(s string) Text { return Text{s} }

// Reveal returns the secret itself. Keep it out of errors, logs and traces.
func (t Text) Reveal() string { return t.value }

// IsZero reports whether the secret is empty.
func (t Text) IsZero() bool { return t.value == "" }

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
	t.value = string(b)
	return nil
}

// UnmarshalJSON reads the secret from a JSON string.
func (t *Text) UnmarshalJSON(b []byte) error {
	if err := json.Unmarshal(b, &t.value); err != nil {
		return fmt.Errorf("secret: must be a string") //nolint:errorlint // the cause may quote the secret
	}
	return nil
}
