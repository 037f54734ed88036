package main_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// What looks at the assembly needs nothing, starts nothing, and exits with 0 when all is well.
func TestTheAssemblyCanBeLookedAt(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		args []string
		want []string // lines
	}{
		{"doctor", []string{"--doctor"}, []string{"nothing looks wrong"}},
		{"modules", []string{"--modules"}, []string{
			"cells/config/configread       serves http.config.get.v1, http.config.list.v1", "modules/logsource             provides event.Source",
		}},
		{"graph", []string{"--graph", "-"}, []string{"flowchart LR", `  modules_auth -->|"auth.Sessions"| cells_access_sessionvalidate`}},
		{"constructors", []string{"--graph", "-", "--constructors"}, []string{`  modules_auth_auth_provideAuthenticator --> cells_access_sessionvalidate_sessionvalidate_provideSessions`}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			code, stdout, stderr := run(t, tt.args...)
			lines := strings.Split(stdout, "\n")
			for _, want := range tt.want {
				if !slices.Contains(lines, want) {
					t.Errorf("no line\n%s\nin\n%s", want, stdout)
				}
			}
			if code != 0 || stderr != "" {
				t.Errorf("exit code %d, stderr %s", code, stderr)
			}
		})
	}
}

// The effective configuration says for each value where it came from, whatever the app would say to it.
func TestPrintConfigTellsEachValueItsSource(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "my.yaml")
	if err := os.WriteFile(file, []byte("logging:\n  format: json\nhttpserver: {shutdown_timeout: 3s}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	code, stdout, stderr := run(t, "--print-config", "--config", file, "--set", "auth.skew=45s")
	var got []string
	for line := range strings.SplitSeq(stdout, "\n") {
		setting, from, _ := strings.Cut(line, "#")
		got = append(got, strings.TrimSpace(setting)+" #"+strings.ReplaceAll(from, file, "my.yaml"))
	}
	for _, want := range []string{
		"auth.issuer: fxcell # configs/core.yaml:12", "auth.skew: 45s # --set", "httpserver.shutdown_timeout: 3s # my.yaml:3",
		"logging.format: json # my.yaml:2", "access.token_ttl: 10m0s # default",
	} {
		if !slices.Contains(got, want) {
			t.Errorf("no %s in\n%s", want, strings.Join(got, "\n"))
		}
	}
	if !slices.IsSorted(got) || code != 0 || stderr != "" {
		t.Errorf("exit code %d, stderr %s, stdout\n%s", code, stderr, stdout)
	}

	code, stdout, stderr = run(t, "--print-config", "--set", "auth.scew=1s")
	if want := "core: modules/config: auth.scew is unknown (--set): did you mean auth.skew?"; code != 1 || stderr != want || !strings.Contains(stdout, "auth.skew: 30s") {
		t.Errorf("exit code %d, stderr %s, stdout\n%s", code, stderr, stdout)
	}
}

// The doctor looks at the settings too, at all of them at once.
func TestDoctorFindsSettingsThatCannotBe(t *testing.T) {
	t.Parallel()
	code, stdout, stderr := run(t, "--doctor", "--set", "auth.scew=1s", "--set", "httpserver.shutdown_timeout=soon")
	want := []string{
		"modules/config: auth.scew is unknown (--set): did you mean auth.skew?",
		"modules/config: httpserver.shutdown_timeout",
	}
	lines := strings.Split(stdout, "\n")
	if code != 1 || stderr != "" || len(lines) != len(want) {
		t.Fatalf("exit code %d, stderr %s, stdout\n%s", code, stderr, stdout)
	}
	for i, line := range lines {
		if !strings.HasPrefix(line, want[i]) {
			t.Errorf("line %d is %s, want %s", i+1, line, want[i])
		}
	}
}

// What the repository shows is what the program draws.
func TestGraphsOfTheDocumentationAreThoseOfTheProduct(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var files []string
	for assembly, name := range map[string]string{"demo": "core", "durable": "core-durable", "durable-kafka": "core-durable-kafka"} {
		mmd, dot := filepath.Join(dir, name+".mmd"), filepath.Join(dir, name+".dot")
		if code, _, stderr := run(t, "--assembly", assembly, "--graph", mmd, "--graph", dot); code != 0 {
			t.Fatalf("exit code %d, stderr %s", code, stderr)
		}
		files = append(files, mmd, dot)
	}
	for _, file := range files {
		got, err := os.ReadFile(file) //nolint:gosec // ours
		if err != nil {
			t.Fatal(err)
		}
		kept := readPage(t, "docs/graph/"+filepath.Base(file))
		if diff := cmp.Diff(kept, string(got)); diff != "" {
			t.Errorf("docs/graph/%s is not up to date: run make graph (-kept +drawn):\n%s", filepath.Base(file), diff)
		}
	}
	for _, b := range blocks(t, "docs/README.md") {
		if b.lang == "mermaid" {
			if diff := cmp.Diff(readPage(t, "docs/graph/core.mmd"), b.text); diff != "" {
				t.Errorf("docs/README.md is not up to date: run make graph (-file +page):\n%s", diff)
			}
			return
		}
	}
	t.Error("docs/README.md shows no graph")
}
