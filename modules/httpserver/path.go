package httpserver

import (
	"net/url"
	"strings"
	"unicode/utf8"

	"fxcell.dev/fxcell/problem"
)

// cleanPath returns the path of u in its one canonical spelling: each segment percent-encoded anew, no slash at the end. What has no such spelling
// is refused, never mended by a redirect: two programs that read a path differently are an attack.
func cleanPath(u *url.URL) (string, *problem.Error) {
	rest, ok := strings.CutPrefix(u.EscapedPath(), "/")
	if !ok {
		return "", problem.New(problem.NotFound, "")
	}
	rest = strings.TrimSuffix(rest, "/")
	if rest == "" {
		return "/", nil
	}
	var out strings.Builder
	for segment := range strings.SplitSeq(rest, "/") {
		decoded, err := url.PathUnescape(segment)
		switch {
		case err != nil || !utf8.ValidString(decoded):
			return "", badPath("must be percent-encoded UTF-8")
		case strings.ContainsFunc(decoded, isControl):
			return "", badPath("must not hold control characters")
		case decoded == "" || decoded == "." || decoded == "..":
			return "", problem.New(problem.NotFound, "")
		}
		out.WriteString("/" + url.PathEscape(decoded))
	}
	return out.String(), nil
}

func isControl(r rune) bool { return r < ' ' || r == 0x7f }

func badPath(message string) *problem.Error {
	return problem.BadInput(problem.Fault{In: "path", Rule: "syntax", Message: message})
}
