package strict

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// MaxBytes is the size of the largest file that is read. The largest metadata files have a few kilobytes.
const MaxBytes = 256 << 10

// Parse reads one file. It always returns a Doc; what is wrong with the file is among its faults.
func Parse(data []byte) *Doc {
	d := &Doc{broken: map[*yaml.Node]bool{}, places: map[string]Place{}}
	if len(data) > MaxBytes {
		d.failf(Place{1, 1}, "", "has more than %d KiB: metadata files are small", MaxBytes>>10)
		return d
	}
	if at, what := strangeRune(data); what != "" {
		d.failf(at, "", "%s", what)
		return d
	}
	dec := yaml.NewDecoder(bytes.NewReader(data))
	first, err := nextDocument(dec)
	if err != nil {
		d.syntax(data, err)
		return d
	}
	if first == nil || isNull(first.Content[0]) {
		d.empty = true
	} else {
		d.root = first.Content[0]
		d.inspect(d.root, "", placeOf(d.root, Place{1, 1}), 0)
	}
	d.refuseSecond(dec, data)
	return d
}

func (d *Doc) refuseSecond(dec *yaml.Decoder, data []byte) {
	second, err := nextDocument(dec)
	switch {
	case err != nil:
		d.syntax(data, err)
	case second != nil:
		d.failf(placeOf(second, Place{1, 1}), "", "starts a second document: one file holds one")
	}
}

// nextDocument returns the next document, which has a root, or nil at the end of the file.
func nextDocument(dec *yaml.Decoder) (doc *yaml.Node, err error) {
	// The parser panics where it contradicts itself; a file that brings it there is a fault of the file, not of ours.
	defer func() {
		if r := recover(); r != nil {
			doc, err = nil, errors.New("the parser gave up on it")
		}
	}()
	doc = &yaml.Node{}
	if err := dec.Decode(doc); err != nil {
		if errors.Is(err, io.EOF) {
			return nil, nil
		}
		return nil, fmt.Errorf("strict: parse: %w", err)
	}
	if len(doc.Content) == 0 {
		return nil, nil
	}
	return doc, nil
}

// syntax records an error of the parser, which knows a line at best.
func (d *Doc) syntax(data []byte, err error) {
	text := strings.TrimPrefix(strings.TrimPrefix(err.Error(), "strict: parse: "), "yaml: ")
	line := 1
	if rest, ok := strings.CutPrefix(text, "line "); ok {
		if number, message, ok := strings.Cut(rest, ": "); ok {
			if n, convErr := strconv.Atoi(number); convErr == nil {
				line, text = n, message
			}
		}
		// Errors of the grammar, unlike those of the scanner, count lines from zero.
		if strings.HasPrefix(text, "did not find expected") {
			line++
		}
	}
	at := lineStart(data, line)
	if name, ok := unknownAnchor(text); ok {
		at, text = find(data, "*"+name), "aliases (*"+clip(name)+") are refused: write the value out"
		d.failf(at, "", "%s", text)
		return
	}
	d.failf(at, "", "is no YAML: %s", text)
}

func unknownAnchor(text string) (string, bool) {
	rest, ok := strings.CutPrefix(text, "unknown anchor '")
	if !ok {
		return "", false
	}
	return strings.CutSuffix(rest, "' referenced")
}

// lineStart returns the first visible character of a line; a line beyond the end is the last one.
func lineStart(data []byte, line int) Place {
	lines := strings.Split(strings.TrimRight(string(data), "\n"), "\n")
	line = min(max(line, 1), len(lines))
	text := lines[line-1]
	indent := len(text) - len(strings.TrimLeft(text, " \t"))
	if indent == len(text) {
		indent = 0
	}
	return Place{Line: line, Col: indent + 1}
}

// find returns where text first stands.
func find(data []byte, text string) Place {
	before, _, ok := strings.Cut(string(data), text)
	if !ok {
		return Place{1, 1}
	}
	last := before[strings.LastIndexByte(before, '\n')+1:]
	return Place{Line: strings.Count(before, "\n") + 1, Col: utf8.RuneCountInString(last) + 1}
}

// strangeRune finds the first byte that is no UTF-8 or the first character that YAML does not allow; the parser would
// name no position for either.
func strangeRune(data []byte) (Place, string) {
	at := Place{1, 1}
	for i := 0; i < len(data); {
		r, size := utf8.DecodeRune(data[i:])
		if r == utf8.RuneError && size <= 1 {
			return at, "is not UTF-8 here"
		}
		if startMark := r == '\uFEFF' && i == 0; !startMark && !allowedRune(r) {
			return at, fmt.Sprintf("holds the character %U, which YAML does not allow", r)
		}
		i += size
		at.Col++
		if r == '\n' {
			at.Line, at.Col = at.Line+1, 1
		}
	}
	return Place{}, ""
}

func allowedRune(r rune) bool {
	switch {
	case r < 0x20:
		return r == '\t' || r == '\n' || r == '\r'
	case r >= 0x7F && r < 0xA0:
		return r == 0x85
	}
	return r != '\uFEFF' && r != 0xFFFE && r != 0xFFFF
}
