package auth

import (
	"bytes"
	"errors"
	"io"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// header is what a token says of itself, unverified: good for finding the key, for nothing else.
type header struct{ alg, kid, typ string }

// parseHeader is rule 2: one object of the strings alg, kid and typ. What a header can ask for besides (crit, jku, jwk, x5u, x5c, b64, zip, cty,
// enc) is never understood, and so never ignored.
func parseHeader(b []byte) (header, error) {
	var h header
	err := members(b, func(d *jsontext.Decoder, name string) error {
		switch name {
		case "alg":
			return text(d, &h.alg)
		case "kid":
			return text(d, &h.kid)
		case "typ":
			return text(d, &h.typ)
		default:
			return errHeader
		}
	})
	if err != nil {
		return header{}, errHeader
	}
	return h, nil
}

// isAccessToken is rule 4: a token that was made for another purpose is signed by the same keys.
func (h header) isAccessToken() bool {
	return strings.EqualFold(h.typ, "at+jwt") || strings.EqualFold(h.typ, "application/at+jwt")
}

// errJSON is what a text is refused with that is not strictly one JSON value of the kind that is wanted.
var errJSON = errors.New("not the JSON that is wanted")

// members calls each before the value of each member of the one object that b holds: in UTF-8, no member twice at any depth, nothing after it.
// each reads the value.
func members(b []byte, each func(d *jsontext.Decoder, name string) error) error {
	d := jsontext.NewDecoder(bytes.NewBuffer(b))
	if start, err := d.ReadToken(); err != nil || start.Kind() != jsontext.KindBeginObject {
		return errJSON
	}
	for d.PeekKind() == jsontext.KindString {
		name, err := d.ReadToken()
		if err != nil {
			return errJSON
		}
		if err := each(d, name.String()); err != nil {
			return err
		}
	}
	if _, err := d.ReadToken(); err != nil { // the end of the object, or what is no name
		return errJSON
	}
	if _, err := d.ReadToken(); !errors.Is(err, io.EOF) {
		return errJSON
	}
	return nil
}

// text reads a string.
func text(d *jsontext.Decoder, into *string) error {
	if err := expect(d, jsontext.KindString); err != nil {
		return err
	}
	token, err := d.ReadToken()
	if err != nil {
		return errJSON
	}
	*into = token.String()
	return nil
}

// expect returns errKind when a value of another kind comes next, errJSON when none does.
func expect(d *jsontext.Decoder, kind jsontext.Kind) error {
	switch d.PeekKind() {
	case kind:
		return nil
	case jsontext.KindInvalid:
		return errJSON
	default:
		return errKind
	}
}
