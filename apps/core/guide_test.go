package main_test

import (
	"context"
	"errors"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"fxcell.dev/fxcell/metadata"
)

const guide = "docs/first-cell.md"

// walker follows a guide in an empty folder, as a person would.
type walker struct {
	t      *testing.T
	dir    string
	server *process
	urls   *strings.Replacer // from the addresses that the guide shows to those of this run
	shown  *strings.Replacer // and back
}

// The guide, followed in an empty folder: every file of it written, every command run, in order, and what they print held against what it shows.
func TestTheGuideToAFirstCell(t *testing.T) {
	t.Parallel()
	began := time.Now()
	w := &walker{t: t, dir: t.TempDir(), urls: strings.NewReplacer(), shown: strings.NewReplacer()}
	all := blocks(t, guide)
	for i, b := range all {
		shows := block{text: "…\n"}
		if i+1 < len(all) && all[i+1].lang == "text" {
			shows = all[i+1]
		}
		switch {
		case b.isFile():
			writeBlock(t, guide, w.dir, b)
		case b.lang == "sh":
			w.run(b, shows)
		case b.lang != "text" || i == 0 || all[i-1].lang != "sh":
			t.Fatalf("%s:%d: neither a file nor a command nor what a command prints", guide, b.line)
		}
	}
	w.declares("guestbook", []string{"entrycount", "entrysign"},
		[]string{"event.guestbook.signed.v1", "http.guestbook.count.v1", "http.guestbook.sign.v1"})
	w.end()
	t.Logf("the guide took %s, without reading it", time.Since(began).Round(time.Millisecond))
}

// run does with a command what the word behind sh says.
func (w *walker) run(b, shows block) {
	w.t.Helper()
	switch b.arg {
	case "":
		w.prints(b, shows, 0)
	case "fails":
		w.prints(b, shows, 1)
	case "until": // what it asks for comes a moment after what was done before
		deadline := time.Now().Add(patience)
		for {
			out, _ := w.output(w.dir, b)
			if shows.shows(out) {
				return
			}
			if time.Now().After(deadline) {
				w.t.Fatalf("%s:%d prints\n%s\nwant\n%s", guide, b.line, out, shows.text)
			}
		}
	case "all":
		w.writesEveryFile(b)
	case "server":
		w.serve(b, shows)
	default:
		w.t.Fatalf("%s:%d: what is sh %s?", guide, b.line, b.arg)
	}
}

func (w *walker) prints(b, shows block, code int) {
	w.t.Helper()
	out, got := w.output(w.dir, b)
	if got != code {
		w.t.Fatalf("%s:%d: exit code %d, want %d\n%s", guide, b.line, got, code, out)
	}
	if !shows.shows(out) {
		w.t.Errorf("%s:%d prints\n%s\nwant\n%s", guide, b.line, out, shows.text)
	}
}

// command runs a block's lines in a folder, on free ports.
func (w *walker) command(ctx context.Context, dir string, b block) *exec.Cmd {
	w.t.Helper()
	top, err := filepath.Abs(root)
	if err != nil {
		w.t.Fatal(err)
	}
	cmd := exec.CommandContext(ctx, "bash", "-eu", "-o", "pipefail", "-c", w.urls.Replace(b.text)) //nolint:gosec // lines of our own page
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "FXCELL="+top, "GOWORK=off",
		"FXCELL_HTTPSERVER__PUBLIC__ADDR=127.0.0.1:0", "FXCELL_HTTPSERVER__OPS__ADDR=127.0.0.1:0")
	return cmd
}

// output returns what a block prints, with the addresses that the guide shows, and its exit code.
func (w *walker) output(dir string, b block) (string, int) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), patience)
	defer cancel()
	out, err := w.command(ctx, dir, b).CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		w.t.Fatalf("%s:%d: %v\n%s", guide, b.line, err, out)
	}
	if exit != nil {
		return w.shown.Replace(string(out)), exit.ExitCode()
	}
	return w.shown.Replace(string(out)), 0
}

// serve starts a block that goes on running, and learns where it listens.
func (w *walker) serve(b, shows block) {
	w.t.Helper()
	w.server = launch(w.t, w.command(w.t.Context(), w.dir, b))
	w.server.waitFor("ops  ")
	stdout, _, _ := w.server.lines()
	var there, here []string
	for _, line := range stdout {
		for name, port := range map[string]string{"public ": "127.0.0.1:8080", "ops ": "127.0.0.1:8081"} {
			if url, ok := strings.CutPrefix(line, name); ok {
				address := strings.TrimPrefix(strings.TrimSpace(url), "http://")
				there, here = append(there, port, address), append(here, address, port)
			}
		}
	}
	w.urls, w.shown = strings.NewReplacer(there...), strings.NewReplacer(here...)
	if got := w.shown.Replace(strings.Join(stdout, "\n")); !shows.shows(got) {
		w.t.Errorf("%s:%d prints\n%s\nwant\n%s", guide, b.line, got, shows.text)
	}
}

// writesEveryFile holds what a command writes into an empty folder against the files of the guide.
func (w *walker) writesEveryFile(b block) {
	w.t.Helper()
	dir := w.t.TempDir()
	if out, code := w.output(dir, b); code != 0 || out != "" {
		w.t.Fatalf("%s:%d: exit code %d\n%s", guide, b.line, code, out)
	}
	want := map[string]string{}
	for _, b := range blocks(w.t, guide) {
		if b.isFile() {
			want[b.arg] = b.text
		}
	}
	got := map[string]string{}
	err := fs.WalkDir(os.DirFS(dir), ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(filepath.Join(dir, path)) //nolint:gosec // our own folder
		got[path] = string(text)
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		w.t.Errorf("%s:%d: the files of the page (-) and those that were written (+) differ\n%s", guide, b.line, diff)
	}
}

// declares fails unless the YAML files are right, and declare one cell with these slices and contracts.
func (w *walker) declares(cell string, wantSlices, wantContracts []string) {
	w.t.Helper()
	project, err := metadata.Load(os.DirFS(w.dir), ".")
	if err != nil {
		w.t.Fatal(err)
	}
	if _, ok := project.Cell(cell); !ok || len(project.Cells) != 1 {
		w.t.Errorf("cells %+v, want %s alone", project.Cells, cell)
	}
	inSlices, inContracts := map[string]bool{}, map[string]bool{}
	for _, s := range project.Slices {
		inSlices[s.ID] = true
	}
	for _, c := range project.Contracts {
		inContracts[c.ID] = true
	}
	if got := slices.Sorted(maps.Keys(inSlices)); !slices.Equal(got, wantSlices) {
		w.t.Errorf("slices %v, want %v", got, wantSlices)
	}
	if got := slices.Sorted(maps.Keys(inContracts)); !slices.Equal(got, wantContracts) {
		w.t.Errorf("contracts %v, want %v", got, wantContracts)
	}
}

// end ends the server as Ctrl-C would.
func (w *walker) end() {
	w.t.Helper()
	if w.server == nil {
		w.t.Fatalf("%s runs nothing", guide)
	}
	if err := syscall.Kill(-w.server.cmd.Process.Pid, syscall.SIGINT); err != nil {
		w.t.Fatal(err)
	}
	w.server.exitCode() // that of go run, which is 1 after a signal; it tells how the app ended when that was not in order
	if _, stderr, _ := w.server.lines(); slices.ContainsFunc(stderr, func(line string) bool {
		return strings.HasPrefix(line, "exit status") || strings.HasPrefix(line, "signal:")
	}) {
		w.t.Errorf("Ctrl-C did not end it in order\n%s", strings.Join(stderr, "\n"))
	}
}
