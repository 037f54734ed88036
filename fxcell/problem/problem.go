// Package problem holds the errors that reach a caller: RFC 9457 problem details with a stable code, and the faults of bad input.
package problem

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Code is one kind of error that a contract lists: its HTTP status, its stable name (ERR_…) and what it means for a reader.
type Code struct {
	Status int
	Name   string
	Title  string
}

// Codes that every contract has without listing them.
var (
	Invalid          = Code{http.StatusBadRequest, "ERR_REQUEST_INVALID", "The request does not fit its contract"}
	Unauthenticated  = Code{http.StatusUnauthorized, "ERR_UNAUTHENTICATED", "Authentication is required"}
	Forbidden        = Code{http.StatusForbidden, "ERR_FORBIDDEN", "This is not allowed"}
	NotFound         = Code{http.StatusNotFound, "ERR_NOT_FOUND", "There is nothing here"}
	MethodNotAllowed = Code{http.StatusMethodNotAllowed, "ERR_METHOD_NOT_ALLOWED", "The method is not allowed here"}
	TooLarge         = Code{http.StatusRequestEntityTooLarge, "ERR_BODY_TOO_LARGE", "The body is too large"}
	UnsupportedMedia = Code{http.StatusUnsupportedMediaType, "ERR_UNSUPPORTED_MEDIA_TYPE", "The content type is not supported"}
	TooMany          = Code{http.StatusTooManyRequests, "ERR_TOO_MANY_REQUESTS", "Too many requests"}
	Internal         = Code{http.StatusInternalServerError, "ERR_INTERNAL", "Something went wrong on our side"}
	Unavailable      = Code{http.StatusServiceUnavailable, "ERR_UNAVAILABLE", "The service cannot do this right now"}
)

// Common returns the codes that every contract has.
func Common() []Code {
	return []Code{Invalid, Unauthenticated, Forbidden, NotFound, MethodNotAllowed, TooLarge, UnsupportedMedia, TooMany, Internal, Unavailable}
}

// Fault is one thing wrong with an input. It never holds the value that was sent.
type Fault struct {
	Pointer string `json:"pointer"`        // RFC 6901 pointer into the body; "" is the whole body
	In      string `json:"in,omitempty"`   // path, query or header, when the fault is in a parameter
	Name    string `json:"name,omitempty"` // the parameter's name
	Rule    string `json:"rule"`           // the rule that was broken, e.g. required, maxLength
	Message string `json:"message"`
}

// Error is an error that a caller may see. Make one with New; anything else becomes an Internal without a text.
type Error struct {
	Code   Code
	Detail string // for the caller: no secrets, no values that were sent
	Faults []Fault
	// RetryAfter, when positive, says when to try again.
	RetryAfter time.Duration

	cause error
}

// New returns an error with a code that the contract lists and a sentence for the caller.
func New(code Code, detail string) *Error { return &Error{Code: code, Detail: detail} }

// BadInput returns an Invalid with the given faults.
func BadInput(faults ...Fault) *Error {
	return &Error{Code: Invalid, Detail: "The request has faults.", Faults: faults}
}

// With returns a copy of e with faults added.
func (e *Error) With(faults ...Fault) *Error {
	c := *e
	c.Faults = append(slices.Clone(e.Faults), faults...)
	return &c
}

// After returns a copy of e that tells the caller to try again after d.
func (e *Error) After(d time.Duration) *Error {
	c := *e
	c.RetryAfter = d
	return &c
}

// Wrap returns a copy of e that keeps cause for logs and errors.Is; the caller never sees it.
func (e *Error) Wrap(cause error) *Error {
	c := *e
	c.cause = cause
	return &c
}

// Error names code and detail, and the cause when there is one.
func (e *Error) Error() string {
	text := e.Code.Name
	if detail := strings.TrimSuffix(e.Detail, "."); detail != "" {
		text += ": " + detail
	}
	if e.cause != nil {
		text += ": " + e.cause.Error()
	}
	return text
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.cause }

// Is reports whether target is an *Error with the same code, so that errors.Is(err, problem.New(code, "")) works.
func (e *Error) Is(target error) bool {
	var t *Error
	ok := errors.As(target, &t)
	return ok && t.Code == e.Code && t.Detail == ""
}

// errNil tells whoever reads the log what a handler did: it returned a nil *Error, which is an error that is not nil.
var errNil = errors.New("problem: a nil *Error came as an error")

// Has reports whether err is, or wraps, an Error of the given code.
func Has(err error, code Code) bool {
	var e *Error
	return errors.As(err, &e) && e != nil && e.Code == code
}

// From returns the Error in err's chain. An error that carries none becomes an Internal that wraps it and tells the caller nothing;
// a Problem() *Error in the chain lets an error of another package say what it means for a caller.
func From(err error) *Error {
	if e, ok := errors.AsType[*Error](err); ok {
		if e == nil {
			return New(Internal, "").Wrap(errNil)
		}
		return e
	}
	var p interface{ Problem() *Error }
	if errors.As(err, &p) {
		if e := p.Problem(); e != nil {
			return e.Wrap(err)
		}
	}
	return New(Internal, "").Wrap(err)
}
