package main

import (
	"bufio"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"fxcell.dev/integration/testenv/internal/local"
)

// person runs the verbs of a person, in a cache of the person's own.
type person struct{ binary, cache string }

// newPerson returns one who has the jars already.
func newPerson(t *testing.T, binary string) person {
	t.Helper()
	warm, complaints, _ := command(t, binary, nil, "--only=kafka", "--", "true")
	if err := warm.Run(); err != nil {
		t.Fatalf("%v\n%s", err, complaints)
	}
	cache, err := local.Cache()
	if err != nil {
		t.Fatal(err)
	}
	jars, err := filepath.Glob(filepath.Join(cache, "kafka-*"))
	if err != nil || len(jars) == 0 {
		t.Fatalf("the jars are not in %s: %v", cache, err)
	}
	_, _, own := command(t, binary, nil)
	for _, dir := range jars {
		if err := os.Symlink(dir, filepath.Join(own, filepath.Base(dir))); err != nil {
			t.Fatal(err)
		}
	}
	return person{binary, own}
}

// does runs a verb, and returns the variables that it prints.
func (p person) does(t *testing.T, verb string) (variables map[string]string, says string) {
	t.Helper()
	cmd, complaints, _ := command(t, p.binary, []string{"TESTENV_CACHE=" + p.cache}, verb)
	text, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s", verb, err, complaints)
	}
	variables = map[string]string{}
	for line := range strings.Lines(string(text)) {
		name, address, _ := strings.Cut(strings.TrimSpace(line), "=")
		variables[name] = address
	}
	return variables, complaints.String()
}

// tell sends Redis a command and returns the first line of its answer.
func tell(t *testing.T, address, command string) string {
	t.Helper()
	c, err := net.Dial("tcp", address) //nolint:noctx // of this machine
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	if _, err := fmt.Fprintf(c, "%s\r\n", command); err != nil {
		t.Fatal(err)
	}
	answer, err := bufio.NewReader(c).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(answer)
}

func TestServersOfAPersonKeepTheirData(t *testing.T) {
	t.Parallel()
	p := newPerson(t, build(t))
	t.Cleanup(func() {
		cmd := exec.Command(p.binary, "down") //nolint:gosec,noctx // built here, and the test's context is no more
		cmd.Env = append(os.Environ(), "TESTENV_CACHE="+p.cache)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("down: %v\n%s", err, out)
		}
	})
	first, _ := p.does(t, "up")
	for _, k := range kinds {
		if !listens(host(t, first[k.variable])) {
			t.Errorf("%s: nobody listens at %q after up", k.name, first[k.variable])
		}
	}
	if got := tell(t, first["TESTENV_REDIS_ADDR"], "SET place here"); got != "+OK" {
		t.Errorf("SET was answered %q", got)
	}
	again, says := p.does(t, "up")
	if fmt.Sprint(again) != fmt.Sprint(first) || strings.Count(says, "it runs already") != len(kinds) {
		t.Errorf("up again printed %q, %q, want the addresses as before", again, says)
	}
	_, says = p.does(t, "down")
	if strings.Count(says, "its data stays in "+p.cache) != len(kinds) {
		t.Errorf("down said %q", says)
	}
	for _, k := range kinds {
		if listens(host(t, first[k.variable])) {
			t.Errorf("%s: somebody listens at %s after down", k.name, first[k.variable])
		}
	}
	if _, says := p.does(t, "down"); strings.Count(says, "there is none to stop") != len(kinds) {
		t.Errorf("down again said %q", says)
	}
	// PostgreSQL has its password and Kafka its cluster of the first time, or their data would not open.
	second, _ := p.does(t, "up")
	before, _, _ := strings.Cut(first[variable], "@")
	if after, _, _ := strings.Cut(second[variable], "@"); after != before {
		t.Error("the password has changed")
	}
	if got := tell(t, second["TESTENV_REDIS_ADDR"], "STRLEN place"); got != ":4" {
		t.Errorf("what was set is answered %q, want what it was", got)
	}
}
