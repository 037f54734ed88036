package domain

import (
	"slices"
	"strconv"
	"strings"

	"fxcell.dev/cells/config/configapi"
	"fxcell.dev/fxcell/problem"
)

// ETag returns the strong entity tag of a version (RFC 9110 section 8.8.3).
func ETag(version int64) string { return `"` + strconv.FormatInt(version, 10) + `"` }

// Match is the condition of an If-Match header field. The zero Match holds for every version.
type Match struct {
	given, any bool
	tags       []string
}

// ParseMatch reads an If-Match header field, "" for none: * or a list of entity tags. A weak tag never matches, so who sends one has made a
// mistake: it is refused, like what is no tag at all.
func ParseMatch(header string) (Match, error) {
	rest := strings.Trim(header, " \t")
	switch rest {
	case "":
		return Match{}, nil
	case "*":
		return Match{given: true, any: true}, nil
	}
	m := Match{given: true}
	for {
		rest = strings.TrimLeft(rest, " \t,") // a recipient ignores empty elements of a list
		if rest == "" {
			break
		}
		tag, after, ok := cutTag(rest)
		if !ok {
			return Match{}, badMatch("must be * or strong entity tags in double quotes, as in the ETag of an answer")
		}
		m.tags = append(m.tags, tag)
		if rest = strings.TrimLeft(after, " \t"); rest != "" && rest[0] != ',' {
			return Match{}, badMatch("must separate its entity tags by commas")
		}
	}
	if len(m.tags) == 0 {
		return Match{}, badMatch("holds no entity tag")
	}
	return m, nil
}

// RequireMatch is ParseMatch for a request that must be conditional (RFC 6585 section 3).
func RequireMatch(header string) (Match, error) {
	m, err := ParseMatch(header)
	if err == nil && !m.given {
		err = problem.New(configapi.ErrNoMatch, "Send If-Match with the ETag of the version that you have seen, or * for any.")
	}
	return m, err
}

// Check returns a problem unless the condition holds for the version that a setting has.
func (m Match) Check(version int64) error {
	if !m.given || m.any || slices.Contains(m.tags, strconv.FormatInt(version, 10)) {
		return nil
	}
	return Stale()
}

// cutTag cuts one strong entity tag off a list and returns what stands in its quotes.
func cutTag(s string) (tag, after string, ok bool) {
	if s[0] != '"' {
		return "", "", false
	}
	tag, after, ok = strings.Cut(s[1:], `"`)
	for i := 0; i < len(tag); i++ {
		if c := tag[i]; c <= ' ' || c == 0x7f { // etagc: %x21 / %x23-7E / obs-text
			return "", "", false
		}
	}
	return tag, after, ok
}

func badMatch(message string) error {
	return problem.BadInput(problem.Fault{In: "header", Name: "If-Match", Rule: "etag", Message: message})
}
