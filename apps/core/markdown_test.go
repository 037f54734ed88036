package main_test

import (
	"go/format"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// root is the folder of the module, seen from the tests.
const root = "../.."

// block is a fenced block of a page.
type block struct {
	lang, arg string // the words behind the fence: yaml and a path, sh and what is done with it
	above     string // the last line of text above the fence
	text      string
	line      int // of the fence
}

// blocks returns the fenced blocks of a page of the tree.
func blocks(t *testing.T, page string) []block {
	t.Helper()
	var out []block
	var open *block
	above := ""
	for i, line := range strings.Split(readPage(t, page), "\n") {
		fence, fenced := strings.CutPrefix(line, "```")
		switch {
		case fenced && open == nil:
			lang, arg, _ := strings.Cut(fence, " ")
			open = &block{lang: lang, arg: arg, above: above, line: i + 1}
		case fenced:
			out, open, above = append(out, *open), nil, ""
		case open != nil:
			open.text += line + "\n"
		case line != "":
			above = line
		}
	}
	if open != nil {
		t.Fatalf("%s:%d: the block does not end", page, open.line)
	}
	return out
}

func readPage(t *testing.T, page string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, page)) //nolint:gosec // a page of the tree
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// isFile reports whether a block is a file: its path stands behind the language.
func (b block) isFile() bool {
	return b.lang != "sh" && b.lang != "text" && b.arg != ""
}

// writeBlock writes a file of a page under a folder. Its name stands above it too, where a reader sees it.
func writeBlock(t *testing.T, page, dir string, b block) {
	t.Helper()
	if want := "**" + b.arg + "**"; b.above != want {
		t.Errorf("%s:%d: a reader does not see the name of the file: the line above is %q, want %s", page, b.line, b.above, want)
	}
	if formatted, err := format.Source([]byte(b.text)); b.lang == "go" && (err != nil || string(formatted) != b.text) {
		t.Errorf("%s:%d: %s is not formatted: %v", page, b.line, b.arg, err)
	}
	path := filepath.Join(dir, filepath.FromSlash(b.arg))
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(b.text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// shows reports whether got is what the block says: … stands for anything in a line, and alone on a line for any lines.
func (b block) shows(got string) bool {
	var pattern strings.Builder
	for line := range strings.SplitSeq(strings.TrimSpace(b.text), "\n") {
		if line == "…" {
			pattern.WriteString(`(?s:.*\n)?`)
			continue
		}
		pattern.WriteString(strings.ReplaceAll(regexp.QuoteMeta(line), "…", ".*") + `\n`)
	}
	return regexp.MustCompile("^" + pattern.String() + "$").MatchString(strings.TrimSpace(got) + "\n")
}

func TestABlockShowsWhatItSays(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		says, got string
		want      bool
	}{
		{"a\nb\n", "a\nb\n", true},
		{"a\n", "a\nb\n", false},
		{"a\nb\n", "a\n", false},
		{"a.c\n", "abc\n", false},
		{"a … c\n", "a b c\n", true},
		{"a … c\n", "a\nc\n", false},
		{"a\n…\n", "a\n", true},
		{"a\n…\n", "a\nb\nc\n", true},
		{"a\n…\nd\n", "a\nb\nc\nd\n", true},
		{"a\n…\nd\n", "a\nb\nc\n", false},
		{"…\nb\n", "a\nb\n", true},
	} {
		if got := (block{text: tt.says}).shows(tt.got); got != tt.want {
			t.Errorf("%q for %q: %v, want %v", tt.says, tt.got, got, tt.want)
		}
	}
}
