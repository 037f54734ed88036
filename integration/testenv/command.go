package main

import (
	"errors"
	"os"
	"os/exec"
	"syscall"
	"time"
)

// graceful is how long a command may take to end after a signal.
const graceful = 10 * time.Second

// run runs a command in a process group of its own, hands it the signals that this process gets, and returns its exit code, as a shell does. Nothing
// of the group outlives it.
func run(args, env []string, signals <-chan os.Signal) (int, error) {
	c := exec.Command(args[0], args[1:]...) //nolint:gosec,noctx // it is what the caller asked for, and ends by signals
	c.Stdin, c.Stdout, c.Stderr = os.Stdin, os.Stdout, os.Stderr
	c.Env = env
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := c.Start(); err != nil {
		return 0, err
	}
	group := -c.Process.Pid
	ended := make(chan error, 1)
	go func() { ended <- c.Wait() }()
	var late <-chan time.Time
	for {
		select {
		case err := <-ended:
			_ = syscall.Kill(group, syscall.SIGKILL) // usually there is nobody left
			return exitCode(err)
		case s := <-signals:
			number, ok := s.(syscall.Signal)
			if !ok || late != nil {
				number = syscall.SIGKILL // the second one means it
			}
			_ = syscall.Kill(group, number)
			late = time.After(graceful)
		case <-late:
			_ = syscall.Kill(group, syscall.SIGKILL)
			late = nil
		}
	}
}

func exitCode(err error) (int, error) {
	exit, ok := errors.AsType[*exec.ExitError](err)
	if !ok {
		return 0, err
	}
	if status, ok := exit.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return 128 + int(status.Signal()), nil
	}
	return exit.ExitCode(), nil
}
