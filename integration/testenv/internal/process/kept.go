package process

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// The files in the folder of a person's server: its address, its process, and the lock that the process holds for as long as it lives.
const (
	addressFile = "address"
	pidFile     = "pid"
	lockFile    = "lock"
)

// Up starts a server in a folder that stays, and returns when it answers: its address, and whether it ran already. Furnish writes into the folder what
// the server is started by.
func Up(ctx context.Context, dir string, ask Ask, furnish func() (Spec, error)) (address string, already bool, err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", false, err
	}
	lock, err := hold(dir)
	if err != nil {
		return "", false, err
	}
	if lock == nil {
		address, err := found(ctx, dir, ask)
		return address, true, err
	}
	defer func() { _ = lock.Close() }()
	spec, err := furnish()
	if err != nil {
		return "", false, err
	}
	return spec.Address, false, launch(ctx, dir, ask, spec, lock)
}

// found returns the address of the server that runs in the folder, once it answers: whoever has started it may have done so just now.
func found(ctx context.Context, dir string, ask Ask) (string, error) {
	address, err1 := os.ReadFile(filepath.Join(dir, addressFile)) //nolint:gosec // of a folder of ours
	pid, err2 := number(dir)
	if err := errors.Join(err1, err2); err != nil {
		return "", fmt.Errorf("another one starts in %s at this moment: %w", dir, err)
	}
	return string(address), ask.await(ctx, place{dir, string(address), pid}, func() bool { return false })
}

func launch(ctx context.Context, dir string, ask Ask, spec Spec, lock *os.File) error {
	log, err := os.Create(filepath.Join(dir, logFile)) //nolint:gosec // of a folder of ours
	if err != nil {
		return err
	}
	defer func() { _ = log.Close() }()
	c := exec.Command(spec.Args[0], spec.Args[1:]...) //nolint:gosec,noctx // it outlives every context
	c.Dir, c.Stdout, c.Stderr = dir, log, log
	c.ExtraFiles = []*os.File{lock}
	c.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := c.Start(); err != nil {
		return err
	}
	ended := make(chan struct{})
	go func() { defer close(ended); _ = c.Wait() }()
	err = errors.Join(
		os.WriteFile(filepath.Join(dir, addressFile), []byte(spec.Address), 0o600),
		os.WriteFile(filepath.Join(dir, pidFile), []byte(strconv.Itoa(c.Process.Pid)), 0o600),
	)
	if err == nil {
		err = ask.await(ctx, place{dir, spec.Address, c.Process.Pid}, func() bool {
			select {
			case <-ended:
				return true
			default:
				return false
			}
		})
	}
	if err != nil {
		_ = c.Process.Kill() // usually it has ended
		<-ended
	}
	return err
}

// Down stops what Up has started in the folder, and reports whether there was something.
func Down(dir string) (bool, error) { return down(dir, patience/4) }

// down waits that long for a server to end by itself.
func down(dir string, wait time.Duration) (bool, error) {
	if _, err := os.Stat(dir); err != nil {
		return false, nil //nolint:nilerr // nothing was ever started
	}
	lock, err := hold(dir)
	if err != nil {
		return false, err
	}
	if lock != nil {
		return false, lock.Close()
	}
	pid, err := number(dir)
	if err != nil {
		return false, err
	}
	for _, signal := range []syscall.Signal{syscall.SIGTERM, syscall.SIGKILL} {
		if err := syscall.Kill(pid, signal); err != nil && !errors.Is(err, syscall.ESRCH) {
			return false, err
		}
		if gone(dir, wait) {
			return true, nil
		}
	}
	return false, fmt.Errorf("process %d: %w", pid, errStuck)
}

// gone waits a while until nobody holds the folder, and reports whether that came in time.
func gone(dir string, wait time.Duration) bool {
	tick := time.NewTicker(pace)
	defer tick.Stop()
	for late := time.After(wait); ; {
		if lock, err := hold(dir); err == nil && lock != nil {
			return lock.Close() == nil
		}
		select {
		case <-tick.C:
		case <-late:
			return false
		}
	}
}

// hold returns the folder's lock, nil when a server has it.
func hold(dir string) (*os.File, error) {
	f, err := os.OpenFile(filepath.Join(dir, lockFile), os.O_RDWR|os.O_CREATE, 0o600) //nolint:gosec // of a folder of ours
	if err != nil {
		return nil, err
	}
	err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if err == nil {
		return f, nil
	}
	if errors.Is(err, syscall.EWOULDBLOCK) {
		err = nil
	}
	return nil, errors.Join(err, f.Close())
}

func number(dir string) (int, error) {
	text, err := os.ReadFile(filepath.Join(dir, pidFile)) //nolint:gosec // of a folder of ours
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(strings.TrimSpace(string(text)))
}
