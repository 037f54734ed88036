package body

import (
	"bytes"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

// How long a pointer gets: names of members are chosen by the client, and a fault goes into answers and logs.
const (
	maxSegment = 64   // characters of one name
	maxPointer = 1024 // bytes, after which one more segment stands for all the rest
	ellipsis   = "…"
)

// appendSegment adds one segment to an RFC 6901 pointer: escaped, and cut when long.
func appendSegment(pointer []byte, segment string) []byte {
	if len(pointer) > maxPointer {
		if bytes.HasSuffix(pointer, []byte("/"+ellipsis)) {
			return pointer
		}
		return append(pointer, "/"+ellipsis...)
	}
	pointer = append(pointer, '/')
	characters := 0
	for _, r := range segment {
		if characters == maxSegment {
			return append(pointer, ellipsis...)
		}
		characters++
		switch r {
		case '~':
			pointer = append(pointer, "~0"...)
		case '/':
			pointer = append(pointer, "~1"...)
		default:
			pointer = utf8.AppendRune(pointer, r)
		}
	}
	return pointer
}

// pointerTo returns the reader's pointer, cut when long.
func pointerTo(p jsontext.Pointer) string {
	var pointer []byte
	for segment := range p.Tokens() {
		pointer = appendSegment(pointer, segment)
	}
	return string(pointer)
}
