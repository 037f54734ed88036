// Package page holds lists that are read page by page with an opaque cursor (keyset pagination).
package page

import (
	"encoding/base64"
	"errors"
	"strings"

	"fxcell.dev/fxcell/problem"
)

// Limits of a page, in items.
const (
	DefaultLimit = 50
	MaxLimit     = 1000
)

// MaxPosition bounds a position, in bytes: the cursor of a longer one would be refused when it comes back.
const MaxPosition = maxCursor/4*3 - len(prefix)

// maxCursor bounds what a client may send as a cursor.
const maxCursor = 1024

// prefix is the version of the cursor's form.
const prefix = "1:"

// Page is one page of a list, encoded without an envelope of its own: {"data": […], "nextCursor": "…", "hasMore": …}.
type Page[T any] struct {
	Data       []T    `json:"data"`
	NextCursor string `json:"nextCursor,omitzero"`
	HasMore    bool   `json:"hasMore"`
}

// Request is the part of a request that asks for a page; embed it in the request type of a contract that lists.
type Request struct {
	Cursor string `json:"-" query:"cursor"`
	Limit  int    `json:"-" query:"limit"`
}

// ErrCursor is what a cursor is refused with that Encode did not make.
var ErrCursor = errors.New("page: not a cursor of ours")

// Size returns how many items to return: DefaultLimit when the request says nothing, MaxLimit at most.
func (r Request) Size() int {
	if r.Limit <= 0 {
		return DefaultLimit
	}
	return min(r.Limit, MaxLimit)
}

// After returns the position after which the page starts, "" for the first page. A cursor that Encode did not make is a problem.Invalid that
// names the parameter.
func (r Request) After() (string, error) {
	if r.Cursor == "" {
		return "", nil
	}
	position, err := Decode(r.Cursor)
	if err != nil {
		return "", Foreign().Wrap(err)
	}
	return position, nil
}

// Foreign is the problem of a cursor that no answer of the list gave: for lists whose positions have a form of their own.
func Foreign() *problem.Error {
	return problem.BadInput(problem.Fault{In: "query", Name: "cursor", Rule: "cursor", Message: "must be the nextCursor of an earlier answer"})
}

// Encode makes the cursor of a position, which is not empty and has MaxPosition bytes at most. A cursor is opaque, it is no secret and grants nothing.
func Encode(position string) string {
	return base64.RawURLEncoding.EncodeToString([]byte(prefix + position))
}

// Decode returns the position of a cursor, or ErrCursor.
func Decode(cursor string) (string, error) {
	if len(cursor) > maxCursor {
		return "", ErrCursor
	}
	b, err := base64.RawURLEncoding.Strict().DecodeString(cursor)
	if err != nil {
		return "", ErrCursor // its own error quotes the input
	}
	position, ok := strings.CutPrefix(string(b), prefix)
	if !ok || position == "" || Encode(position) != cursor { // the decoder skips line breaks
		return "", ErrCursor
	}
	return position, nil
}

// Of cuts a page out of items that were read with one more than size: the surplus item only says that there is more. position names an item's
// place for the next cursor.
func Of[T any](items []T, size int, position func(T) string) Page[T] {
	if len(items) <= size {
		if items == nil {
			items = []T{}
		}
		return Page[T]{Data: items}
	}
	items = items[:size]
	return Page[T]{Data: items, NextCursor: Encode(position(items[size-1])), HasMore: true}
}
