package health

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"runtime"
	"runtime/debug"

	port "fxcell.dev/fxcell/health"
)

// attempt is one run of a probe. Whoever asks while it is under way waits for the same one: a probe that hangs holds one goroutine, not one for
// each question.
type attempt struct {
	cancel context.CancelFunc
	done   chan struct{}
	err    error // to be read when done is closed, as is late
	late   bool  // the time was over when the probe ended
}

// ask starts the probes that are not under way and returns an attempt for each check, in their order: none unless the app is ready.
func (c *Checker) ask(ctx context.Context) ([]*attempt, Status) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.life != Ready {
		return nil, c.life
	}
	attempts := make([]*attempt, 0, len(c.checks))
	for _, check := range c.checks {
		a, ok := c.running[check.Name]
		if !ok {
			a = c.start(ctx, check)
			c.running[check.Name] = a
		}
		attempts = append(attempts, a)
	}
	return attempts, Ready
}

// start runs a probe, no longer than the timeout if it keeps to its context, and longer than who asked for it if he goes away.
func (c *Checker) start(ctx context.Context, check port.Check) *attempt {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), c.config.Timeout)
	a := &attempt{cancel: cancel, done: make(chan struct{}), err: errGone}
	go func() {
		defer func() {
			cancel()
			c.mu.Lock()
			delete(c.running, check.Name)
			c.mu.Unlock()
			close(a.done)
		}()
		a.err = guarded(ctx, check.Probe)
		a.late = ctx.Err() != nil
	}()
	return a
}

var errGone = errors.New("the probe ended its goroutine")

// panicError says that a probe panicked. Its text holds what the runtime says, or else only the type of the value.
type panicError struct{ text, stack string }

func (e *panicError) Error() string { return "the probe panicked: " + e.text }

func guarded(ctx context.Context, probe func(context.Context) error) (err error) {
	defer func() {
		if v := recover(); v != nil {
			text := fmt.Sprintf("%T", v)
			if fault, ok := v.(runtime.Error); ok {
				text = fault.Error()
			}
			err = &panicError{text, string(debug.Stack())}
		}
	}()
	return probe(ctx)
}

// await returns what an attempt came to. One that is not done when ctx ends has failed.
func (c *Checker) await(ctx context.Context, a *attempt) error {
	select {
	case <-a.done:
	case <-ctx.Done():
	}
	select {
	case <-a.done: // also when another one used up the time
		if !a.late || !errors.Is(a.err, context.DeadlineExceeded) { // a probe that has a deadline of its own says more than we could
			return a.err
		}
	default:
	}
	return fmt.Errorf("no answer within %s", c.config.Timeout)
}

func (c *Checker) underWay() map[string]*attempt {
	c.mu.Lock()
	defer c.mu.Unlock()
	return maps.Clone(c.running)
}
