// Package process runs a server: for a command, with which it ends whatever happens, or for a person, until the person stops it.
package process

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Spec says what is run in a folder of the server's own, which is where it works.
type Spec struct {
	// Args are the program and its arguments.
	Args []string
	// Address is where the server will listen.
	Address string
}

// Ask returns nil when the server of that folder and that process answers at the address, and not somebody else.
type Ask func(ctx context.Context, dir, address string, pid int) error

// place is where a server runs.
type place struct {
	dir, address string
	pid          int
}

const (
	patience = 2 * time.Minute       // for a server that starts or stops, on a machine that has much to do
	pace     = 20 * time.Millisecond // of looking
	question = 5 * time.Second       // for one answer
)

// ErrPort is the cause of a start that failed because somebody else has taken the port.
var ErrPort = errors.New("the port is taken")

var (
	errEnded = errors.New("it ended")
	errSlow  = errors.New("it does not answer")
)

// await returns when the server answers.
func (a Ask) await(ctx context.Context, p place, ended func() bool) error {
	ctx, cancel := context.WithTimeoutCause(ctx, patience, errSlow)
	defer cancel()
	tick := time.NewTicker(pace)
	defer tick.Stop()
	for {
		err := a.once(ctx, p)
		if err == nil {
			return nil
		}
		if ended() {
			return broken(p.dir, errEnded)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return broken(p.dir, fmt.Errorf("%w: %w", context.Cause(ctx), err))
		}
	}
}

func (a Ask) once(ctx context.Context, p place) error {
	ctx, cancel := context.WithTimeout(ctx, question)
	defer cancel()
	return a(ctx, p.dir, p.address, p.pid)
}

// excerpt is how many lines of a log an error shows.
const excerpt = 20

// broken is the cause with the end of the server's log.
func broken(dir string, cause error) error {
	text, err := os.ReadFile(filepath.Join(dir, logFile)) //nolint:gosec // of a folder of ours
	if err != nil {
		return errors.Join(cause, err)
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	log := strings.Join(lines[max(0, len(lines)-excerpt):], "\n")
	if strings.Contains(string(text), "ddress already in use") {
		cause = ErrPort
	}
	return fmt.Errorf("%w\n%s", cause, log)
}

// logFile is where a server writes, in its folder.
const logFile = "server.log"
