package canary

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"testing"
)

const childVariable = "FXCELL_CANARY_CHILD"

// output is what a child process left behind.
type output struct {
	code           int
	stdout, stderr string
}

// TestMain runs a program of the table below instead of the tests when the test binary was started by runChild.
func TestMain(m *testing.M) {
	if name, ok := os.LookupEnv(childVariable); ok {
		children[name]()
		return
	}
	m.Run()
}

// children are the programs whose end is the fact: each stands beside the test that starts it.
var children = map[string]func(){
	"overflow: value":              overflowByValue,
	"overflow: recovering":         overflowRecovering,
	"overflow: validating":         overflowValidating,
	"overflow: group":              overflowByGroup,
	"overflow: preflight looks on": preflightLooksOn,
	"overflow: preflight refuses":  preflightRefuses,
	"panic: in start":              panicInStart,
	"panic: in run":                panicInRun,
	"run: shutdown":                runShutdown,
	"run: exit code":               runExitCode,
	"run: failed stop":             runFailedStop,
	"run: failed new":              runFailedNew,
	"run: failed start":            runFailedStart,
	"run: late start":              runLateStart,
	"run: shutdown twice":          runShutdownTwice,
	"run: shutdown by an invoke":   runShutdownByInvoke,
}

func runChild(t *testing.T, name string) output {
	t.Helper()
	if children[name] == nil {
		t.Fatalf("no child program %q", name)
	}
	var stdout, stderr bytes.Buffer
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^$")
	cmd.Env = append(os.Environ(), childVariable+"="+name, "GOTRACEBACK=single")
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		t.Fatalf("child %q: %v", name, err)
	}
	return output{cmd.ProcessState.ExitCode(), stdout.String(), stderr.String()}
}
