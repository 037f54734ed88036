package postgres

import (
	"strings"
	"unicode/utf8"

	"fxcell.dev/fxcell/auth"
)

// scanHeaders reads headers as the server prints what this package wrote: objects of strings. It is several times as fast as the general way, which
// takes what it reports false for.
func scanHeaders(text string) (h headers, ok bool) {
	if !utf8.ValidString(text) {
		return h, false
	}
	s := textScanner{text}
	ok = s.object(func(name string) bool {
		if name == "actor" {
			return s.object(func(name string) bool {
				value, ok := s.text()
				return ok && h.setActor(name, value)
			})
		}
		value, ok := s.text()
		return ok && h.set(name, value)
	})
	s.space()
	return h, ok && s.rest == ""
}

func (h *headers) set(name, value string) bool {
	switch name {
	case "id":
		h.ID = value
	case "source":
		h.Source = value
	case "subject":
		h.Subject = value
	case "time":
		return h.Time.UnmarshalText([]byte(value)) == nil
	case "request":
		h.Request = value
	case "correlation":
		h.Correlation = value
	case "traceparent":
		h.TraceParent = value
	case "tracestate":
		h.TraceState = value
	default:
		return false
	}
	return true
}

func (h *headers) setActor(name, value string) bool {
	switch name {
	case "kind":
		h.Actor.Kind = auth.Kind(value)
	case "id":
		h.Actor.ID = value
	case "session":
		h.Actor.Session = value
	case "address":
		h.Actor.Address = value
	default:
		return false
	}
	return true
}

// textScanner reads JSON from the front of what is left.
type textScanner struct{ rest string }

func (s *textScanner) space() { s.rest = strings.TrimLeft(s.rest, " \t\r\n") }

// is takes a character, when it is the next one.
func (s *textScanner) is(c byte) bool {
	s.space()
	if s.rest == "" || s.rest[0] != c {
		return false
	}
	s.rest = s.rest[1:]
	return true
}

// object reads an object, whose members member reads. It reports false where the text is not as expected.
func (s *textScanner) object(member func(name string) bool) bool {
	if !s.is('{') {
		return false
	}
	if s.is('}') {
		return true
	}
	for {
		name, ok := s.text()
		if !ok || !s.is(':') || !member(name) {
			return false
		}
		if s.is('}') {
			return true
		}
		if !s.is(',') {
			return false
		}
	}
}

// text reads a string without escapes.
func (s *textScanner) text() (string, bool) {
	if !s.is('"') {
		return "", false
	}
	for i := range len(s.rest) {
		switch c := s.rest[i]; {
		case c == '"':
			value := s.rest[:i]
			s.rest = s.rest[i+1:]
			return value, true
		case c == '\\' || c < ' ':
			return "", false
		}
	}
	return "", false
}
