package worker_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	port "fxcell.dev/fxcell/worker"
	"fxcell.dev/modules/worker"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var errDown = errors.New("the supplier is down")

// waits ends with its context, as a worker should.
func waits(ctx context.Context) error {
	<-ctx.Done()
	return ctx.Err()
}

func fails(context.Context) error { return errDown }

// lasts runs for d and then fails.
func lasts(d time.Duration) func(context.Context) error {
	return func(ctx context.Context) error {
		select {
		case <-time.After(d):
			return errDown
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// script is a worker whose runs are told one by one; the last goes on for ever. It notes when each began.
type script struct {
	mu    sync.Mutex
	runs  []func(context.Context) error
	begun []time.Time
}

func follow(runs ...func(context.Context) error) *script { return &script{runs: runs} }

func (s *script) Run(ctx context.Context) error {
	s.mu.Lock()
	run := s.runs[min(len(s.begun), len(s.runs)-1)]
	s.begun = append(s.begun, time.Now())
	s.mu.Unlock()
	return run(ctx)
}

// count returns how many runs began.
func (s *script) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.begun)
}

// supervised is a supervisor that has started.
type supervised struct {
	*worker.Supervisor

	logs *observer.ObservedLogs
	ends int // how often it ended the process
}

// setup starts workers; the test stops them.
func setup(t *testing.T, c worker.Config, workers ...port.Worker) *supervised {
	t.Helper()
	core, logs := observer.New(zap.InfoLevel)
	s := &supervised{logs: logs}
	var err error
	if s.Supervisor, err = worker.New(c, zap.New(core), func() { s.ends++ }); err != nil {
		t.Fatal(err)
	}
	if err := s.Supervise(workers); err != nil {
		t.Fatal(err)
	}
	s.Start(t.Context())
	return s
}

func (s *supervised) stop(t *testing.T) {
	t.Helper()
	if err := s.Stop(context.Background()); err != nil {
		t.Errorf("does not stop: %v", err)
	}
}

// lines are the log as "LEVEL message failures".
func (s *supervised) lines() []string {
	out := []string{}
	for _, e := range s.logs.All() {
		line := e.Level.CapitalString() + " " + e.Message
		if n, ok := e.ContextMap()["failures"]; ok {
			line += fmt.Sprint(" ", n)
		}
		out = append(out, line)
	}
	return out
}

// elapse lets d pass in a bubble, and everything that is due by then happen.
func elapse(d time.Duration) {
	time.Sleep(d) //nolint:forbidigo // the bubble's time
	synctest.Wait()
}

func reasonOf(t *testing.T, s *supervised) string {
	t.Helper()
	check := s.Check()
	if check.Name != "modules/worker" || check.Critical {
		t.Errorf("the check is %s, critical: %t; want modules/worker, which is not", check.Name, check.Critical)
	}
	err := check.Probe(t.Context())
	if err == nil {
		return ""
	}
	return err.Error()
}

func requireText(t *testing.T, err error, want string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("got error %v, want one with %q", err, want)
	}
}
