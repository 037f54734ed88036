package main_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// noPorts are the folders of fxcell/ that are no port: what is there has its own documentation.
var noPorts = []string{"contract", "fxcelltest", "governance", "inspect", "internal", "level", "metadata", "testdata"}

// ports are the folders of fxcell/ that are one.
func ports(t *testing.T) []string {
	t.Helper()
	entries, err := os.ReadDir(filepath.Join(root, "fxcell"))
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, e := range entries {
		if e.IsDir() && !slices.Contains(noPorts, e.Name()) {
			out = append(out, e.Name())
		}
	}
	return out
}

func portPages(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(root, "docs/ports/*.md"))
	if err != nil {
		t.Fatal(err)
	}
	pages := make([]string, 0, len(files))
	for _, f := range files {
		pages = append(pages, "docs/ports/"+filepath.Base(f))
	}
	return pages
}

func TestEveryPortHasAPage(t *testing.T) {
	t.Parallel()
	want := make([]string, 0, len(ports(t)))
	index := readPage(t, "docs/README.md")
	for _, port := range ports(t) {
		page := "docs/ports/" + port + ".md"
		want = append(want, page)
		if !strings.Contains(index, "(ports/"+port+".md)") {
			t.Errorf("docs/README.md does not list %s", page)
		}
	}
	if got := portPages(t); !slices.Equal(got, want) {
		t.Fatalf("pages\n%s\nwant one for each package under fxcell/ that is a port\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	for i, port := range ports(t) {
		text := readPage(t, want[i])
		headings := []string{`^# ` + port + `: `, `\n## What (it|the ports) promises?\n`, `\n## (Implementing it|Using it|An adapter's module)\n`}
		if _, err := os.Stat(filepath.Join(root, "fxcell", port, port+"test")); err == nil {
			headings = append(headings, "`fxcell/"+port+"/"+port+"test`")
		}
		for _, pattern := range headings {
			if !regexp.MustCompile(pattern).MatchString(text) {
				t.Errorf("%s has no %s", want[i], pattern)
			}
		}
	}
}

// The Go files of the pages are one module beside this one: they compile, and their tests pass.
func TestTheFilesOfThePagesCompileAndPass(t *testing.T) {
	t.Parallel()
	dir := outside(t, "example.com/adapters")
	for _, page := range portPages(t) {
		files := 0
		for _, b := range blocks(t, page) {
			if b.lang != "go" || !b.isFile() {
				t.Errorf("%s:%d: not a Go file with its path", page, b.line)
				continue
			}
			writeBlock(t, page, dir, b)
			files++
		}
		if files == 0 {
			t.Errorf("%s has no example", page)
		}
	}
	cmd := exec.CommandContext(t.Context(), "go", "test", "-vet=all", "./...")
	cmd.Dir, cmd.Env = dir, append(os.Environ(), "GOWORK=off", "GOFLAGS=-mod=mod", "GOPROXY=off")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if strings.Contains(string(out), "[no test files]") {
		t.Errorf("an example has no test\n%s", out)
	}
}

// outside makes a module with the dependencies of this one, which it takes from here.
func outside(t *testing.T, name string) string {
	t.Helper()
	top, err := filepath.Abs(root)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	own := strings.Replace(readPage(t, "go.mod"), "module fxcell.dev\n", "module "+name+"\n\nrequire fxcell.dev v0.0.0\n\nreplace fxcell.dev => "+top+"\n", 1)
	for file, text := range map[string]string{"go.mod": own, "go.sum": readPage(t, "go.sum")} {
		if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

var (
	codePattern    = regexp.MustCompile("(?ms)^```.*?^```$|`[^`\n]+`")
	linkPattern    = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	headingPattern = regexp.MustCompile(`(?m)^#+ (.*)$`)
)

// A link within the tree leads to a file that is there, and to a heading that the page has.
func TestLinksLeadSomewhere(t *testing.T) {
	t.Parallel()
	pages := slices.Concat([]string{"README.md", "CONTRIBUTING.md", "docs/README.md", "docs/durable.md", "docs/choosing.md", "docs/performance.md", guide}, portPages(t))
	for _, page := range pages {
		for _, m := range linkPattern.FindAllStringSubmatch(codePattern.ReplaceAllString(readPage(t, page), ""), -1) {
			if strings.Contains(m[1], "://") {
				continue
			}
			file, heading, _ := strings.Cut(m[1], "#")
			target := page
			if file != "" {
				target = filepath.ToSlash(filepath.Join(filepath.Dir(page), file))
			}
			if _, err := os.Stat(filepath.Join(root, target)); err != nil {
				t.Errorf("%s links to %s, which is not there", page, m[1])
			} else if heading != "" && !slices.Contains(anchors(t, target), heading) {
				t.Errorf("%s links to %s, which has no such heading", page, m[1])
			}
		}
	}
}

// anchors returns the names under which the headings of a page can be linked to.
func anchors(t *testing.T, page string) []string {
	t.Helper()
	var out []string
	for _, m := range headingPattern.FindAllStringSubmatch(readPage(t, page), -1) {
		kept := strings.Map(func(r rune) rune {
			if r == ' ' || r == '-' || r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
				return r
			}
			return -1
		}, strings.ToLower(m[1]))
		out = append(out, strings.ReplaceAll(kept, " ", "-"))
	}
	return out
}
