package worker

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/cenkalti/backoff/v5"
	"go.uber.org/zap"

	port "fxcell.dev/fxcell/worker"
)

// jitter spreads the restarts of many replicas over a fifth of the pause on both sides.
const jitter = 0.2

// runner runs one worker again and again.
type runner struct {
	worker port.Worker
	config Config
	log    *zap.Logger
	pauses *backoff.ExponentialBackOff // of run alone
	done   chan struct{}               // closed when it does not run any more

	mu       sync.Mutex
	began    time.Time // when the run that is under way began; zero in a pause
	failures int       // in a row
	last     error     // of the last failure
}

func newRunner(w port.Worker, c Config, log *zap.Logger) *runner {
	pauses := &backoff.ExponentialBackOff{InitialInterval: c.BackoffFrom, MaxInterval: c.BackoffTo, Multiplier: 2, RandomizationFactor: jitter}
	return &runner{worker: w, config: c, log: log.With(zap.String("worker", w.Name)), pauses: pauses, done: make(chan struct{})}
}

// run returns when ctx has ended or the work is done, or with an error when the worker has failed too often.
func (r *runner) run(ctx context.Context) error {
	for {
		r.begin()
		err := attempt(ctx, r.worker.Run)
		if r.stopped(ctx, err) {
			return nil
		}
		if err == nil {
			r.finish()
			r.log.Info("worker is done")
			return nil
		}
		failures := r.fail(err)
		if r.worker.Essential && failures >= r.config.Attempts {
			r.log.Error("worker failed too often, the process ends", append(reasons(err), zap.Int("failures", failures))...)
			return fmt.Errorf("modules/worker: %s failed %d times in a row: %w", r.worker.Name, failures, err)
		}
		pause := r.pause(failures)
		r.log.Log(severity(err), "worker failed, it starts again", append(reasons(err), zap.Int("failures", failures), zap.Duration("pause", pause))...)
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return nil
		}
	}
}

// pause returns how long to wait after so many failures in a row.
func (r *runner) pause(failures int) time.Duration {
	if failures == 1 {
		r.pauses.Reset()
	}
	return min(r.pauses.NextBackOff(), r.config.BackoffTo)
}

// stopped reports whether the app stops, and tells of an error that came out then, unless it says just that.
func (r *runner) stopped(ctx context.Context, err error) bool {
	end := ctx.Err()
	if end != nil && err != nil && !errors.Is(err, end) {
		r.log.Log(severity(err), "worker failed while it stopped", reasons(err)...)
	}
	return end != nil
}

func (r *runner) begin() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.began = time.Now()
}

func (r *runner) finish() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.failures, r.last = 0, nil
}

// fail counts a failure and returns how many there were in a row.
func (r *runner) fail(err error) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.healthy() {
		r.failures = 0
	}
	r.failures++
	r.last, r.began = err, time.Time{}
	return r.failures
}

// healthy says that the run under way is long enough to forget what was before it. The lock is held.
func (r *runner) healthy() bool {
	return !r.began.IsZero() && time.Since(r.began) >= r.config.HealthyAfter
}

// failing returns what is wrong with the worker, "" when nothing is.
func (r *runner) failing() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.failures == 0 || r.healthy() {
		return ""
	}
	return fmt.Sprintf("%s failed %d times in a row: %v", r.worker.Name, r.failures, r.last)
}

// ended waits for the end of the worker and reports whether it came before that of ctx.
func (r *runner) ended(ctx context.Context) bool {
	select {
	case <-r.done:
		return true
	case <-ctx.Done():
	}
	select {
	case <-r.done: // also when another worker used up the time
		return true
	default:
		return false
	}
}
