package config

import (
	"slices"
	"strings"
)

// check reports a key that the section does not have, and a value where keys are wanted.
func (s *schema) check(set setting) error {
	for n := 2; n <= len(set.path); n++ {
		if !slices.Contains(s.children[set.key(n-1)], set.path[n-1]) {
			return s.unknown(set, n)
		}
	}
	key := set.key(len(set.path))
	if _, leaf := s.leaves[key]; leaf || set.content() == nil {
		return nil
	}
	if _, keys := set.content().(map[string]any); keys {
		return nil
	}
	return fault("%s from %s: want keys below it: %s", key, set.origin(len(set.path)), strings.Join(s.children[key], ", "))
}

// unknown says that the n-th key of a path does not exist, and what may have been meant.
func (s *schema) unknown(set setting, n int) error {
	key, parent := set.key(n), set.key(n-1)
	names := slices.Sorted(slices.Values(s.children[parent]))
	cure := "leave it out"
	switch {
	case s.flat(set) != "":
		cure = "did you mean " + s.flat(set) + "?"
	case nearest(set.path[n-1], names) != "":
		cure = "did you mean " + strings.TrimPrefix(parent+delimiter, delimiter) + nearest(set.path[n-1], names) + "?"
	case len(names) > 0 && parent == "":
		cure = "there are the sections " + strings.Join(names, ", ")
	case len(names) > 0:
		cure = "there are " + strings.Join(names, ", ")
	case parent != "":
		cure = parent + " takes a value, not keys"
	}
	return fault("%s is unknown (%s): %s", key, set.origin(n), cure)
}

// flat returns the key that a variable means which has one underscore where two are wanted, spelled as a variable, or "".
func (s *schema) flat(set setting) string {
	if !set.env {
		return ""
	}
	loose := func(key string) string { return strings.NewReplacer(delimiter, "_", nest, "_").Replace(key) }
	for key := range s.leaves {
		if loose(key) == loose(set.key(len(set.path))) {
			return variableOf(key)
		}
	}
	return ""
}

// nearest returns the name that is at most two typing slips away (one for a short name), or "".
func nearest(name string, names []string) string {
	limit := 2
	if len(name) < 4 {
		limit = 1
	}
	best := ""
	for _, n := range names {
		if d := distance(name, n); d <= limit {
			best, limit = n, d-1
		}
	}
	return best
}

// distance counts the letters to add, drop or change between a and b (Levenshtein).
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
