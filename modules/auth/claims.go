package auth

import (
	"errors"
	"slices"
	"strconv"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	port "fxcell.dev/fxcell/auth"
)

// claims are what a verified token says. Numbers are nil when they were absent.
type claims struct {
	issuer, subject, id, client, session string
	audience, roles                      []string
	expires, issued, notBefore, epoch    *int64 // in seconds since 1970, but for epoch
}

// maxDate is the last second of the year 9999: no sum with it overflows.
const maxDate = 253402300799

// parseClaims is the first half of rule 5: each member once, and of the right kind. Claims that nothing here reads are let through.
func parseClaims(b []byte) (claims, error) {
	var c claims
	err := members(b, func(d *jsontext.Decoder, name string) error { return c.read(d, name) })
	switch {
	case errors.Is(err, errKind):
		return claims{}, errKind
	case err != nil:
		return claims{}, errClaims
	default:
		return c, nil
	}
}

func (c *claims) read(d *jsontext.Decoder, name string) error {
	switch name {
	case "iss":
		return text(d, &c.issuer)
	case "sub":
		return text(d, &c.subject)
	case "jti":
		return text(d, &c.id)
	case "client_id":
		return text(d, &c.client)
	case "sid":
		return text(d, &c.session)
	case "aud":
		return texts(d, &c.audience, true)
	case "roles":
		return texts(d, &c.roles, false)
	case "exp":
		return number(d, &c.expires)
	case "iat":
		return number(d, &c.issued)
	case "nbf":
		return number(d, &c.notBefore)
	case "epoch":
		return number(d, &c.epoch)
	default:
		return d.SkipValue()
	}
}

// texts reads an array of strings, or one string where single allows it.
func texts(d *jsontext.Decoder, into *[]string, single bool) error {
	if single && d.PeekKind() == jsontext.KindString {
		*into = []string{""}
		return text(d, &(*into)[0])
	}
	if err := expect(d, jsontext.KindBeginArray); err != nil {
		return err
	}
	if _, err := d.ReadToken(); err != nil {
		return errJSON
	}
	for d.PeekKind() != jsontext.KindEndArray {
		var s string
		if err := text(d, &s); err != nil {
			return err
		}
		*into = append(*into, s)
	}
	_, err := d.ReadToken()
	return err
}

// number reads a whole number that is not negative, written in digits: our tokens have no fractions, and 1e9 is a second spelling.
func number(d *jsontext.Decoder, into **int64) error {
	if err := expect(d, jsontext.KindNumber); err != nil {
		return err
	}
	digits, err := d.ReadValue()
	if err != nil {
		return errJSON
	}
	n, err := strconv.ParseUint(string(digits), 10, 63)
	if err != nil {
		return errKind
	}
	signed := int64(n)
	*into = &signed
	return nil
}

// check is the second half of rule 5, and rule 6: skew is what clocks may differ by.
func (c claims) check(cfg port.Config, now time.Time) error {
	if c.expires == nil || c.issued == nil || c.epoch == nil || slices.Contains([]string{c.subject, c.id, c.client, c.session}, "") {
		return errIncomplete
	}
	expires, issued := *c.expires, *c.issued
	switch {
	case c.issuer != cfg.Issuer:
		return errIssuer
	case len(c.audience) == 0 || slices.ContainsFunc(c.audience, func(a string) bool { return a != cfg.Audience }):
		return errAudience
	case expires > maxDate || issued > maxDate || expires <= issued || expires-issued > int64(cfg.MaxLifetime/time.Second):
		return errLifetime
	case !now.Before(time.Unix(expires, 0).Add(cfg.Skew)):
		return errExpired
	case time.Unix(issued, 0).After(now.Add(cfg.Skew)):
		return errFuture
	case c.notBefore != nil && (*c.notBefore > maxDate || time.Unix(*c.notBefore, 0).After(now.Add(cfg.Skew))):
		return errEarly
	default:
		return nil
	}
}
