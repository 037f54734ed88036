package inspect

import (
	"errors"
	"fmt"
	"path"
	"regexp"
	"strings"

	"go.uber.org/dig"
)

// Explain turns what fx.New returns into lines for people. An error of the app's own comes as it is, and says which constructor it came from unless it
// names itself. What Fx refuses is one line that says what to do; what is missing is the path to it, with the module to list.
func Explain(err error, hints Hints) []string {
	if err == nil {
		return nil
	}
	if dig.IsCycleDetected(err) {
		return []string{cycleLine(err.Error())}
	}
	chain := chainOf(err)
	cause := dig.RootCause(err)
	if _, refused := errors.AsType[dig.Error](cause); !refused {
		return ownLines(cause, chain)
	}
	switch bottom := chain[len(chain)-1]; {
	case strings.HasPrefix(bottom, "already provided by "):
		return []string{twiceLine(chain)}
	case reDecorated.MatchString(bottom):
		return []string{fmt.Sprintf("inspect: %s is decorated or replaced twice in one module%s: put one of both into a module of its own, or drop it",
			reDecorated.FindStringSubmatch(bottom)[1], placeOf(chain[0]))}
	case reFrom.MatchString(chain[0]):
		return []string{"inspect: " + bottom + placeOf(chain[0])}
	default:
		return pathLines(chain, hints)
	}
}

// chainOf returns the texts of an error and of those that it wraps, each without what it wraps.
func chainOf(err error) []string {
	var out []string
	for err != nil {
		next := errors.Unwrap(err)
		text := err.Error()
		if next != nil {
			text = strings.TrimSuffix(strings.TrimSuffix(text, next.Error()), ": ")
		}
		out = append(out, text)
		err = next
	}
	return out
}

// How dig and Fx write. Tests fall when they change it.
var (
	reFunction  = regexp.MustCompile(`"([^"]+)"\.(\S+) \(([^()]*:\d+)\)`)
	reDecorated = regexp.MustCompile(`^cannot decorate using function .*: (\S+) already decorated$`)
	reProvide   = regexp.MustCompile(`^cannot provide (\S+) from `)
	reFrom      = regexp.MustCompile(`^fx\.\w+\(.*\) from:\n(\S+)\n\t(\S+:\d+)`)
	reFrame     = regexp.MustCompile(`\n(\S+)\n\t(\S+:\d+)`)
	reNeeds     = regexp.MustCompile(`^failed to build (.*)$`)
	reGroup     = regexp.MustCompile(`^could not build value group (.*)\[group="(.*)"\]$`)
	reMissing   = regexp.MustCompile(`^missing types?: (.*)$`)
	reGuess     = regexp.MustCompile(` \(did you mean .*\?\)$`)
)

// functionOfText reads "import/path".Name (file:line).
func functionOfText(text string) (name, place string) {
	m := reFunction.FindStringSubmatch(text)
	if m == nil {
		return "", ""
	}
	return m[1] + "." + m[2], m[3]
}

func placeOf(wrapped string) string {
	if m := reFrom.FindStringSubmatch(wrapped); m != nil {
		return " at " + m[2]
	}
	return ""
}

// cycleLine tells a cycle that dig has found by its functions. dig tells of it once for each logger.
func cycleLine(text string) string {
	var names []string
	for _, m := range reFunction.FindAllStringSubmatch(text, -1) {
		names = append(names, m[1]+"."+m[2])
		if len(names) > 1 && names[0] == names[len(names)-1] {
			break
		}
	}
	return fmt.Sprintf("%v: %s", ErrCycle, strings.Join(names, " → "))
}

// ownLines are the lines of an error that the app itself has made.
func ownLines(cause error, chain []string) []string {
	lines := strings.Split(cause.Error(), "\n")
	for _, text := range chain {
		if !strings.HasPrefix(text, "received non-nil error from function ") {
			continue
		}
		name, _ := functionOfText(text)
		if word, _, _ := strings.Cut(lines[0], " "); !strings.Contains(name, strings.TrimSuffix(word, ":")) {
			lines[0] += " (from " + closure.ReplaceAllString(name, "") + ")"
		}
	}
	return lines
}

// twiceLine tells who provides a type that only one may.
func twiceLine(chain []string) string {
	typ, by, before := "a type", "", ""
	for _, text := range chain {
		if m := reProvide.FindStringSubmatch(text); m != nil {
			typ = m[1]
		}
		name, place := functionOfText(text)
		switch {
		case strings.HasPrefix(text, "cannot provide function "):
			by = name + " (" + path.Base(place) + ")"
		case strings.HasPrefix(text, "already provided by "):
			before = name + " (" + path.Base(place) + ")"
		}
	}
	if by != before && before != " (.)" {
		return fmt.Sprintf("inspect: %s is provided by %s and by %s: list one of their modules", typ, before, by)
	}
	name, _, _ := strings.Cut(by, " (")
	if lister := listerOf(chain[0]); closure.ReplaceAllString(name, "") != name && lister != "" {
		by = lister // a closure tells nothing
	}
	return fmt.Sprintf("inspect: %s is provided twice by %s: list its module once", typ, by)
}

// listerOf finds who listed a constructor, in the stack that Fx puts before its error: the first that is not of the core.
func listerOf(wrapped string) string {
	for _, m := range reFrame.FindAllStringSubmatch(wrapped, -1) {
		if function := m[1]; !strings.HasPrefix(function, "fxcell.dev/fxcell.") && !strings.HasPrefix(function, "fxcell.dev/fxcell/") {
			return strings.TrimSuffix(function, ".init") + " (" + path.Base(m[2]) + ")"
		}
	}
	return ""
}

// pathLines tells the way from an Invoke to what is missing.
func pathLines(chain []string, hints Hints) []string {
	var out []string
	depth := -1
	say := func(format string, args ...any) {
		out = append(out, strings.Repeat("  ", max(depth, 0))+fmt.Sprintf(format, args...))
	}
	for _, text := range chain {
		name, place := functionOfText(text)
		needs, group, missing := reNeeds.FindStringSubmatch(text), reGroup.FindStringSubmatch(text), reMissing.FindStringSubmatch(text)
		switch {
		case missing != nil:
			for typ := range strings.SplitSeq(missing[1], "; ") {
				typ = reGuess.ReplaceAllString(typ, "")
				say("  nothing provides %s", typ)
				if m := hints.Types[typ]; m != "" {
					say("  list %s", m)
				}
			}
		case needs != nil:
			say("  needs %s", needs[1])
		case group != nil:
			say("  reads the group %s of %s", group[2], group[1])
		case name != "":
			depth++
			say("%s", name)
			say("  at %s", place)
		default:
			say("  %s", text)
		}
	}
	return out
}
