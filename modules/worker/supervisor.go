package worker

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"go.uber.org/zap"

	"fxcell.dev/fxcell/health"
	port "fxcell.dev/fxcell/worker"
)

// Supervisor runs workers, each in a goroutine of its own. It is safe for concurrent use, but for Supervise, Start and Stop, which are called in this
// order.
type Supervisor struct {
	config  Config
	log     *zap.Logger
	end     func()
	cancel  context.CancelFunc
	runners []*runner // sorted by name
	started bool

	mu    sync.Mutex
	fatal error
}

// New returns a supervisor without workers. Zero fields of c take their defaults. end ends the process; it is called once, when an essential worker
// has failed too often.
func New(c Config, log *zap.Logger, end func()) (*Supervisor, error) {
	c = c.WithDefaults()
	if err := c.Validate(); err != nil {
		return nil, err
	}
	return &Supervisor{config: c, log: log, end: end}, nil
}

// Supervise gives the supervisor its workers. Two of one name are refused, as is one that cannot be run.
func (s *Supervisor) Supervise(workers []port.Worker) error {
	workers = slices.Clone(workers)
	slices.SortFunc(workers, func(a, b port.Worker) int { return strings.Compare(a.Name+" "+a.Method, b.Name+" "+b.Method) }) // groups are shuffled
	var errs []error
	for i, w := range workers {
		switch {
		case w.Name == "" || w.Run == nil:
			errs = append(errs, fmt.Errorf("modules/worker: the worker %q (%s) has no name or nothing to run", w.Name, method(w)))
		case i > 0 && workers[i-1].Name == w.Name:
			errs = append(errs, fmt.Errorf("modules/worker: two workers are named %s: %s and %s: rename one", w.Name, method(workers[i-1]), method(w)))
		}
		s.runners = append(s.runners, newRunner(w, s.config, s.log))
	}
	return errors.Join(errs...)
}

func method(w port.Worker) string {
	if w.Method == "" {
		return "an unnamed function"
	}
	return w.Method
}

// Start starts the workers and returns at once. They do not end with ctx, but with Stop.
func (s *Supervisor) Start(ctx context.Context) {
	ctx, s.cancel = context.WithCancel(context.WithoutCancel(ctx))
	s.started = true
	for _, r := range s.runners {
		go func() {
			defer close(r.done)
			if err := r.run(ctx); err != nil {
				s.fail(err)
			}
		}()
	}
}

// fail keeps the first fatal error and ends the process.
func (s *Supervisor) fail(err error) {
	s.mu.Lock()
	first := s.fatal == nil
	if first {
		s.fatal = err
	}
	s.mu.Unlock()
	if first {
		s.end()
	}
}

// Err returns the first error that ends the process, nil as long as there is none.
func (s *Supervisor) Err() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.fatal
}

// Stop ends the context of the workers and waits for them, no longer than ctx and the configured timeout. Its error names those that do not end.
func (s *Supervisor) Stop(ctx context.Context) error {
	if !s.started {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, s.config.StopTimeout)
	defer cancel()
	s.cancel()
	var errs []error
	for _, r := range s.runners {
		if !r.ended(ctx) {
			errs = append(errs, fmt.Errorf("modules/worker: %s does not end: %w", r.worker.Name, ctx.Err()))
		}
	}
	return errors.Join(errs...)
}

// Check tells operators which workers fail. The app can do its work without them, or it would have ended.
func (s *Supervisor) Check() health.Check {
	return health.Check{Name: "modules/worker", Probe: func(context.Context) error {
		var failing []string
		for _, r := range s.runners {
			if reason := r.failing(); reason != "" {
				failing = append(failing, reason)
			}
		}
		if len(failing) == 0 {
			return nil
		}
		return errors.New(strings.Join(failing, "; "))
	}}
}
