// Package body says what a JSON body may hold: it scans one, validates it by JSON Schema, decodes it into a Go value, and encodes answers.
//
// The order is binding: Scan first, then Schema.Validate, then Decode, all over the same bytes. The schema library behind Validate is safe
// only with what Scan lets through (numbers with huge exponents crash or stall it), and Decode alone takes unknown and absent members for
// granted. No fault holds a value that was sent; names of members appear in pointers only, cut where a client could make them long.
package body

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"

	"fxcell.dev/fxcell/problem"
)

// What a body may have at most. The schema library's work and memory are bounded by these, whatever the schema.
const (
	maxDepth    = 64     // arrays and objects in each other
	maxValues   = 10_000 // values of any kind, names of members not counted
	maxNumber   = 24     // characters of a number
	maxExponent = 308    // of a number, either way: what a float64 has
)

// The rules that Scan holds a body to, as they stand in a fault.
const (
	ruleSyntax    = "syntax"
	ruleUTF8      = "utf8"
	ruleDuplicate = "duplicate"
	ruleDepth     = "depth"
	ruleValues    = "values"
	ruleNumber    = "number"
)

const (
	spaces = " \t\r\n"
	bom    = "\ufeff"
)

// Scan reads b once, keeping nothing, and refuses what is no JSON, is not UTF-8, names a member of an object twice, or is too deep or too
// large to be worked on safely. It returns nil, or a problem.Invalid with the first fault. The nil is a *problem.Error: compare it before
// it becomes an error.
func Scan(b []byte) *problem.Error {
	if fault := scan(b); fault != nil {
		return problem.BadInput(*fault)
	}
	return nil
}

func scan(b []byte) *problem.Fault {
	if bytes.HasPrefix(b, []byte(bom)) {
		return &problem.Fault{Rule: ruleSyntax, Message: "starts with a byte order mark"}
	}
	if len(bytes.TrimLeft(b, spaces)) == 0 {
		return &problem.Fault{Rule: ruleSyntax, Message: "is empty"}
	}
	d := jsontext.NewDecoder(bytes.NewBuffer(b)) // a bytes.Buffer is read in place
	for values := 0; ; {
		isValue, fault := scanToken(d, b)
		if fault != nil {
			return fault
		}
		if isValue {
			values++
		}
		if values > maxValues {
			return &problem.Fault{Rule: ruleValues, Message: fmt.Sprintf("has more than %d values", maxValues)}
		}
		if d.StackDepth() == 0 {
			break
		}
	}
	rest := bytes.TrimLeft(b[d.InputOffset():], spaces)
	if len(rest) > 0 {
		return &problem.Fault{Rule: ruleSyntax, Message: fmt.Sprintf("has something after its end, at byte %d", len(b)-len(rest))}
	}
	return nil
}

// scanToken reads one token of b and reports whether a value stands or starts there; a member's name and a closing bracket are none.
func scanToken(d *jsontext.Decoder, b []byte) (isValue bool, fault *problem.Fault) {
	if d.PeekKind() == jsontext.KindNumber {
		number, err := d.ReadValue()
		if err != nil {
			return false, syntaxFault(b, err)
		}
		if message := numberFault(number); message != "" {
			return false, &problem.Fault{Pointer: pointerTo(d.StackPointer()), Rule: ruleNumber, Message: message}
		}
		return true, nil
	}
	token, err := d.ReadToken()
	if err != nil {
		return false, syntaxFault(b, err)
	}
	switch token.Kind() {
	case jsontext.KindEndObject, jsontext.KindEndArray:
		return false, nil
	case jsontext.KindString:
		kind, length := d.StackIndex(d.StackDepth())
		return kind != jsontext.KindBeginObject || length%2 == 0, nil // of an object's strings the odd ones are names
	default:
		if d.StackDepth() > maxDepth {
			return false, &problem.Fault{
				Pointer: pointerTo(d.StackPointer()), Rule: ruleDepth, Message: fmt.Sprintf("is more than %d levels deep", maxDepth),
			}
		}
		return true, nil
	}
}

// numberFault says what is wrong with a number that the grammar allows, or nothing.
func numberFault(number []byte) string {
	if len(number) > maxNumber {
		return fmt.Sprintf("is a number of more than %d characters", maxNumber)
	}
	if i := bytes.IndexAny(number, "eE"); i >= 0 {
		exponent, err := strconv.Atoi(string(number[i+1:]))
		if err != nil || exponent > maxExponent || exponent < -maxExponent {
			return fmt.Sprintf("is a number with an exponent beyond %d", maxExponent)
		}
	}
	return ""
}

// syntaxFault turns what the token reader says of b into a fault of ours: its own texts quote the input.
func syntaxFault(b []byte, err error) *problem.Fault {
	if at := invalidUTF8(b); at >= 0 {
		return &problem.Fault{Rule: ruleUTF8, Message: fmt.Sprintf("is not UTF-8 at byte %d", at)}
	}
	syntax, ok := errors.AsType[*jsontext.SyntacticError](err)
	switch {
	case !ok:
		return &problem.Fault{Rule: ruleSyntax, Message: "is not JSON"}
	case errors.Is(err, jsontext.ErrDuplicateName):
		return &problem.Fault{Pointer: pointerTo(syntax.JSONPointer), Rule: ruleDuplicate, Message: "is there more than once"}
	case errors.Is(err, io.ErrUnexpectedEOF):
		return &problem.Fault{Rule: ruleSyntax, Message: fmt.Sprintf("is not JSON: it ends too early, after byte %d", len(b))}
	case loneSurrogate(b, syntax.ByteOffset):
		return &problem.Fault{Rule: ruleUTF8, Message: fmt.Sprintf("has half a surrogate pair at byte %d", syntax.ByteOffset)}
	default:
		return &problem.Fault{Rule: ruleSyntax, Message: fmt.Sprintf("is not JSON at byte %d", syntax.ByteOffset)}
	}
}

// invalidUTF8 returns where b stops being UTF-8, or -1.
func invalidUTF8(b []byte) int {
	for i := 0; i < len(b); {
		r, size := utf8.DecodeRune(b[i:])
		if r == utf8.RuneError && size == 1 {
			return i
		}
		i += size
	}
	return -1
}

// loneSurrogate reports whether the escape that the reader refused at a byte of b is well formed: then only its pairing can be wrong.
func loneSurrogate(b []byte, at int64) bool {
	if at < 0 || at > int64(len(b)) || len(b)-int(at) < 6 || b[at] != '\\' || b[at+1] != 'u' {
		return false
	}
	_, err := strconv.ParseUint(string(b[at+2:at+6]), 16, 16)
	return err == nil
}
