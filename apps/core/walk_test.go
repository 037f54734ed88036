package main_test

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"
)

// commands returns the lines that the product prints for a person to paste.
func commands(stdout []string) []string {
	var out []string
	for _, line := range stdout {
		if command, ok := strings.CutPrefix(line, "  "); ok {
			out = append(out, command)
		}
	}
	return out
}

// shell runs lines as a person would who pastes them, and returns what they print.
func shell(t *testing.T, lines ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	out, err := exec.CommandContext(ctx, "bash", "-eu", "-o", "pipefail", "-c", strings.Join(lines, "\n")).CombinedOutput() //nolint:gosec // lines of our own product
	if err != nil {
		t.Fatalf("%v\n%s\n%s", err, strings.Join(lines, "\n"), out)
	}
	return string(out)
}

type entry struct {
	Seq       int64  `json:"seq"`
	EventType string `json:"eventType"`
	ActorID   string `json:"actorId"`
	Target    string `json:"target"`
}

func trail(t *testing.T, answer string) []entry {
	t.Helper()
	var page struct{ Data []entry }
	if err := json.Unmarshal([]byte(answer), &page); err != nil {
		t.Fatalf("%v in %s", err, answer)
	}
	return page.Data
}

// The printed lines, pasted as they are, set the product up, change and publish a setting, and read the verified trail of all of it.
func TestThePrintedLinesDoTheMainJob(t *testing.T) {
	t.Parallel()
	p := start(t, onFreePorts()...)
	p.ready()
	stdout, _, _ := p.lines()
	lines := commands(stdout)
	if len(lines) != 6 {
		t.Fatalf("want setup, login, create, publish, trail and integrity, got\n%s", strings.Join(stdout, "\n"))
	}
	login, readTrail, verify := lines[1], lines[4], lines[5]
	answers := strings.Split(strings.TrimSpace(shell(t, lines...)), "\n") // the login line prints nothing
	if len(answers) != 5 {
		t.Fatalf("answers\n%s", strings.Join(answers, "\n"))
	}
	admin := field(t, answers[0], "id")
	for i, want := range []string{`"username":"admin"`, `"version":1`, `"revision":1`} {
		if !strings.Contains(answers[i], want) {
			t.Errorf("answer %d is %s, want %s", i+1, answers[i], want)
		}
	}

	want := []string{"event.user.created.v1", "event.session.created.v1", "event.config.changed.v1", "event.config.changed.v1"}
	deadline := time.Now().Add(patience)
	var got []entry
	for { // the trail follows the events a moment later
		got = trail(t, shell(t, login, readTrail))
		types := map[string]int{}
		for _, e := range got {
			types[e.EventType]++
		}
		if types[want[0]] == 1 && types[want[1]] >= 1 && types[want[2]] == 2 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("the trail is %+v, want %v in it", got, want)
		}
	}
	for _, e := range got {
		if slices.Contains(want, e.EventType) && e.ActorID != admin {
			t.Errorf("actor of entry %d (%s) is %q, want the administrator %q", e.Seq, e.EventType, e.ActorID, admin)
		}
	}
	if answer := shell(t, login, verify); !strings.Contains(answer, `"valid":true`) {
		t.Errorf("integrity answers %s", answer)
	}
}

// What the README shows of a start is what a start prints.
func TestTheReadmeShowsWhatAStartPrints(t *testing.T) {
	t.Parallel()
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	p := start(t, onFreePorts()...)
	p.ready()
	stdout, _, _ := p.lines()
	for _, line := range stdout[:2] {
		if !strings.Contains(string(readme), "\n"+line+"\n") {
			t.Errorf("the README does not show the line %q", line)
		}
	}
}

// field returns a member of the object under data.
func field(t *testing.T, answer, name string) string {
	t.Helper()
	var res struct{ Data map[string]any }
	if err := json.Unmarshal([]byte(answer), &res); err != nil {
		t.Fatalf("%v in %s", err, answer)
	}
	value, _ := res.Data[name].(string)
	return value
}
