package model

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

const needs = "Spin and a C compiler: apt-get install spin gcc, dnf install spin gcc, or https://spinroot.com"

// tools makes sure that a search can run. Where servers were started for the tests they must be there, and root fetches them; elsewhere the test is
// skipped without them.
func tools(t *testing.T) {
	t.Helper()
	if found() {
		return
	}
	if os.Getenv("TESTENV") == "" {
		t.Skip("model: this test needs " + needs)
	}
	if err := fetch(t.Context()); err != nil || !found() {
		t.Fatalf("model: this test needs %s (%v)", needs, err)
	}
}

func found() bool {
	_, spin := exec.LookPath("spin")
	_, compiler := exec.LookPath("gcc")
	return spin == nil && compiler == nil
}

// fetch installs the tools. Tests that do so at the same time wait for each other.
func fetch(ctx context.Context) error {
	if os.Getuid() != 0 {
		return errors.New("not root, so nothing was installed")
	}
	const install = "apt-get -o DPkg::Lock::Timeout=120 install -qy spin gcc libc6-dev"
	c := exec.CommandContext(ctx, "sh", "-c", install+" || { apt-get update -q && "+install+"; }")
	c.Env = append(os.Environ(), "DEBIAN_FRONTEND=noninteractive")
	if out, err := c.CombinedOutput(); err != nil {
		return fmt.Errorf("%w\n%s", err, out)
	}
	return nil
}

// how is the compiler's and the searcher's part of a search.
func (s search) how() (compile, run []string) {
	switch s {
	case broad:
		return []string{"-O0", "-DSAFETY", "-DCOLLAPSE", "-DBFS"}, []string{"-m1000000", "-w20"}
	case fairly:
		return []string{"-O0", "-DCOLLAPSE", "-DNFAIR=3"}, []string{"-a", "-f", "-m1000000", "-w18"}
	default:
		return []string{"-O1", "-DSAFETY", "-DCOLLAPSE"}, []string{"-m1000000", "-w20"}
	}
}

// do searches a case in a folder and returns what was found, and the searcher's words.
func do(ctx context.Context, dir string, c one) (verdict, string, error) {
	model, err := filepath.Abs("outbox.pml")
	if err != nil {
		return "", "", err
	}
	call := func(name string, args ...string) (string, error) {
		c := exec.CommandContext(ctx, name, args...)
		c.Dir = dir
		out, err := c.CombinedOutput()
		if err != nil {
			return "", fmt.Errorf("%s: %w\n%s", name, err, out)
		}
		return string(out), nil
	}
	compile, run := c.search.how()
	if _, err := call("spin", append(strings.Fields(c.flags), "-a", model)...); err != nil {
		return "", "", err
	}
	if _, err := call("gcc", append(compile, "-w", "-DMEMLIM=7900", "-o", "pan", "pan.c")...); err != nil {
		return "", "", err
	}
	out, err := call("./pan", run...)
	if err != nil {
		return "", "", err
	}
	return read(out), out, nil
}

// fault is how the searcher names what it found.
var fault = regexp.MustCompile(`assertion violated \(?(S[1-5]|L)\b|(acceptance cycle)`)

// read returns the verdict in a searcher's words. A search that was cut short has none.
func read(out string) verdict {
	if m := fault.FindStringSubmatch(out); m != nil {
		return verdict(m[1] + m[2])
	}
	if strings.Contains(out, "errors: 0") && !strings.Contains(out, "Search not completed") && !strings.Contains(out, "search depth too small") {
		return holds
	}
	return "no verdict"
}

// trace writes the steps of the counterexample that a search left in dir.
func trace(ctx context.Context, dir, flags, to string) error {
	trails, err := filepath.Glob(filepath.Join(dir, "*.trail"))
	if err != nil || len(trails) == 0 {
		return err
	}
	model, err := filepath.Abs("outbox.pml")
	if err != nil {
		return err
	}
	out, err := exec.CommandContext(ctx, "spin", append(strings.Fields(flags), "-k", trails[0], "-t", "-p", "-g", model)...).CombinedOutput()
	if err != nil && len(out) == 0 {
		return err
	}
	return os.WriteFile(to, out, 0o600)
}
