package strict

import (
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

func TestSuggestFindsSlipsAndNothingElse(t *testing.T) {
	t.Parallel()
	options := []string{"id", "ownerCell", "consistencyLevel", "list", "raw", "policy"}
	for name, want := range map[string]string{
		"ownercell": "ownerCell", "owner_cell": "ownerCell", "owner-cell": "ownerCell", "onwerCell": "ownerCell",
		"consistenciLevl": "consistencyLevel", "polciy": "policy", "lst": "list", "ID": "id", "idd": "id",
		"owner": "", "level": "", "banana": "", "": "", "rwa": "raw",
		strings.Repeat("x", 200): "",
	} {
		if got := suggest(name, options); got != want {
			t.Errorf("suggest(%q) = %q, want %q", name, got, want)
		}
	}
}

func TestEditsIsADistance(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		word := rapid.StringMatching(`[a-d]{0,6}`)
		a, b := word.Draw(t, "a"), word.Draw(t, "b")
		got := edits(a, b)
		if got != edits(b, a) || (got == 0) != (a == b) {
			t.Errorf("edits(%q, %q) = %d, the other way %d", a, b, got, edits(b, a))
		}
		if low, high := max(len(a), len(b))-min(len(a), len(b)), max(len(a), len(b)); got < low || got > high {
			t.Errorf("edits(%q, %q) = %d, want %d to %d", a, b, got, low, high)
		}
	})
}

func TestClipKeepsTextWholeOrMarksTheCut(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.String().Draw(t, "s")
		got := clip(s)
		if !utf8.ValidString(got) || len(got) > maxName+len("…") {
			t.Errorf("clip(%q) = %q", s, got)
		}
		if rest, cut := strings.CutSuffix(got, "…"); got != s && (!cut || !strings.HasPrefix(s, rest)) {
			t.Errorf("clip(%q) = %q, want it whole or its start", s, got)
		}
	})
}

func TestFieldPathsAreNeverAmbiguous(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ field, name, want string }{
		{"", "id", "id"},
		{"a", "$ref", "a.$ref"},
		{"a", "b.c", `a."b.c"`},
		{"a", "[0]", `a."[0]"`},
		{"", "x\ny", `"x\ny"`},
	} {
		if got := join(tc.field, tc.name); got != tc.want {
			t.Errorf("join(%q, %q) = %s, want %s", tc.field, tc.name, got, tc.want)
		}
	}
}
