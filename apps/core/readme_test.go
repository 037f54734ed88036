package main_test

import (
	"context"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// readmeCommands are the lines of the README that a person is meant to paste.
func readmeCommands(t *testing.T) []string {
	t.Helper()
	var out []string
	for _, b := range blocks(t, "README.md") {
		if b.lang == "sh" {
			out = append(out, strings.Split(strings.TrimSpace(b.text), "\n")...)
		}
	}
	return out
}

// ranElsewhere are commands that would run these tests, or stop the server of whoever runs them: what they do has a test of its own.
var ranElsewhere = []string{"make test", "make up", "make down"}

// Each command of the README does what it is there for: one that serves starts and stops in order, any other ends well.
func TestTheCommandsOfTheReadmeWork(t *testing.T) {
	t.Parallel()
	all := readmeCommands(t)
	if len(all) < 8 {
		t.Fatalf("the README shows only %q", all)
	}
	for _, command := range all {
		if slices.Contains(ranElsewhere, command) {
			continue
		}
		t.Run(command, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			cmd := exec.CommandContext(ctx, "bash", "-euc", command) //nolint:gosec // a line of our own page
			cmd.Dir = root
			cmd.Env = append(os.Environ(), "FXCELL_HTTPSERVER__PUBLIC__ADDR=127.0.0.1:0", "FXCELL_HTTPSERVER__OPS__ADDR=127.0.0.1:0")
			p := launch(t, cmd)
			if command == "make run" {
				p.waitFor("public ")
				if err := syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM); err != nil { // go run passes no signal on
					t.Fatal(err)
				}
				<-p.exited
				return
			}
			if code := p.exitCode(); code != 0 {
				stdout, stderr, _ := p.lines()
				t.Errorf("exit code %d\n%s\n%s", code, strings.Join(stdout, "\n"), strings.Join(stderr, "\n"))
			}
		})
	}
}
