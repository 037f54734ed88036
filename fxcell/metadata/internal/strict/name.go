package strict

import (
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"
)

const maxName = 60

var plainName = regexp.MustCompile(`^[A-Za-z0-9_$][A-Za-z0-9_$-]*$`)

// join adds a member's name to the path of what holds it. A name that would make the path ambiguous is quoted.
func join(field, name string) string {
	if len(name) > maxName || !plainName.MatchString(name) {
		name = strconv.Quote(clip(name))
	}
	if field == "" {
		return name
	}
	return field + "." + name
}

func index(field string, i int) string { return field + "[" + itoa(i) + "]" }

func itoa(i int) string { return strconv.Itoa(i) }

// clip shortens what a message repeats of a file.
func clip(s string) string {
	if len(s) <= maxName {
		return s
	}
	s = s[:maxName]
	for !utf8.ValidString(s) {
		s = s[:len(s)-1]
	}
	return s + "…"
}

// quote is clip for text that may hold anything.
func quote(s string) string { return strconv.Quote(clip(s)) }

// suggest returns the option that somebody who wrote name most likely meant, or nothing.
func suggest(name string, options []string) string {
	if name == "" || len(name) > maxName {
		return ""
	}
	best, distance := "", 1+min(2, (len(name)+1)/3)
	for _, option := range options {
		if fold(option) == fold(name) {
			return option
		}
		if got := edits(strings.ToLower(name), strings.ToLower(option)); got < distance {
			best, distance = option, got
		}
	}
	return best
}

// fold makes owner_cell, owner-cell and OwnerCell one.
func fold(s string) string {
	return strings.ToLower(strings.NewReplacer("_", "", "-", "", " ", "").Replace(s))
}

// edits counts the insertions, deletions, replacements and swaps of neighbours between two short words.
func edits(a, b string) int {
	rows := make([][]int, len(a)+1)
	for i := range rows {
		rows[i] = make([]int, len(b)+1)
		rows[i][0] = i
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			rows[i][j] = min(rows[i-1][j]+1, rows[i][j-1]+1, rows[i-1][j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				rows[i][j] = min(rows[i][j], rows[i-2][j-2]+1)
			}
		}
	}
	return rows[len(a)][len(b)]
}
