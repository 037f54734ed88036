package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"
)

// A process with these variables reads for the one that started it: a line "ready", then one for each event that it handles, until its standard input
// ends.
const (
	childVariable    = "BENCH_READS_BY"
	databaseVariable = "BENCH_READS_FROM"
)

// readForParent is what the other process does.
func readForParent(ctx context.Context, _ []string, out io.Writer) error {
	l := newLane(os.Getenv(childVariable))
	if l == nil {
		return errors.New("bench: " + childVariable + " names no lane")
	}
	if err := l.open(ctx, os.Getenv(databaseVariable)); err != nil {
		return err
	}
	var mu sync.Mutex
	stop, err := l.read(ctx, func(i item) {
		at := time.Now().UnixNano()
		mu.Lock()
		defer mu.Unlock()
		_, _ = fmt.Fprintln(out, i.seq, i.key, at) // a parent that is gone wants no answer
	})
	if err != nil {
		return errors.Join(err, l.close())
	}
	mu.Lock()
	_, err = fmt.Fprintln(out, "ready")
	mu.Unlock()
	if err == nil {
		_, err = io.Copy(io.Discard, os.Stdin)
	}
	return errors.Join(err, stop(), l.close())
}

// readAcross reads a lane's database in another process, and tells the tracker what is handled there. stop ends that process.
func readAcross(ctx context.Context, name, dsn string, t *tracker) (stop func() error, err error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	c := exec.CommandContext(ctx, self) //nolint:gosec // it is this program
	c.Env = append(os.Environ(), childVariable+"="+name, databaseVariable+"="+dsn)
	c.Stderr = os.Stderr
	in, err := c.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := c.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := c.Start(); err != nil {
		return nil, err
	}
	ready, ended := make(chan struct{}), make(chan error, 1)
	go func() { ended <- listen(out, ready, t) }()
	stop = func() error { return errors.Join(in.Close(), <-ended, c.Wait()) }
	select {
	case <-ready:
		return stop, nil
	case err := <-ended:
		return nil, errors.Join(errors.New("bench: the process that reads ended early"), err, in.Close(), c.Wait())
	}
}

// listen takes what the other process says.
func listen(out io.Reader, ready chan<- struct{}, t *tracker) error {
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if lines.Text() == "ready" {
			close(ready)
			continue
		}
		var i item
		var at int64
		if _, err := fmt.Fscan(strings.NewReader(lines.Text()), &i.seq, &i.key, &at); err != nil {
			return fmt.Errorf("bench: the process that reads said %q: %w", lines.Text(), err)
		}
		t.handleAt(i, time.Unix(0, at))
	}
	return lines.Err()
}
