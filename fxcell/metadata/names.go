package metadata

import (
	"path"
	"path/filepath"
	"regexp"
	"strings"

	"fxcell.dev/fxcell/level"
	"fxcell.dev/fxcell/metadata/internal/strict"
)

const (
	wantID       = "an id: lower-case letters, digits and hyphens, a letter first"
	wantContract = "a contract id: a kind, one or more words, a version, as in http.config.write.v1"
	wantSchema   = "a file in the contract's folder, as in request.schema.json"
	wantLevel    = "one of L0, L1, L2, L3, L4"
)

var (
	idPattern       = regexp.MustCompile(`^[a-z][a-z0-9-]*$`)
	contractPattern = regexp.MustCompile(`^(http|event|command|projection)(\.[a-z][a-z0-9-]*)+\.v[1-9][0-9]*$`)
	filePattern     = regexp.MustCompile(`^[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)*$`)
)

func readID(v strict.Value) string { return v.Like(idPattern.MatchString, wantID) }

func readContractID(v strict.Value) string {
	return v.Like(contractPattern.MatchString, wantContract)
}

func readText(v strict.Value) string { return v.Text() }

func readLevel(v strict.Value) level.Level {
	text := v.Like(func(s string) bool { _, err := level.Parse(s); return err == nil }, wantLevel)
	l, err := level.Parse(text)
	if err != nil {
		return level.Unset
	}
	return l
}

// isInside reports whether a reference is a plain path to a file at or below the folder it stands in.
func isInside(ref string) bool {
	return filePattern.MatchString(ref) && path.Clean(ref) == ref && ref != "." && !strings.HasPrefix(ref, "..")
}

// isRelative is isInside for references that may start upwards, to files that contracts share.
func isRelative(ref string) bool {
	for strings.HasPrefix(ref, "../") {
		ref = strings.TrimPrefix(ref, "../")
	}
	return isInside(ref)
}

// folders returns the names of the folders that a file lies in, the innermost last; nothing for a bare file name, which
// says nothing about where it lies.
func folders(file string) []string {
	dir := path.Dir(filepath.ToSlash(file))
	if dir == "." {
		return nil
	}
	return strings.Split(strings.Trim(dir, "/"), "/")
}

// checkFolder faults an id that is not the name of the folder `up` levels above the file.
func checkFolder(v strict.Value, id, file string, up int) {
	names := folders(file)
	if id == "" || len(names) <= up {
		return
	}
	if got := names[len(names)-1-up]; got != id {
		v.Failf("%q is not the name of its folder, %s", id, got)
	}
}
